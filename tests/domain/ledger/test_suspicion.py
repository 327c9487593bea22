"""Whom a device stops trusting with new keys, by what it saw and in which order."""

from __future__ import annotations

from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.admission import Accepted
from envlsp.domain.ledger.records import CheckedRecord, DeviceRevoke, Role, ScopeSet
from envlsp.domain.ledger.suspicion import EVERYWHERE, Suspect, Suspicion, suspects_after
from tests.support.ledger_builder import (
    Actor,
    Book,
    a_device,
    a_revoke,
    actor,
    alice,
    an_admit,
    an_invite,
    bob,
    charlie,
    dave,
    eve,
    line_up,
    root,
    second_device,
)

watcher = actor("watcher")


class Watch:
    """What one device of the team holds, and whom it suspects."""

    def __init__(self, book: Book, own: Actor = watcher) -> None:
        self.book = book.copy()
        self.own = own
        self.suspects: frozenset[Suspect] = frozenset()

    def hear(self, *records: CheckedRecord) -> Watch:
        """Take in records that come at once."""
        before = self.book.ledger.people
        for record in sorted(records, key=lambda one: (one.header.height, one.id)):
            assert isinstance(self.book.ledger.admit(record), Accepted)
        self.suspects = suspects_after(
            self.book.ledger, before, [one.id for one in records], self.suspects, self.own.dpk
        )
        return self

    def sees(self, who: Actor, scope: ScopeId = EVERYWHERE) -> Suspicion | None:
        return next((s.why for s in self.suspects if (s.device, s.scope) == (who.dpk, scope)), None)


def a_team() -> tuple[Book, CheckedRecord]:
    """Alice founded it; Bob, Charlie are admins in this order, Dave and the watcher developers."""
    book = Book()
    for admin in (bob, charlie):
        book.grant(alice, admin, Role.ADMIN)
    book.grant(alice, dave)
    return book, book.grant(alice, watcher)


def a_duel(book: Book, last: CheckedRecord) -> tuple[CheckedRecord, CheckedRecord]:
    """Bob removes Alice, the silent founder; she answers without knowing it."""
    junior, senior = book.copy(), book.copy()
    return junior.revoke(bob, alice, at=[last]), senior.revoke(alice, bob, at=[last])


# --- back again ---


def test_who_saw_the_founder_removed_suspects_her_when_she_is_back() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    watch = Watch(book).hear(by_bob)
    assert not watch.suspects
    watch.hear(by_alice)
    assert watch.book.has(alice)
    assert watch.sees(alice) is Suspicion.RETURNED
    assert len(watch.suspects) == 1


def test_a_removal_that_never_counted_here_makes_nobody_suspect() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    late = book.copy().revoke(bob, charlie, dave, at=[last])
    watch = Watch(book).hear(by_alice).hear(by_bob).hear(late)
    assert watch.book.has(alice, charlie, dave)
    assert not watch.suspects


def test_of_a_duel_that_comes_at_once_who_stays_is_suspect_and_nobody_else() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    others = book.copy().revoke(bob, charlie, dave, at=[last])  # a fork, as backdating is
    watch = Watch(book).hear(by_bob, by_alice, others)
    assert watch.sees(alice) is Suspicion.DUEL
    assert len(watch.suspects) == 1


def test_members_come_back_when_their_remover_was_removed_at_the_same_time() -> None:
    book, last = a_team()
    removal = book.copy().revoke(bob, dave, at=[last])
    answer = book.copy().revoke(alice, bob, at=[last])
    watch = Watch(book).hear(removal).hear(answer)
    assert watch.sees(dave) is Suspicion.RETURNED


def test_the_device_itself_is_no_suspect_of_its_own() -> None:
    book, last = a_team()
    removal = book.copy().revoke(bob, dave, at=[last])
    answer = book.copy().revoke(alice, bob, at=[last])
    assert not Watch(book, dave).hear(removal).hear(answer).suspects


def test_of_two_devices_of_one_person_the_one_that_was_removed_and_is_back() -> None:
    book = Book()
    desk, laptop = alice, second_device(alice, "laptop")
    book.write(desk, a_device(laptop))
    last = book.grant(alice, watcher)
    by_newer = book.copy().write(laptop, DeviceRevoke((desk.dpk,), ()), at=[last])
    by_older = book.copy().write(desk, DeviceRevoke((laptop.dpk,), ()), at=[last])
    assert Watch(book).hear(by_newer).hear(by_older).sees(desk) is Suspicion.RETURNED
    assert Watch(book).hear(by_newer, by_older).sees(desk) is Suspicion.DUEL
    assert not Watch(book).hear(by_older).hear(by_newer).suspects


# --- let in by them ---


def test_who_was_let_in_by_somebody_removed_at_the_same_time_is_suspect() -> None:
    book, last = a_team()
    removal = book.copy().revoke(bob, alice, at=[last])  # weak: Alice is senior
    let_in = book.copy().grant(alice, eve, at=[last])
    watch = Watch(book).hear(removal).hear(let_in)
    assert watch.book.has(eve)
    assert not watch.book.has(alice)
    assert watch.sees(eve) is Suspicion.BROUGHT_IN
    assert Watch(book).hear(removal, let_in).sees(eve) is Suspicion.BROUGHT_IN


def test_who_was_in_before_the_removal_is_not() -> None:
    book, last = a_team()
    let_in = book.copy().grant(alice, eve, at=[last])
    knowing = book.copy()
    assert isinstance(knowing.ledger.admit(let_in), Accepted)
    removal = knowing.revoke(bob, alice)
    assert not Watch(book).hear(let_in, removal).suspects


def test_who_leaves_takes_nobody_along() -> None:
    book, last = a_team()
    leaving = book.copy().revoke(bob, bob, at=[last])
    let_in = book.copy().grant(bob, eve, at=[last])
    watch = Watch(book).hear(leaving).hear(let_in)
    assert watch.book.has(eve)
    assert not watch.suspects


def test_suspicion_goes_on_to_whom_a_suspect_lets_in() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    watch = Watch(book).hear(by_bob).hear(by_alice)
    puppet = watch.book.copy()
    first = puppet.grant(alice, eve, Role.ADMIN)
    second = puppet.grant(eve, actor("mallory"))
    watch.hear(first, second)
    assert watch.sees(eve) is Suspicion.BROUGHT_IN
    assert watch.sees(actor("mallory")) is Suspicion.BROUGHT_IN


def test_a_link_is_the_word_of_who_made_it_and_not_of_the_courier() -> None:
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    invite = book.write(alice, an_invite("link"))
    last = book.grant(alice, watcher)
    removal = book.copy().revoke(bob, alice, at=[last])
    admit = book.copy().write(watcher, an_admit(invite, eve), at=[last])
    watch = Watch(book).hear(removal).hear(admit)
    assert watch.book.has(eve)
    assert watch.sees(eve) is Suspicion.BROUGHT_IN


# --- scopes ---


def test_a_scope_of_its_own_and_given_anew_by_somebody_who_knows() -> None:
    book, _ = a_team()
    scope = book.create_scope(alice, {dave: Role.DEVELOPER})
    watch = Watch(book)
    out = book.scope_set(alice, scope, {dave: Role.NONE})
    back = book.scope_set(alice, scope, {dave: Role.VIEWER})
    assert not watch.hear(out).hear(back).suspects


def test_a_scope_of_its_own_and_back_by_a_late_record() -> None:
    book, _ = a_team()
    scope = book.create_scope(alice, {watcher: Role.ADMIN, dave: Role.DEVELOPER})
    last = book.release(alice)
    out = book.copy().write(watcher, ScopeSet(scope, line_up({dave: Role.NONE}), ()), at=[last])
    answer = book.copy().revoke(alice, watcher, at=[last])
    watch = Watch(book, charlie).hear(out).hear(answer)
    assert watch.sees(dave, scope) is Suspicion.RETURNED
    assert watch.sees(dave, TEAM_SCOPE) is None
    assert watch.sees(dave) is None


# --- the end of it ---


def test_the_recovery_words_above_both_end_it() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    watch = Watch(book).hear(by_bob)
    early = watch.book.copy().role(root, dave, Role.VIEWER)
    watch.hear(early)
    watch.hear(by_alice)
    assert watch.sees(alice), "the words had not seen her come back"
    above = watch.book.copy().role(root, dave, Role.DEVELOPER)
    assert not watch.hear(above).suspects


def test_whoever_lets_a_device_in_answers_for_what_was_before() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    start = Book(book.genesis)
    for record in (by_bob, by_alice):
        assert isinstance(book.ledger.admit(record), Accepted)
    admitted = book.grant(charlie, eve)
    everything = [one for one in book.ledger.records() if one.id != book.genesis.id]
    assert not Watch(start, eve).hear(*everything).suspects
    halves = Watch(start, eve).hear(*(one for one in everything if one.id not in {by_alice.id, admitted.id}))
    halves.hear(by_alice)
    assert halves.sees(alice) is Suspicion.RETURNED
    assert not halves.hear(admitted).suspects


def test_a_duel_after_a_device_was_let_in_is_not_settled_by_that() -> None:
    book, last = a_team()
    by_bob, by_alice = a_duel(book, last)
    everything = [one for one in book.ledger.records() if one.id != book.genesis.id]
    fresh = Watch(Book(book.genesis)).hear(*everything, by_bob, by_alice)
    assert fresh.sees(alice) is Suspicion.DUEL


def test_a_removal_by_who_is_removed_by_a_third_makes_no_duel() -> None:
    book, last = a_team()
    removal = book.copy().write(charlie, a_revoke(dave), at=[last])
    answer = book.copy().revoke(bob, charlie, at=[last])
    watch = Watch(book).hear(removal, answer)
    assert watch.book.has(dave)
    assert not watch.suspects
