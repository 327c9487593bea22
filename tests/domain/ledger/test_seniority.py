"""Ranks, chains, and who breaks whom (docs/protocol.md, "C.3 Which removals stand")."""

from __future__ import annotations

from envlsp.domain.ledger.facts import RANK_ROOT, RANK_ROOT_REPLACE
from envlsp.domain.ledger.records import CheckedRecord, DeviceRevoke, Role, RootReplace, ScopeSet
from tests.support.ledger_builder import (
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

ADMIN, DEVELOPER, VIEWER = Role.ADMIN, Role.DEVELOPER, Role.VIEWER


def rank(book: Book, record: CheckedRecord) -> tuple[int | bytes, ...]:
    return book.ledger._dag.by_id[record.id].settled.rank


def test_ranks() -> None:
    book = Book()
    granted = book.grant(alice, bob, ADMIN)
    dev = book.grant(alice, charlie)
    assert rank(book, book.grant(root, dave)) == RANK_ROOT
    assert rank(book, granted) == (1, 1, book.genesis.id, 1, book.genesis.id)
    assert rank(book, book.release(bob)) == (1, 2, granted.id, 2, granted.id)
    assert rank(book, book.release(charlie)) == (3, 3, dev.id, 3, dev.id)
    scope = book.create_scope(alice, {charlie: ADMIN})
    made = book.ledger.records()[-1]
    assert rank(book, book.release(charlie, scope)) == (2, made.header.height, made.id, 3, dev.id)
    assert rank(book, book.release(charlie)) == (3, 3, dev.id, 3, dev.id)
    new = actor("new root")
    replaced = book.write(root, RootReplace(new.dpk, new.xpk, b"pop", ()))
    assert rank(book, replaced) == RANK_ROOT_REPLACE


def test_a_courier_lends_no_authority() -> None:
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, charlie)
    invite = start.write(bob, an_invite("link"))
    there = start.copy()
    start.revoke(alice, charlie)
    admit = there.write(charlie, an_admit(invite, dave))
    start.hear(there)
    assert rank(start, admit) == rank(start, invite)
    assert start.has(dave)
    fork = start.copy()
    start.revoke(alice, bob, at=[start.ledger.records()[2]])
    fork.hear(start)
    assert not start.has(bob)
    assert not start.has(dave)


def promoted_with_an_early_device(*, junior: bool) -> tuple[Book, CheckedRecord, CheckedRecord]:
    """Bob adds a phone, becomes admin, and grants Dave from it; Charlie removes Bob concurrently.

    Charlie, who never heard of the phone, was made admin after Bob or before him.
    """
    start = Book()
    start.grant(alice, bob)
    early = start.copy()
    phone = second_device(bob, "phone")
    start.write(bob, a_device(phone))
    start.role(alice, bob, ADMIN)
    grant = start.grant(phone, dave)
    push = start.release(dave)
    for _ in range(3 if junior else 0):
        early.release(bob)
    early.grant(alice, charlie, ADMIN)
    early.revoke(charlie, bob)
    start.hear(early)
    assert not start.has(bob)
    assert not start.state.is_active(phone.dpk)
    return start, grant, push


def test_a_junior_does_not_reach_senior_acts_by_way_of_an_early_device() -> None:
    """Nor what those that were brought in did: a rule per link forgot them."""
    book, grant, push = promoted_with_an_early_device(junior=True)
    assert book.counts(grant)
    assert book.has(dave)
    assert book.counts(push)


def test_a_senior_reaches_them() -> None:
    book, grant, push = promoted_with_an_early_device(junior=False)
    assert not book.counts(grant)
    assert not book.has(dave)
    assert not book.counts(push)


def test_nothing_is_void_in_the_eyes_of_its_author() -> None:
    """The oldest device adds one while a younger one removes it: weak, so the new one lives on.

    Measuring every link by the last record's rank would leave that device active with
    all its records void for ever, since the remover is older than it.
    """
    start = Book()
    start.grant(alice, bob)
    pad, phone = second_device(bob, "pad"), second_device(bob, "phone")
    start.write(bob, a_device(pad))
    there = start.copy()
    start.write(bob, a_device(phone))
    there.write(pad, DeviceRevoke((bob.dpk,), ()))
    start.hear(there)
    assert start.state.is_active(phone.dpk)
    assert not start.state.is_active(bob.dpk)
    assert start.counts(start.release(phone))
    assert start.counts(start.write(phone, a_device(second_device(bob, "fourth"))))


def test_a_kill_with_itself_among_others() -> None:
    """Leaving is not retroactive; taking others along is, by the usual rule."""
    start = Book()
    start.grant(alice, bob, ADMIN)
    start.grant(alice, charlie, ADMIN)
    there = start.copy()
    start.write(bob, a_revoke(bob, charlie))
    mine, theirs = there.grant(bob, dave), there.copy()
    lost = theirs.grant(charlie, eve)
    start.hear(there, theirs)
    assert start.counts(mine)
    assert not start.counts(lost)
    assert start.has(dave)
    assert not start.has(eve)


def test_a_scope_line_is_a_removal_only_if_it_lowers() -> None:
    book = Book()
    book.grant(alice, bob)
    scope = book.create_scope(alice, {bob: VIEWER})
    raised = book.scope_set(alice, scope, {bob: DEVELOPER})
    lowered = book.write(alice, ScopeSet(scope, line_up({bob: VIEWER}), ()))
    assert raised.id not in book.state.kills
    assert book.state.kills == (lowered.id,)
