"""The table of situations and results, row by row (docs/protocol.md, "C.5 What this yields")."""

from __future__ import annotations

from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import Keys, Role, RootReplace
from envlsp.domain.ledger.state import AlarmKind
from tests.support.ledger_builder import (
    Book,
    a_grant,
    a_revoke,
    a_seal,
    actor,
    alice,
    bob,
    charlie,
    dave,
    eve,
    root,
)

ADMIN, DEVELOPER, VIEWER, GUEST = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE


def team_of_admins() -> Book:
    """Alice, then Bob, then Charlie: in order of seniority."""
    book = Book()
    book.grant(alice, bob, ADMIN)
    book.grant(alice, charlie, ADMIN)
    return book


def kinds(book: Book) -> list[AlarmKind]:
    return [alarm.kind for alarm in book.ledger.alarms()]


def merged(*books: Book) -> Book:
    """Both arrival orders must agree; return one of them."""
    there, back = books[0].copy(), books[-1].copy()
    there.hear(*books[1:])
    back.hear(*reversed(books[:-1]))
    assert there.state == back.state
    assert there.ledger.heads() == back.ledger.heads()
    assert there.ledger.alarms() == back.ledger.alarms()
    return there


def test_weak_removal_leaves_what_the_senior_did() -> None:
    here, there = (start := team_of_admins()), start.copy()
    here.revoke(charlie, bob)
    grant = there.grant(bob, dave)
    after = merged(here, there)
    assert not after.has(bob)
    assert after.has(dave)
    assert after.counts(grant)


def test_release_concurrent_with_the_authors_revocation_is_void() -> None:
    start = team_of_admins()
    start.grant(alice, dave)
    here, there = start, start.copy()
    kill = here.revoke(alice, dave)
    orphan = there.release(dave)
    adopted = there.release(bob)
    after = merged(here, there)
    assert after.ledger.voided_by(orphan.id) == (kill.id,)
    assert after.counts(adopted)


def test_two_replacements_of_one_root() -> None:
    """The first by (height, id) stands, and what the other's key signed falls with it."""
    start = team_of_admins()
    one, two = actor("root one"), actor("root two")
    here, there = start, start.copy()
    here.write(root, RootReplace(one.dpk, one.xpk, b"pop", ()))
    here.grant(one, dave)
    there.release(bob)
    there.write(root, RootReplace(two.dpk, two.xpk, b"pop", ()))
    there.grant(two, eve, ADMIN)
    after = merged(here, there)
    assert after.state.root.root_sign == one.dpk
    assert after.has(dave)
    assert not after.has(eve)


def test_grant_with_rotation_elsewhere() -> None:
    start = team_of_admins()
    here, there = start, start.copy()
    here.grant(alice, dave)
    epoch = there.rotate(bob)
    after = merged(here, there)
    assert [alarm.subject for alarm in after.ledger.alarms()] == [dave.dpk]
    after.write(charlie, Keys((a_seal(epoch, dave),), ()))
    assert after.ledger.alarms() == ()
    assert after.state.current_epoch(TEAM_SCOPE) == epoch


def test_voided_grant_had_a_key_already() -> None:
    start = team_of_admins()
    first = start.state.current_epoch(TEAM_SCOPE)
    assert first is not None
    here, there = start, start.copy()
    fresh = here.write(alice, a_revoke(bob, epochs=(here.epoch(without=[bob]),))).epoch_ids[0]
    there.write(bob, a_grant(eve, seals=(a_seal(first, eve),)))
    after = merged(here, there)
    assert after.state.exposed == {first}
    assert after.state.current_epoch(TEAM_SCOPE) == fresh
