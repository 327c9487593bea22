"""What people could read of restricted environments, and why they are what they are there."""

from __future__ import annotations

from envlsp.domain.ledger.records import Role
from envlsp.service.access.exposure import exposure
from envlsp.service.access.reasons import act_words, outcome_words, reasons
from envlsp.service.access.scope_list import scope_list
from envlsp.service.environments import create_environment
from tests.support.cast import Actor, Cast, meet
from tests.support.scoped import PROD, give_value, guest, let_in, restrict, revoke, take_out


def exposed(by: Actor, who: Actor, env: str) -> list[str]:
    found = exposure(by.team, who.user)
    return sorted(value.name for value in found.values if value.triple.env == env)


def test_only_what_a_scope_showed_is_exposed(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    restrict(alice, "secret")
    give_value(alice, "PROD_KEY", "pr0d-value")
    give_value(alice, "OTHER_KEY", "0ther-value", "secret")
    let_in(alice, prod, bob)
    meet(alice, bob, carol)
    assert exposed(alice, bob, "prod") == ["PROD_KEY"]
    assert exposed(alice, bob, "secret") == exposed(alice, carol, "prod") == []
    take_out(alice, prod, bob)
    found = exposure(alice.team, bob.user, prod)
    assert [value.name for value in found.values] == ["PROD_KEY"]  # and nothing of the team's own
    assert exposed(alice, bob, "prod") == ["PROD_KEY"]
    give_value(alice, "PROD_KEY", "another-value")
    give_value(alice, "NEW_KEY", "made-after-him")
    assert exposed(alice, bob, "prod") == []


def test_a_list_made_by_who_cannot_read_the_scope_is_said_to_be_incomplete(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    give_value(alice, "PROD_KEY", "pr0d-value")
    let_in(alice, prod, bob)
    meet(alice, bob, carol)
    assert exposure(alice.team, bob.user).complete
    assert not exposure(carol.team, bob.user).complete
    assert exposure(carol.team, carol.user).complete


def test_a_value_pushed_where_the_whole_team_reads_it_is_exposed_to_all(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    restrict(alice)
    give_value(alice, "PROD_KEY", "pr0d-value")
    meet(alice, bob, carol)
    create_environment(bob.team, PROD)
    give_value(bob, "PROD_KEY", "pr0d-value")  # he knew it, and told everybody
    meet(alice, bob, carol)
    assert exposed(alice, carol, "prod") == ["PROD_KEY"]


def test_why_tells_of_scopes_by_name(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    let_in(alice, prod, bob, Role.VIEWER)
    take_out(alice, prod, bob)
    steps = reasons(alice.team, bob.user).steps
    told = [f"{act_words(step)}: {outcome_words(step)}" for step in steps if step.scope]
    assert told == [
        "Alice <alice@example.com> made them viewer in shop/shop/prod: replaced by a later one",
        "Alice <alice@example.com> took them out of shop/shop/prod: decides",
    ]


def test_who_is_in_a_scope_is_told_to_all_and_its_name_to_its_readers(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    let_in(alice, prod, bob, Role.ADMIN)
    carol = guest(cast, alice, "carol", (prod, Role.VIEWER))
    dave = cast.join(alice, cast.actor("dave"))
    meet(alice, bob, carol, dave)
    for actor in (alice, bob, carol):
        (scope,) = scope_list(actor.team)
        assert (scope.name, scope.kind) == ("shop/shop/prod", "restricted")
        members = {(one.name, one.role, one.is_guest) for one in scope.members}
        assert members == {("Bob", "admin", False), ("Carol", "viewer", True)}
        assert scope.admins == ("Alice",)
    (scope,) = scope_list(dave.team)
    assert (scope.kind, scope.role, len(scope.members)) == ("closed to you", "nobody", 2)
    assert "prod" not in scope.name


def test_a_revoked_member_is_listed_nowhere_and_their_guests_stay(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    let_in(alice, prod, bob, Role.ADMIN)
    carol = guest(cast, alice, "carol", (prod, Role.VIEWER))
    meet(alice, bob, carol)
    revoke(alice, bob)
    (scope,) = scope_list(alice.team)
    assert [member.name for member in scope.members] == ["Carol"]
