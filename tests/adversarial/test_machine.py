"""Many people, many replicas, one hostile among them: a search for a history that breaks a law.

Every person has a desk: the program's replica with their keys, and in lockstep one without
any (P10). At a desk people do what the program does (push, rotate, mend, remove), or
somebody, removed or not, writes what they like: after all heads, or backdated. Desks are
in partitions until one hears another, of all or of the first part, some of it twice; a
desk may be put back from a backup and go on, which equivocates; and a process may end,
and the next one begin with what was kept.

After each step: nobody outside opens a current key (P7), no number and no view moves for
another reason than it may (P8, P9). In the end everybody hears everybody, in different
orders, and all must believe the same (P1, P3), which is what a slow second resolver
believes (P4), and what each record's ancestors alone say of it (P2). P6 has a search of
its own (`test_laws`), P5 is that of `tests/sync`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from random import Random
from typing import Final
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from envlsp.crypto import epochs, primitives
from envlsp.crypto.epochs import Keyring
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.admission import Accepted, Missing, Refused
from envlsp.domain.ledger.records import CheckedRecord, Role
from envlsp.domain.release import ReleaseKind
from envlsp.errors import EnvlspError, RecordRefused
from envlsp.service.access import roles, rotation
from envlsp.service.history import EnvironmentHistory, Releases
from envlsp.service.people import People
from tests.support import wire_book
from tests.support.blind import Blind, beliefs
from tests.support.ledger_builder import Actor
from tests.support.ledger_laws import check_fixpoint, check_naive, check_no_key_outside, measure, past_of
from tests.support.samples import fixed_randomness
from tests.support.wire_book import (
    KEYS,
    SHELF,
    TRIPLE,
    Book,
    alice,
    bob,
    charlie,
    close_books,
    dave,
    merged,
    says,
)
from tests.support.wire_fuzz import WireChaos

PEOPLE: Final = (alice, bob, charlie, dave)
ROLES: Final = (Role.ADMIN, Role.ADMIN, Role.DEVELOPER)
desks = st.integers(0, len(PEOPLE) - 1)
luck = st.randoms(use_true_random=False)
COUNTS: Final[Counter[str]] = Counter()
SEARCH: Final = os.environ.get("MACHINE_EXAMPLES")
"""Set to a number, the long machine tries so many histories, others each time."""


class Desk:
    """One person's replica, and what they remember of the numbers they have seen."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.reading = Releases(book.member, People(book.member))
        self.numbers: dict[RecordId, int] = {}

    @property
    def who(self) -> Actor:
        return self.book.holder

    @property
    def found(self) -> EnvironmentHistory:
        return self.reading.of(TRIPLE)

    def may_write(self) -> bool:
        state = self.book.state
        scope = self.reading.scope_of(TRIPLE)
        user = state.user_of(self.who.dpk)
        current = state.current_epoch(scope)
        return (
            state.is_active(self.who.dpk)
            and user is not None
            and state.role(user, scope) >= Role.DEVELOPER
            and current is not None
            and self.book.member.ring.key_of(current) is not None
            and self.reading.is_readable(TRIPLE)
        )


class Teams(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        SHELF.clear()
        self.dice = ExitStack()
        self.dice.enter_context(fixed_randomness("machine"))  # else a failure could not be shrunk
        for name, module in (("random_bytes", primitives), ("seal_to", epochs)):
            self.dice.enter_context(patch.object(wire_book, name, vars(module)[name]))
        self.desks: list[Desk] = []
        self.refused: list[tuple[CheckedRecord, Refused]] = []
        self.moved: set[int] = set()

    @initialize(first=st.lists(st.sampled_from(ROLES), min_size=3, max_size=3))
    def begin(self, first: list[Role]) -> None:
        start = Book()
        for whom, role in zip(PEOPLE[1:], first, strict=True):
            start.grant(alice, whom, role)
        start.push(alice, {"TOKEN": "first"})
        self.desks = [self.desk_of(who, start.ledger.records(), start) for who in PEOPLE]
        self.chaos = WireChaos(Random(0), start)
        self.chaos.people |= {who.dpk: who for who in PEOPLE}

    def desk_of(self, who: Actor, records: list[CheckedRecord], source: Book) -> Desk:
        book = Book(source.genesis, source.safe, who)
        for record in records:
            assert book.hear_bytes(source.safe.raws[record.id]) in {Accepted(new=True), Accepted(new=False)}
        return Desk(book)

    # --- what people do with the program ---

    @rule(at=desks, value=st.integers(0, 3), name=st.sampled_from("ABC"))
    def push(self, at: int, value: int, name: str) -> None:
        """P9: a push over all heads is the one head, and the view is what it says."""
        desk = self.desks[at]
        if not desk.may_write():
            return
        entries = {str(n): v.reveal().decode() for n, v in desk.found.view().entries.items()}
        heads = [desk.book.ledger.get(head) for head in desk.found.history.heads()]
        content = says(entries | {name: f"{value}"}, base=[one for one in heads if one is not None])
        made = desk.book.release(desk.who, desk.reading.scope_of(TRIPLE), content=content)
        found = desk.found
        assert found.history.heads() == (made.id,)
        view = found.view()
        assert not view.conflicts
        assert dict(view.entries) == dict(content.snapshot.entries)
        COUNTS["pushes"] += 1
        self.moved.add(at)

    @rule(at=desks, rnd=luck)
    def roll_back(self, at: int, rnd: Random) -> None:
        desk = self.desks[at]
        if not desk.may_write() or not desk.found.opened:
            return
        target = rnd.choice(sorted(desk.found.opened))
        heads = desk.found.history.heads()
        content = desk.found.opened[target]
        back = says(
            {str(n): v.reveal().decode() for n, v in content.snapshot.entries.items()},
            base=[one for head in heads if (one := desk.book.ledger.get(head)) is not None],
            kind=ReleaseKind.ROLLBACK,
            of=desk.book.ledger.get(target),
        )
        desk.book.release(desk.who, desk.reading.scope_of(TRIPLE), content=back)
        COUNTS["rollbacks"] += 1
        self.moved.add(at)

    @rule(at=desks)
    def mend(self, at: int) -> None:
        """P8: keys delivered and heads encrypted again change no value that could be read before."""
        desk = self.desks[at]
        before = desk.found.view()
        was_readable = desk.reading.is_readable(TRIPLE)
        with_program(desk, lambda: rotation.mend(desk.book.member, desk.reading))
        if was_readable:
            assert desk.found.view().entries == before.entries
            assert desk.found.view().conflicts.keys() == before.conflicts.keys()
        self.moved.add(at)

    @rule(at=desks)
    def rotate(self, at: int) -> None:
        desk = self.desks[at]
        before = desk.found.view()
        with_program(desk, lambda: rotation.rotate(desk.book.member, desk.reading))
        assert desk.found.view().entries == before.entries
        self.moved.add(at)

    @rule(at=desks, rnd=luck)
    def remove(self, at: int, rnd: Random) -> None:
        desk = self.desks[at]
        others = sorted(desk.book.state.members)
        if others:
            whom = rnd.choice(others)
            with_program(desk, lambda: roles.revoke(desk.book.member, desk.reading, [whom]))
            self.moved.add(at)

    # --- what anybody does with a pen of their own ---

    @rule(at=desks, rnd=luck)
    def act(self, at: int, rnd: Random) -> None:
        book = self.desks[at].book
        for _ in range(rnd.choice((1, 2, 4))):
            heads = [one for head in book.ledger.parents_for(alice.dpk) if (one := book.ledger.get(head))]
            self.scribble(at, rnd, heads)

    @rule(at=desks, rnd=luck)
    def backdate(self, at: int, rnd: Random) -> None:
        """After any record of long ago; by whoever wrote since, this equivocates."""
        for _ in range(rnd.choice((1, 2, 4))):
            records = self.desks[at].book.ledger.records()
            self.scribble(at, rnd, rnd.sample(records, min(len(records), rnd.choice((1, 1, 2)))))

    def scribble(self, at: int, rnd: Random, parents: list[CheckedRecord]) -> None:
        chaos, book = self.chaos, self.desks[at].book
        chaos.rnd, chaos.book = rnd, book
        apart = [
            one for one in parents if not any(book.ledger.is_ancestor(one.id, other.id) for other in parents)
        ]
        known = len(chaos.refused)
        made = chaos.attempt(apart)
        COUNTS["written by hand"] += made is not None
        self.refused += chaos.refused[known:]
        self.moved.add(at)

    # --- who hears of it ---

    @rule(at=desks, of=desks, part=st.sampled_from((1.0, 1.0, 0.5)), twice=st.booleans())
    def hear(self, at: int, of: int, part: float, twice: bool) -> None:
        """All of it, or the first half by height, which is closed under ancestry."""
        records = self.desks[of].book.ledger.records()
        mine = self.desks[at].book
        for record in records[: max(1, round(len(records) * part))]:
            for _ in range(1 + twice):
                assert isinstance(mine.hear_bytes(mine.safe.raws[record.id]), Accepted)
        self.moved.add(at)

    @rule(at=desks, of=desks)
    def hear_children_first(self, at: int, of: int) -> None:
        """What comes too early is not judged, and not kept."""
        mine = self.desks[at].book
        fresh = [one for one in self.desks[of].book.ledger.records() if one.id not in mine.ledger]
        for record in reversed(fresh):
            verdict = mine.hear_bytes(mine.safe.raws[record.id])
            assert isinstance(verdict, Accepted | Missing)
        self.moved.add(at)

    @rule(at=desks)
    def restart(self, at: int) -> None:
        """What a process kept of a ledger tells the next one the same."""
        desk = self.desks[at]
        desk.book.restart()
        self.desks[at] = Desk(desk.book)
        self.desks[at].numbers = desk.numbers
        self.moved.add(at)

    @rule(at=desks, kept=st.floats(0.3, 1.0))
    def restore_a_backup(self, at: int, kept: float) -> None:
        desk = self.desks[at]
        records = desk.book.ledger.records()
        self.desks[at] = self.desk_of(desk.who, records[: max(1, int(len(records) * kept))], desk.book)
        COUNTS["backups"] += 1
        self.moved.add(at)

    # --- what must hold ---

    @invariant()
    def check(self) -> None:
        for at in self.moved:
            desk = self.desks[at]
            check_no_key_outside(desk.book.ledger)
            check_nobody_outside_opens(desk.book)
            check_numbers(desk)
        self.moved.clear()

    def teardown(self) -> None:
        with self.dice:
            if self.desks:
                self.bring_together()

    def bring_together(self) -> None:
        """Let everybody hear everybody; all must believe the same, and the laws hold for it."""
        everybody = [desk.book for desk in self.desks]
        for one in everybody:
            one.hear(*everybody)
        for one in everybody:
            one.hear(*everybody)
        first = beliefs(everybody[0].ledger)
        assert all(beliefs(one.ledger) == first for one in everybody)
        check_same_reading(self.desks)
        for desk in self.desks:
            check_numbers(desk)
        ledger = everybody[0].ledger
        check_fixpoint(ledger)
        check_naive(ledger)
        self.check_ancestors_decide(everybody[0])
        measure(ledger, COUNTS)
        merged(*everybody[:2])
        close_books()
        event(f"standing removals: {min(len(ledger.state.kills), 3)}")
        event(f"void: {min(len(ledger.state.void), 5)}")

    def check_ancestors_decide(self, book: Book) -> None:
        """P2: told nothing but its ancestors, somebody gives a record the same answer."""
        rnd = Random(len(book.ledger))
        known = [
            (record, verdict)
            for record, verdict in self.refused
            if all(parent in book.ledger for parent in record.header.parents)  # a backup may have lost some
        ]
        for record, verdict in rnd.sample(known, min(3, len(known))):
            assert self.with_its_past(book, record) == verdict
        for record in rnd.sample(book.ledger.records()[1:], min(3, len(book.ledger) - 1)):
            assert self.with_its_past(book, record) == Accepted(new=True)

    def with_its_past(self, book: Book, record: CheckedRecord) -> object:
        alone = Blind(book.team)
        for other in past_of(book.ledger, record):
            assert alone.judge(book.safe.raws[other.id]) == Accepted(new=True)
        return alone.judge(book.safe.raws[record.id])


def with_program(desk: Desk, work: Callable[[], object]) -> None:
    """Do what the program does at a desk; its own refusals are fine, a half-done change is not."""
    try:
        work()
    except RecordRefused:
        raise  # what the program writes must be admissible
    except EnvlspError as no:
        COUNTS[f"the program declined: {type(no).__name__}"] += 1
    fresh = [one for one in desk.book.ledger.records() if one.id not in desk.book.blind.ledger]
    for record in fresh:
        raw = desk.book.member.raw(record.id)
        desk.book.safe.raws[record.id] = raw
        assert desk.book.blind.judge(raw) == Accepted(new=True), "a keyless replica says otherwise"
    for identity, key in desk.book.member.ring.all_keys().items():
        desk.book.safe.keys.setdefault(identity, key)
    COUNTS["by the program"] += len(fresh)


def check_nobody_outside_opens(book: Book) -> None:
    """P7: with everything they hold, drew and can follow, nobody outside has a current key."""
    state, records = book.state, book.ledger.records()
    for scope, current in state.current.items():
        for dpk in known_devices(records):
            if dpk in KEYS and not state.access(dpk, scope):
                ring = Keyring(KEYS[dpk])
                for record in records:
                    ring.learn(record)
                for identity, epoch in state.epochs.items():
                    if epoch.author == dpk and identity in book.safe.keys:
                        ring.add(identity, book.safe.keys[identity])
                assert ring.key_of(current) is None


def known_devices(records: list[CheckedRecord]) -> set[DevicePk]:
    return {dpk for one in records if (dpk := getattr(one.header.pub, "dpk", None))} | {alice.dpk}


def check_numbers(desk: Desk) -> None:
    """P8: no number that was once given out changes."""
    found = desk.found
    now = {record: found.versions.number(record) for record in found.opened}
    for record, number in desk.numbers.items():
        assert now.get(record, number) == number
    desk.numbers |= now


def check_same_reading(everybody: list[Desk]) -> None:
    """P3: whoever opens the same releases sees the same values, conflicts and numbers."""
    by_opened: dict[frozenset[RecordId], list[EnvironmentHistory]] = {}
    for desk in everybody:
        if desk.reading.is_readable(TRIPLE):
            by_opened.setdefault(frozenset(desk.found.opened), []).append(desk.found)
    for alike in by_opened.values():
        views = [(found.view().entries, found.view().conflicts.keys()) for found in alike]
        assert all(view == views[0] for view in views)
        labels = [{one: found.versions.label(one) for one in found.opened} for found in alike]
        assert all(found == labels[0] for found in labels)


def machine_settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=SEARCH is None,  # a suite is no place for surprises; a search is
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class TeamsInShort(Teams):
    pass


class TeamsAtLength(Teams):
    pass


TestShort = TeamsInShort.TestCase
TestShort.settings = machine_settings(3, 8)
TestAtLength = pytest.mark.slow(pytest.mark.timeout(3600)(TeamsAtLength.TestCase))
TestAtLength.settings = machine_settings(int(SEARCH or "20"), 30)
