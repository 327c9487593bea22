"""What an editor is told of environments that not everybody reads."""

from __future__ import annotations

from envlsp.domain.ledger.records import Role
from envlsp.ide.envfile import EnvFile
from envlsp.ide.snapshot import AppFacts, EnvironmentFacts, ProjectFacts, Standing, Where
from envlsp.service.env_facts import NOT_A_READER, EnvironmentReader, Marks
from tests.support.cast import Actor, Cast, meet
from tests.support.scoped import give_value, guest, let_in, restrict, take_out

NO_FILES: dict[str, EnvFile] = {}


def look(actor: Actor) -> tuple[Standing, dict[str, EnvironmentFacts]]:
    """Return how the device stands, and what it knows of each environment, by name."""
    reader = EnvironmentReader(actor.team, Marks(actor.service.vault.open().lsk))
    found = reader.environments(actor.context.project, NO_FILES)
    return reader.standing()[0], {env: facts for (_, env), facts in found.items()}


def test_who_cannot_read_an_environment_is_told_of_the_others(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    restrict(alice)
    give_value(alice, "TOKEN", "s3cret")
    meet(alice, bob)
    assert look(bob)[0] is Standing.READY
    assert [*look(bob)[1]] == ["dev"]
    facts = look(alice)[1]
    assert [*facts["prod"].names] == ["TOKEN"]
    assert (facts["prod"].role, facts["dev"].role) == ("admin", "admin")


def test_an_environment_that_was_taken_away_is_shut(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    let_in(alice, prod, bob, Role.VIEWER)
    give_value(alice, "TOKEN", "s3cret")
    meet(alice, bob)
    shown = look(bob)[1]["prod"]
    assert (shown.role, shown.shut, [*shown.names]) == ("viewer", "", ["TOKEN"])
    take_out(alice, prod, bob)
    meet(alice, bob)
    standing, facts = look(bob)
    assert standing is Standing.READY
    shown = facts["prod"]
    assert (shown.role, shown.shut, [*shown.names], shown.releases) == ("nobody", NOT_A_READER, [], ())
    assert facts["dev"].shut == ""


def test_a_guest_is_ready_where_they_have_a_key(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "TOKEN", "s3cret")
    carol = guest(cast, alice, "carol", (prod, Role.DEVELOPER))
    standing, facts = look(carol)
    assert standing is Standing.READY
    assert [*facts] == ["prod"]
    assert (facts["prod"].role, [*facts["prod"].names]) == ("developer", ["TOKEN"])


def test_what_may_be_pushed_goes_by_the_environment(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    prod = restrict(alice)
    let_in(alice, prod, bob)
    give_value(alice, "TOKEN", "s3cret")
    meet(alice, bob)
    facts = look(bob)[1]
    assert (may_push(facts["prod"]), may_push(facts["dev"])) == (True, False)


def may_push(facts: EnvironmentFacts) -> bool:
    app = AppFacts("shop", "/shop", "node", {})
    project = ProjectFacts("/shop", "shop", Standing.READY, (app,), role="viewer")
    return Where(project, app, facts.triple.env, facts).may_push
