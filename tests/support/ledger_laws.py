"""The laws of convergence, checked on one random history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random

from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.dag import Dag, Node, are_concurrent, is_ancestor
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import Admit, CheckedRecord, InviteCancel, RecordType, Revoke, RootReplace
from envlsp.domain.ledger.seniority import hits, inherited, is_hit
from tests.support.ledger_builder import Actor, Believe, Book, a_revoke
from tests.support.ledger_fuzz import Chaos
from tests.support.ledger_naive import Naive


def check_laws(chaos: Chaos, counts: Counter[str] | None = None) -> None:
    counts = Counter() if counts is None else counts
    counts["refused"] += len(chaos.refused)
    measure(chaos.book.ledger, counts)
    check_no_key_outside(chaos.book.ledger)
    check_breaks(chaos.book.ledger, counts)
    check_fixpoint(chaos.book.ledger)
    check_birth(chaos)
    check_order(chaos, counts)
    check_ancestors_only(chaos)
    check_naive(chaos.book.ledger)


def measure(ledger: Ledger, counts: Counter[str]) -> None:
    """Count what a history holds, to show that the searches meet what they are about."""
    dag, state, standing = ledger._dag, ledger.state, ledger._now().standing
    counts["histories"] += 1
    counts["records"] += len(ledger)
    counts["void records"] += len(state.void)
    for kill in dag.kills:
        stands = bool(kill.auth_bit & standing.kills)
        counts["standing removals" if stands else "removals removed"] += 1
        effective = stands and any(node.breakers & kill.auth_bit for node in dag.auth)
        counts["removals that void something"] += effective
        counts[f"standing {RecordType(kill.record.header.type).name.lower()}"] += stands
    circles = [circle for circle in circles_of(dag.kills) if len(circle) > 1]
    counts["circles of removals"] += len(circles)
    counts["circles of three and more"] += sum(len(circle) > 2 for circle in circles)
    counts["overused invites"] += len(standing.overused)
    counts["exposed epochs"] += len(state.exposed)
    counts["scopes"] += len(state.scopes)
    counts["scopes without a key left"] += len(state.scopes.keys() - state.current.keys())
    for node in dag.auth:
        counts[f"type {RecordType(node.record.header.type).name.lower()}"] += 1


def circles_of(kills: list[Node]) -> list[set[int]]:
    """Return the removals that aim at each other, around and back, among concurrent ones."""
    aims = {
        one.auth_bit: {o.auth_bit for o in kills if o is not one and are_concurrent(one, o) and hits(one, o)}
        for one in kills
    }

    def reached(start: int) -> set[int]:
        found, waiting = set[int](), [start]
        while waiting:
            for other in aims[waiting.pop()] - found:
                found.add(other)
                waiting.append(other)
        return found

    reach = {bit: reached(bit) for bit in aims}
    circles: list[set[int]] = []
    for bit in aims:
        circle = {bit} | {other for other in reach[bit] if bit in reach[other]}
        if circle not in circles:
            circles.append(circle)
    return circles


def check_no_key_outside(ledger: Ledger) -> None:
    """P7, as everybody can see it: who may open a current key reads its scope, or is the root key."""
    state = ledger.state
    opens = {identity: set(epoch.opens) for identity, epoch in state.epochs.items()}
    for scope, current in state.current.items():
        above = {current}
        while more := {newer for newer, older in opens.items() if older & above} - above:
            above |= more
        for identity in above:
            epoch = state.epochs[identity]
            assert epoch.scope == scope
            holders = epoch.recipients | ({epoch.author} if epoch.author else set())
            assert all(key == state.root.root_sign or state.access(key, scope) for key in holders)


def check_breaks(ledger: Ledger, counts: Counter[str]) -> None:
    """`breaks(E, c)` implies `rank(E) < rank(c)`; two root_replace excepted; so no cycles."""
    dag = ledger._dag
    for kill in dag.kills:
        for node in dag.auth:
            if not breaks(dag, kill, node):
                assert not node.breakers & kill.auth_bit
                continue
            counts["breaks"] += 1
            counts["breaks of removals"] += node.is_kill
            assert node.breakers & kill.auth_bit
            mine, theirs = kill.settled.rank, node.settled.rank
            if (
                isinstance(kill.record.header.pub, InviteCancel) and isinstance(node.record.header.pub, Admit)
            ) or (isinstance(kill.record.header.pub, RootReplace) and node.settled.user == ROOT):
                assert mine <= theirs
            else:
                assert mine < theirs, (kill.record, node.record)
    check_acyclic([node for node in dag.kills if node.record.header.type != RecordType.ROOT_REPLACE])


def breaks(dag: Dag, kill: Node, record: Node) -> bool:
    return is_hit(kill, record) or bool(inherited(dag, kill, record.settled))


def check_birth(chaos: Chaos) -> None:
    """Nothing is void in the eyes of its author, and falls later only with what it rests on."""
    ledger = chaos.book.ledger
    for record in chaos.rnd.sample(ledger.records(), min(len(ledger), 8)):
        assert record.id not in chaos.book.state_at([record.id]).void
    for node in ledger._dag.auth:
        for kill in ledger._dag.auth_nodes(node.breakers):
            fallen = any(
                support.breakers & kill.auth_bit for support in ledger._dag.auth_nodes(node.settled.supports)
            )
            assert fallen or is_hit(kill, node)


def check_acyclic(kills: list[Node]) -> None:
    left = {node.auth_bit: node.breakers for node in kills}
    mask = sum(left)
    while left:
        free = [bit for bit, breakers in left.items() if not breakers & mask]
        assert free, "removals break each other in a circle"
        for bit in free:
            del left[bit]
            mask &= ~bit


def check_fixpoint(ledger: Ledger) -> None:
    """P4: a removal stands if and only if no standing one breaks it."""
    dag, standing = ledger._dag, ledger._now().standing
    for kill in dag.kills:
        stands = bool(kill.auth_bit & standing.kills)
        broken = any(breaks(dag, other, kill) for other in dag.auth_nodes(standing.kills))
        on_dead = bool(kill.settled.tail & standing.dead)
        assert stands == (not broken and not on_dead)


def check_order(chaos: Chaos, counts: Counter[str]) -> None:
    """P1: any delivery order with parents first, duplicates included, ends in the same state."""
    first = chaos.book.ledger
    effective = {record.id: first.voided_by(record.id) for record in first.records()}
    for _ in range(2):
        other = deliver(chaos.book, shuffled(chaos.rnd, first.records()), twice=True)
        assert other.state == first.state
        assert other.heads() == first.heads()
        assert other.alarms() == first.alarms()
        assert other.author_vector() == first.author_vector()
        assert {record.id: other.voided_by(record.id) for record in other.records()} == effective
        counts["deliveries"] += 1
    restored = Ledger(first.team, Believe())
    restored.restore(shuffled(chaos.rnd, first.records()))
    assert restored.state == first.state
    assert {record.id: restored.voided_by(record.id) for record in restored.records()} == effective


def shuffled(rnd: Random, records: Iterable[CheckedRecord]) -> list[CheckedRecord]:
    """Return a random order with parents first."""
    left = {record.id: record for record in records}
    done: set[RecordId] = set()
    order: list[CheckedRecord] = []
    while left:
        ready = sorted(one for one, record in left.items() if done.issuperset(record.header.parents))
        order.append(left.pop(rnd.choice(ready)))
        done.add(order[-1].id)
    return order


def deliver(book: Book, records: Iterable[CheckedRecord], *, twice: bool = False) -> Ledger:
    ledger = Ledger(book.team, Believe())
    for record in records:
        assert ledger.admit(record) == Accepted(new=True)
        if twice:
            assert ledger.admit(record) == Accepted(new=False)
    return ledger


def check_ancestors_only(chaos: Chaos) -> None:
    """P2: with nothing but its ancestors, a record gets the same answer."""
    full = chaos.book.ledger
    for record, verdict in chaos.rnd.sample(chaos.refused, min(len(chaos.refused), 4)):
        assert full.admit(record) == verdict
        assert deliver(chaos.book, past_of(full, record)).admit(record) == verdict
    for record in chaos.rnd.sample(full.records(), min(len(full), 4)):
        assert deliver(chaos.book, past_of(full, record)).admit(record) == Accepted(new=True)


def past_of(ledger: Ledger, record: CheckedRecord) -> list[CheckedRecord]:
    seen: set[RecordId] = set()
    waiting = list(record.header.parents)
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            parent = ledger.get(one)
            assert parent
            waiting.extend(parent.header.parents)
    return [other for other in ledger.records() if other.id in seen]


def check_naive(ledger: Ledger) -> None:
    """The straight transcription of the rules agrees."""
    naive = Naive(ledger.records())
    slow, fast = naive.everything(), ledger.state
    assert set(fast.kills) == slow.kills
    assert set(fast.void) == {r for r in naive.rec if r not in slow.ok and naive.rec[r].header.type < 20}
    assert {user: member.role for user, member in fast.members.items()} == slow.roles
    assert {dpk: (one.user, one.active) for dpk, one in fast.devices.items()} == slow.devices
    assert {scope: dict(one.roles) for scope, one in fast.scopes.items()} == slow.scopes
    assert fast.root.root_sign == slow.root
    assert fast.exposed == slow.exposed
    assert fast.current == slow.current
    for record in ledger.records():
        assert ledger.is_effective(record.id) == (record.id in slow.ok)


def check_no_interference(chaos: Chaos, counts: Counter[str]) -> None:
    """P6: what a finally removed user writes concurrently changes nobody else.

    Somebody removes a user, seeing everything. Then the user's devices, and the
    puppets they bring in, write on from anywhere in the past. If the remover is
    senior to all they manage to be, nobody else may notice.
    """
    book, state = chaos.book, chaos.book.state
    by = remover(chaos)
    if by is None:
        return
    victims = sorted(user for user in state.members if user != by.user)
    if not victims:
        return
    victim = chaos.rnd.choice(victims)
    epoch = (chaos.an_epoch(state, bytes(16), {victim}, state.root.root_sign),)  # type: ignore[arg-type]
    kill = book.build(by, Revoke((victim,), epoch))
    if book.ledger.admit(kill) != Accepted(new=True):
        return
    before = book.state
    assert victim not in before.members
    gang: set[bytes] = {victim}
    written = attack(chaos, kill, gang)
    node = book.ledger._dag.by_id[kill.id]
    # Only if the removal is final: senior to every role that he or a puppet ever had.
    if any(one.settled.rank <= node.settled.rank for one in written):
        counts["not senior enough"] += 1
        return
    counts["trials of interference"] += 1
    counts["records of interference"] += len(written)
    after = book.state
    assert after.members == before.members
    assert after.removed_users.keys() - gang == before.removed_users.keys() - gang
    assert {d: one for d, one in after.devices.items() if one.active} == {
        d: one for d, one in before.devices.items() if one.active
    }
    assert {s: one.roles for s, one in after.scopes.items() if s in before.scopes} == {
        s: one.roles for s, one in before.scopes.items()
    }
    assert after.root == before.root
    assert after.current.get(bytes(16)) == before.current.get(bytes(16))  # type: ignore[call-overload]
    assert not any(book.ledger.is_effective(one.record.id) for one in written)


def remover(chaos: Chaos) -> Actor | None:
    state = chaos.book.state
    if chaos.rnd.random() < 0.4:
        return chaos.roots.get(state.root.root_sign)
    admins = [one for one in state.members.values() if one.role == 3 and one.devices]
    if not admins:
        return chaos.roots.get(state.root.root_sign)
    senior = min(admins, key=lambda one: chaos.book.ledger._dag.by_id[one.in_force[0]].order)
    return chaos.people[senior.devices[0]]


def attack(chaos: Chaos, kill: CheckedRecord, gang: set[bytes]) -> list[Node]:
    """Let a user and his new puppets write records that do not know of his removal."""
    dag = chaos.book.ledger._dag
    removal = dag.by_id[kill.id]
    chaos.couriers = False  # an admit rests on its inviter, not on the courier
    written: list[Node] = []
    known = set(chaos.people)
    for _ in range(40):
        past = [node for node in dag.nodes if node is not removal and not is_ancestor(removal, node)]
        parents = [
            node.record for node in chaos.rnd.sample(past, min(len(past), chaos.rnd.choice((1, 2, 3))))
        ]
        state = chaos.book.state_at(one.id for one in parents)
        mine = [
            dpk
            for dpk, device in state.devices.items()
            if device.active and (device.user in gang or dpk not in known)
        ]
        if not mine:
            continue
        record = chaos.attempt(parents, chaos.people[chaos.rnd.choice(sorted(mine))])
        if record is not None:
            written.append(dag.by_id[record.id])
    return written


__all__ = ["a_revoke", "check_laws", "check_no_interference"]
