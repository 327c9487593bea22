"""Scopes, guests and their keys (docs/protocol.md, "B.9 Scopes, roles, guests")."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.records import Role, ScopeSet
from tests.support.ledger_builder import (
    Actor,
    Book,
    a_device,
    a_revoke,
    a_seal,
    actor,
    alice,
    an_epoch,
    bob,
    charlie,
    dave,
    derive_scope,
    eve,
    line_up,
    refused,
    root,
    second_device,
)

ADMIN, DEVELOPER, VIEWER, NONE = Role.ADMIN, Role.DEVELOPER, Role.VIEWER, Role.NONE


class Prod(Book):
    """Alice and Bob are team admins, Charlie and Dave developers, Eve is a guest.

    In the scope `prod` Charlie is admin, Dave a developer, Eve a developer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.grant(alice, bob, ADMIN)
        self.grant(alice, charlie, DEVELOPER)
        self.grant(alice, dave, DEVELOPER)
        self.grant(alice, eve, NONE)
        self.prod = derive_scope(self.team, alice.dpk, self.ledger.next_seq(alice.dpk))
        inside = (charlie, dave, eve)
        epoch = an_epoch(self.prod, 1, {one.dpk for one in (alice, bob, root, *inside)})
        lines = line_up({charlie: ADMIN, dave: DEVELOPER, eve: DEVELOPER})
        self.write(alice, ScopeSet(self.prod, lines, (epoch,)), body=True)


@pytest.fixture
def book() -> Prod:
    return Prod()


def merged(here: Book, there: Book) -> Book:
    one, two = here.copy(), there.copy()
    one.hear(there)
    two.hear(here)
    assert one.state == two.state
    return one


def test_roles_in_a_scope(book: Prod) -> None:
    state = book.state
    assert state.scopes[book.prod].roles == {charlie.user: ADMIN, dave.user: DEVELOPER, eve.user: DEVELOPER}
    assert state.role(alice.user, book.prod) == ADMIN  # team admins read every scope
    assert state.role(charlie.user, TEAM_SCOPE) == DEVELOPER
    assert state.role(eve.user, TEAM_SCOPE) == NONE
    assert state.access(eve.dpk, book.prod)
    assert not state.access(eve.dpk, TEAM_SCOPE)
    assert state.role(actor("stranger").user, book.prod) == NONE


def test_only_team_admins_make_scopes(book: Prod) -> None:
    for who in (charlie, dave, eve):
        scope = derive_scope(book.team, who.dpk, book.ledger.next_seq(who.dpk))
        assert refused(book.offer(who, ScopeSet(scope, (), ()))) == "role-too-low"
    scope = derive_scope(book.team, root.dpk, book.ledger.next_seq(root.dpk))
    book.write(root, ScopeSet(scope, (), ()))


def test_the_id_of_a_scope_is_derived(book: Prod) -> None:
    other = derive_scope(book.team, alice.dpk, 1000)
    assert refused(book.offer(alice, ScopeSet(other, line_up({dave: VIEWER}), ()))) == "unknown-scope"
    assert refused(book.offer(alice, ScopeSet(TEAM_SCOPE, line_up({dave: VIEWER}), ()))) == "unknown-scope"


@pytest.mark.parametrize(
    ("who", "lines", "reason"),
    (
        (dave, {eve: VIEWER}, "role-too-low"),
        (charlie, {dave: ADMIN}, "role-too-low"),
        (charlie, {charlie: DEVELOPER}, "role-too-low"),
        (charlie, {}, "empty"),
        (charlie, {dave: DEVELOPER}, "no-change"),
        (charlie, {bob: NONE}, "no-change"),
        (charlie, {actor("stranger"): VIEWER}, "bad-target"),
    ),
)
def test_lines(book: Prod, who: Actor, lines: dict[Actor, Role], reason: str) -> None:
    assert refused(book.offer(who, ScopeSet(book.prod, line_up(lines), ()))) == reason


def test_lines_are_sorted_and_unique(book: Prod) -> None:
    lines = line_up({dave: VIEWER, eve: VIEWER})
    for wrong in (tuple(reversed(lines)), lines[:1] * 2):
        assert refused(book.offer(charlie, ScopeSet(book.prod, wrong, ()))) == "bad-target"


def test_a_line_does_not_reach_a_team_admin(book: Prod) -> None:
    """What he does he does by his team role; his line in the scope is beside the point."""
    book.scope_set(alice, book.prod, {bob: DEVELOPER})
    fork = book.copy()
    book.scope_set(alice, book.prod, {bob: NONE})
    push = fork.release(bob, book.prod)
    after = merged(book, fork)
    assert after.counts(push)
    assert after.state.role(bob.user, book.prod) == ADMIN


def test_a_void_creation_leaves_a_scope_without_members(book: Prod) -> None:
    fork = book.copy()
    book.revoke(alice, bob)
    scope = fork.create_scope(bob, {dave: DEVELOPER})
    push = fork.release(dave, scope)
    after = merged(book, fork)
    assert not after.counts(push)
    assert not after.state.scopes[scope].created_ok
    assert after.state.scopes[scope].roles == {}


def test_removed_from_the_team_is_removed_from_scopes(book: Prod) -> None:
    book.revoke(alice, dave)
    assert dave.user not in book.state.scopes[book.prod].roles
    assert book.state.current_epoch(book.prod) is None


def test_a_second_device_of_a_guest_gets_the_scopes_keys(book: Prod) -> None:
    phone = second_device(eve, "phone")
    book.write(eve, a_device(phone, (a_seal(book.state.current[book.prod], phone),)))
    team_key = a_device(second_device(eve, "pad"), (a_seal(book.state.current[TEAM_SCOPE], eve),))
    assert refused(book.offer(eve, team_key)) == "bad-seal"
    assert book.state.access(phone.dpk, book.prod)


def test_scope_admins_removal_is_junior_to_any_team_admin(book: Prod) -> None:
    """Charlie removes Dave while Alice makes Dave admin, who acts: the lower role counts."""
    fork = book.copy()
    book.scope_set(charlie, book.prod, {dave: VIEWER})
    fork.scope_set(alice, book.prod, {dave: ADMIN})
    act = fork.scope_set(dave, book.prod, {eve: VIEWER})
    after = merged(book, fork)
    assert after.state.role(dave.user, book.prod) == VIEWER
    # Charlie was admin of the scope before Dave was.
    assert not after.counts(act)


def test_unknown_scopes_have_no_readers(book: Prod) -> None:
    nowhere = ScopeId(b"nowhere.........")
    assert not book.state.access(dave.dpk, nowhere)
    assert book.state.current_epoch(nowhere) is None
    assert book.state.next_n(nowhere) == 1


def test_a_removal_may_carry_an_epoch_for_each_scope(book: Prod) -> None:
    epochs = (book.epoch(TEAM_SCOPE, without=[dave]), book.epoch(book.prod, without=[dave]))
    record = book.write(alice, a_revoke(dave, epochs=epochs), body=True)
    assert tuple(book.state.current[one] for one in (TEAM_SCOPE, book.prod)) == record.epoch_ids
