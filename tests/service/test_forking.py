"""A new team out of an old one that cannot be made right any more."""

from __future__ import annotations

import pytest

from envlsp.domain.environment import Triple
from envlsp.domain.ledger.records import Role
from envlsp.errors import BadConfig, ConflictedName, NoAccess
from envlsp.service.access import roles
from envlsp.service.access.scopes import Covers
from envlsp.service.deriving import read_environment
from envlsp.service.environments import create_environment
from envlsp.service.forking import Forked, fork
from envlsp.service.pushing import push
from tests.support.cast import FIRST_FILE, Actor, Cast, meet


def forked(actor: Actor) -> Forked:
    made = fork(actor.service, actor.root, actor.person, actor.talk, recovery=False)
    actor.service.close()
    return made


def values(actor: Actor) -> dict[str, bytes]:
    reading = read_environment(actor.team, actor.context.triple, "node")
    return {name: value.reveal() for name, value in reading.values.items()}


def test_a_member_takes_the_newest_values_into_a_team_of_their_own(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    old, before = bob.team.id, values(bob)
    made = forked(bob)
    assert bob.team.id != old
    assert made.team in (bob.root / "ev.yaml").read_text()
    assert made.before not in (bob.root / "ev.yaml").read_text()
    assert [member.role for member in bob.replica.state.members.values()] == [Role.ADMIN]
    assert values(bob) == before
    bob.pull()
    assert bob.file.read_bytes() == FIRST_FILE
    assert {old, bob.team.id} == set(bob.service.vault.open().teams())
    # Nothing of the new team is for the old one's keys, and the other way round.
    assert not any(received.verdict for received in alice.replica.receive(bob.raws()))


def test_what_was_for_few_stays_for_few(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    prod = Triple("shop", "shop", "prod")
    create_environment(alice.team, prod, restricted=True)
    opened = alice.service.open(alice.root, env="prod")
    opened.context.file.write_bytes(b"P=only for few\n")
    push(opened.team, opened.context)
    forked(alice)
    scopes = alice.team.releases.scopes
    assert scopes.exactly(Covers(*prod)) is not None
    carol = cast.join(alice, cast.actor("carol"))
    assert prod not in carol.team.releases.environments()
    assert alice.context.triple in carol.team.releases.environments()


def test_whoever_was_removed_takes_what_they_had(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, bob)
    with pytest.raises(NoAccess):
        read_environment(bob.team, bob.context.triple, "node")
    forked(bob)
    assert values(bob)["API_URL"] == b"https://x.test"


def test_what_is_in_conflict_is_settled_first(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(FIRST_FILE.replace(b"x.test", b"alice.test"))
    bob.pull()
    bob.push(FIRST_FILE.replace(b"x.test", b"bob.test"))
    meet(alice, bob)
    teams = alice.service.vault.open().teams()
    with pytest.raises(ConflictedName, match="API_URL"):
        forked(alice)
    assert alice.service.vault.open().teams() == teams


def test_an_ev_yaml_that_names_the_team_twice_is_left_alone(cast: Cast) -> None:
    (alice,) = cast.team()
    config = alice.root / "ev.yaml"
    team = config.read_text().partition("team: ")[2].split()[0]
    config.write_text(f"# {team}\n{config.read_text()}")
    with pytest.raises(BadConfig, match="just once"):
        forked(alice)
