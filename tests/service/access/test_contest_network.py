"""Case 56: a member who was removed while away answers over a real server, and is met again."""

from __future__ import annotations

import pytest

from envlsp.domain.ledger.records import Role
from envlsp.errors import NoAccess, NobodyReachable
from envlsp.service.access import roles
from envlsp.service.access.removal import is_removed
from envlsp.service.network import errands
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.trusting import contest
from tests.support.cast import Actor, Cast, give, meet
from tests.support.network_cast import Server, agent
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def three(cast: Cast, server: Server) -> tuple[Actor, Actor, Actor]:
    """Alice, the founder, Bob, whom she made an admin, and Carol; all with a network."""
    actors = tuple(cast.actor(name) for name in ("alice", "bob", "carol"))
    for actor in actors:
        actor.environ["ENVLSP_SIGNALING"] = server.url
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    return alice, bob, carol


def courier(actor: Actor) -> Courier:
    return Courier(actor.service, actor.opened, actor.talk.say)


def is_told(actor: Actor) -> bool:
    """Meet whoever is there; return whether they say that this device was removed."""
    try:
        errands.sync(actor.service, actor.opened)
    except NobodyReachable:
        return False
    except NoAccess:
        return True
    return False


def test_case_56_contest_through_the_recovery_room(three: tuple[Actor, Actor, Actor]) -> None:
    alice, bob, carol = three
    roles.revoke(bob.replica, bob.team.releases, [alice.user])
    give(bob, carol)
    with agent(carol):
        wait_until(lambda: is_told(alice))
        alice.restart()
        assert is_removed(alice.replica)

        contested = contest(courier(alice), alice.team, "", alice.talk)
        assert any("what it made and did not hand on will not count" in line for line in alice.talk.heard)
        assert [name for _, name in contested.names] == ["Bob <bob@example.com>"]
        assert contested.reached == 1, "who has just said that she is removed listens to her answer"

        with agent(alice):

            def carol_takes_her_back() -> bool:
                carol.replica.refresh()
                return alice.user in carol.replica.state.members

            wait_until(carol_takes_her_back)
        assert bob.user not in carol.replica.state.members
        assert {one.device for one in carol.replica.suspects} == {alice.replica.keys.dpk}


def test_a_contest_asks_first_what_has_happened(three: tuple[Actor, Actor, Actor]) -> None:
    """The record of the removal is nowhere but with Carol: nobody had told Alice's device."""
    alice, bob, carol = three
    roles.revoke(bob.replica, bob.team.releases, [alice.user])
    give(bob, carol)
    assert not is_removed(alice.replica)
    with agent(carol):
        contested = contest(courier(alice), alice.team, "", alice.talk)
        assert [name for _, name in contested.names] == ["Bob <bob@example.com>"]
        assert contested.reached == 1
