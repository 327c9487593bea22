"""Random adversarial histories: peers in partitions, backdating, forks, kills of every kind.

Every record is offered to the ledger; what it refuses is kept aside, to check that
refusal too depends on ancestors only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId, ScopeId, UserId
from envlsp.domain.ledger.admission import Accepted, Refused
from envlsp.domain.ledger.records import (
    CheckedRecord,
    DeviceRevoke,
    Epoch,
    InviteCancel,
    Keys,
    Link,
    Pub,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    ScopeSet,
    Seal,
    SetRole,
)
from envlsp.domain.ledger.state import TeamState
from tests.support.ledger_builder import (
    SEALED,
    Actor,
    Book,
    a_device,
    a_grant,
    actor,
    alice,
    an_admit,
    an_epoch,
    an_invite,
    derive_scope,
    root,
)

Action = Callable[["Chaos", TeamState, Actor, int], Pub | None]


class Chaos:
    """One random history, grown record by record."""

    def __init__(
        self, rnd: Random, *, peers: int = 3, couriers: bool = True, book: Book | None = None
    ) -> None:
        self.rnd = rnd
        self.book = book or Book()
        founder, words = self.first_people()
        self.people: dict[DevicePk, Actor] = {founder.dpk: founder}
        self.roots: dict[DevicePk, Actor] = {words.dpk: words}
        self.tips: list[set[RecordId]] = [{self.book.genesis.id} for _ in range(peers)]
        self.refused: list[tuple[CheckedRecord, Refused]] = []
        self.couriers = couriers
        self.made = 0
        self.staff()

    def staff(self) -> None:
        """Sometimes begin with a few admins, so that there is somebody to fight."""
        founder, _ = self.first_people()
        for _ in range(self.rnd.choice((0, 2, 3))):
            self.book.grant(founder, self.fresh(), Role.ADMIN)
        self.tips = [set(self.book.ledger.heads()) for _ in self.tips]

    # --- people, as the book has them ---

    def first_people(self) -> tuple[Actor, Actor]:
        """Return the founder, and the root key."""
        return alice, root

    def actor(self, name: str) -> Actor:
        return actor(name)

    def scope_of(self, who: Actor, seq: int) -> ScopeId:
        """Return the scope that a record of this author and seq makes."""
        return derive_scope(self.book.team, who.dpk, seq)

    def link(self, name: str, role: Role, max_uses: int) -> Pub:
        return an_invite(name, role, max_uses)

    # --- growing ---

    def grow(self, size: int) -> Chaos:
        for _ in range(size * 4):
            if len(self.book.ledger) >= size:
                break
            self.step()
        return self

    def step(self) -> None:
        peer = self.rnd.randrange(len(self.tips))
        if self.rnd.random() < 0.25:
            self.tips[peer] |= self.rnd.choice(self.tips)
        backdated = self.rnd.random() < 0.2
        parents = self.somewhere() if backdated else self.tidy(self.tips[peer])
        record = self.attempt(parents)
        if record is None:
            return
        if not backdated:
            self.tips[peer] = {record.id}
        elif self.rnd.random() < 0.5:
            self.tips[peer].add(record.id)

    def somewhere(self) -> list[CheckedRecord]:
        records = self.book.ledger.records()
        return self.rnd.sample(records, min(len(records), self.rnd.choice((1, 1, 2))))

    def tidy(self, tips: set[RecordId]) -> list[CheckedRecord]:
        ledger = self.book.ledger
        heads = [one for one in tips if not any(ledger.is_ancestor(one, other) for other in tips)]
        return [record for one in heads if (record := ledger.get(one))]

    def attempt(self, parents: list[CheckedRecord], who: Actor | None = None) -> CheckedRecord | None:
        """Let somebody write something after these parents; None if it came to nothing."""
        state = self.book.state_at(one.id for one in parents)
        author = who or self.an_author(state)
        if author is None:
            return None
        seq = self.book.seq_at(author.dpk, (one.id for one in parents))
        pub = self.rnd.choices(ACTIONS, WEIGHTS)[0](self, state, author, seq)
        if pub is None:
            return None
        body = isinstance(pub, Release) and state.current_epoch(pub.scope) is not None
        record = self.book.build(author, pub, at=parents, body=body)
        verdict = self.book.judge(record)
        if isinstance(verdict, Refused):
            self.refused.append((record, verdict))
        return record if verdict == Accepted(new=True) else None

    # --- choosing ---

    def an_author(self, state: TeamState) -> Actor | None:
        luck = self.rnd.random()
        if luck < 0.06:
            return self.roots.get(state.root.root_sign)
        if luck < 0.1:
            return self.rnd.choice(list(self.people.values()))
        active = sorted(dpk for dpk in state.devices if state.is_active(dpk))
        if not active:
            return None
        admins = [dpk for dpk in active if state.role(state.devices[dpk].user, TEAM_SCOPE) == Role.ADMIN]
        pool = admins if admins and self.rnd.random() < 0.55 else active
        return self.people[self.rnd.choice(pool)]

    def fresh(self, owner: Actor | None = None) -> Actor:
        self.made += 1
        name = f"x{self.made}"
        one = self.actor(name)
        if owner:
            one = replace(one, user=owner.user)
        self.people[one.dpk] = one
        return one

    def a_user(self, state: TeamState) -> UserId | None:
        users = sorted(state.members)
        return self.rnd.choice(users) if users else None

    def a_scope(self, state: TeamState, *, team: bool = True) -> ScopeId | None:
        scopes = sorted(state.scopes) + ([TEAM_SCOPE] if team else [])
        return self.rnd.choice(scopes) if scopes else None

    def a_role(self) -> Role:
        return Role(self.rnd.choice((0, 1, 2, 2, 3, 3, 3)))

    def an_epoch(self, state: TeamState, scope: ScopeId, without: set[UserId], top: DevicePk) -> Epoch:
        to = {device.dpk for device in state.readers(scope) if device.user not in without}
        if self.rnd.random() < 0.15 and to:
            to.discard(self.rnd.choice(sorted(to)))
        if self.rnd.random() < 0.03:
            to.add(self.rnd.choice(sorted(self.people)))
        old = [epoch.id for epoch in state.epochs.values() if epoch.scope == scope]
        links = self.rnd.sample(sorted(old), min(len(old), self.rnd.choice((0, 1, 1, 2))))
        return an_epoch(scope, state.next_n(scope), to | {top}, links)

    def epochs(self, state: TeamState, scopes: list[ScopeId], without: set[UserId]) -> tuple[Epoch, ...]:
        if self.rnd.random() < 0.4:
            return ()
        return tuple(self.an_epoch(state, one, without, state.root.root_sign) for one in sorted(scopes))

    def seals(self, state: TeamState, to: Actor) -> tuple[Seal, ...]:
        epochs = sorted(state.epochs)
        if not epochs or self.rnd.random() < 0.5:
            return ()
        return (Seal(self.rnd.choice(epochs), to.dpk, SEALED),)


# --- what people do -----------------------------------------------------------------------------


def grant(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    again = chaos.rnd.random() < 0.15
    whom = chaos.rnd.choice(list(chaos.people.values())) if again else chaos.fresh()
    current = state.current_epoch(TEAM_SCOPE)
    role = chaos.a_role()
    seals = (Seal(current, whom.dpk, SEALED),) if current and role else ()
    return a_grant(whom, role, seals if chaos.rnd.random() < 0.8 else chaos.seals(state, whom))


def role(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    user = chaos.a_user(state)
    return SetRole(user, chaos.a_role(), chaos.epochs(state, [TEAM_SCOPE], set())) if user else None


def revoke(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    users = sorted(state.members)
    if not users:
        return None
    chosen = chaos.rnd.sample(users, min(len(users), chaos.rnd.choice((1, 1, 1, 2))))
    if chaos.rnd.random() < 0.1:
        chosen = [who.user]
    return Revoke(tuple(chosen), chaos.epochs(state, [TEAM_SCOPE], set(chosen)))


def device_add(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    one = chaos.fresh(who)
    return a_device(one, chaos.seals(state, one))


def device_revoke(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    own = [dpk for dpk in state.devices if state.devices[dpk].user == who.user and state.is_active(dpk)]
    active = [dpk for dpk in state.devices if state.is_active(dpk)]
    pool = sorted(own if own and chaos.rnd.random() < 0.6 else active)
    return DeviceRevoke((chaos.rnd.choice(pool),), ()) if pool else None


def invite(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    chaos.made += 1
    return chaos.link(f"i{chaos.made}", Role(chaos.rnd.choice((1, 2))), chaos.rnd.choice((1, 1, 2)))


def cancel(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    return InviteCancel(chaos.rnd.choice(sorted(state.invites))) if state.invites else None


def admit(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    if not chaos.couriers or not state.invites:
        return None
    link = chaos.book.ledger.get(chaos.rnd.choice(sorted(state.invites)))
    assert link
    return an_admit(link, chaos.fresh())


def rotate(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    scope = chaos.a_scope(state)
    assert scope is not None
    return Rotate((chaos.an_epoch(state, scope, set(), state.root.root_sign),))


def keys(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    epochs = sorted(state.epochs)
    to = chaos.rnd.choice(sorted(chaos.people))
    seals = (Seal(chaos.rnd.choice(epochs), to, SEALED),)
    links = (Link(chaos.rnd.choice(epochs), chaos.rnd.choice(epochs), b"box"),)
    return Keys(seals, links if chaos.rnd.random() < 0.3 else ())


def replace_root(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    if chaos.rnd.random() < 0.5:
        return None
    chaos.made += 1
    new = chaos.actor(f"root{chaos.made}")
    chaos.roots[new.dpk] = new
    epoch = chaos.an_epoch(state, TEAM_SCOPE, set(), new.dpk)
    return RootReplace(new.dpk, new.xpk, b"pop", (epoch,) if chaos.rnd.random() < 0.8 else ())


def create_scope(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    scope = chaos.scope_of(who, seq)
    return ScopeSet(scope, lines(chaos, state, {}), ())


def change_scope(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    scope = chaos.a_scope(state, team=False)
    if scope is None:
        return None
    changed = lines(chaos, state, dict(state.scopes[scope].roles))
    return ScopeSet(
        scope, changed, chaos.epochs(state, [scope], {user for user, role in changed if not role})
    )


def lines(chaos: Chaos, state: TeamState, before: dict[UserId, Role]) -> tuple[tuple[UserId, Role], ...]:
    users = sorted(state.members)
    inside = [user for user in users if user in before]
    pool = inside if inside and chaos.rnd.random() < 0.6 else users
    chosen = chaos.rnd.sample(pool, min(len(pool), chaos.rnd.choice((1, 1, 2, 3))))
    given = ((user, chaos.a_role()) for user in sorted(chosen))
    return tuple((user, role) for user, role in given if role != before.get(user, Role.NONE))


def release(chaos: Chaos, state: TeamState, who: Actor, seq: int) -> Pub | None:
    scope = chaos.a_scope(state)
    assert scope is not None
    return Release(scope)


WEIGHTED: dict[Action, int] = {
    grant: 16, role: 16, revoke: 14, device_add: 6, device_revoke: 6, invite: 5, cancel: 2,
    admit: 12, rotate: 6, keys: 4, replace_root: 4, create_scope: 5, change_scope: 20, release: 12,
}  # fmt: skip
ACTIONS, WEIGHTS = list(WEIGHTED), list(WEIGHTED.values())
