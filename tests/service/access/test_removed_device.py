"""A removed device is told so, stays out, and comes back with new keys; a killed one is met again."""

from __future__ import annotations

import signal
import time

import pytest

from envlsp.domain.ledger.records import Role
from envlsp.errors import NoAccess
from envlsp.service.access import roles
from envlsp.service.access.removal import is_removed
from envlsp.service.network import errands
from envlsp.transport.dial_plan import START_GAP_S
from tests.support.cast import FIRST_FILE, Actor
from tests.support.network_cast import agent, let_in
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow


def remove(alice: Actor, bob: Actor) -> None:
    roles.revoke(alice.replica, alice.team.releases, [bob.user])


def sync_is_refused(bob: Actor) -> None:
    with pytest.raises(NoAccess, match="removed from the team") as refused:
        errands.sync(bob.service, bob.opened)
    assert refused.value.exit_code == 5


def test_a_device_that_was_away_is_told_and_gets_nothing(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    remove(alice, bob)
    alice.push(FIRST_FILE + b"NEW=1\n")
    with agent(alice):
        sync_is_refused(bob)
    bob.restart()
    assert is_removed(bob.replica)
    assert "NEW" not in {str(name) for name in bob.team.releases.of(bob.context.triple).view().entries}
    with pytest.raises(NoAccess, match="removed from the team"):
        bob.push(FIRST_FILE + b"B=1\n")
    sync_is_refused(bob)  # also with nobody there


def test_it_is_told_although_the_removal_follows_a_release_it_never_gets(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    alice.push(FIRST_FILE + b"NEW=1\n")
    remove(alice, bob)
    with agent(alice):
        sync_is_refused(bob)
    bob.restart()
    assert bob.replica.state.is_active(bob.replica.keys.dpk), "the record cannot have come"
    with pytest.raises(NoAccess, match="removed from the team"):
        bob.push(FIRST_FILE + b"B=1\n")
    with agent(alice):
        let_in(alice, bob)
        bob.restart()
        assert not is_removed(bob.replica)
        assert bob.pull().written
        assert errands.sync(bob.service, bob.opened).in_sync == 1


def test_agents_that_are_linked_part_and_the_rest_of_the_team_goes_on(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice), agent(bob):
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        remove(alice, bob)
        errands.deliver(alice.service, alice.opened)  # waits for nobody: there is nobody left
        wait_until(lambda: not any(peer.in_sync for peer in errands.peers(bob.service, bob.opened)))
        sync_is_refused(bob)
        # Bob's agent goes on, and serves the new keys once he is let in again.
        let_in(alice, bob)
        bob.restart()
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        alice.push(FIRST_FILE + b"AGAIN=1\n")
        assert errands.sync(alice.service, alice.opened).in_sync == 1
        bob.pull()
        assert b"AGAIN=1" in bob.file.read_bytes()


def test_a_role_given_while_nobody_was_there_holds_at_the_next_meeting(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice):
        roles.set_role(alice.replica, alice.team.releases, bob.user, Role.VIEWER)
        errands.tell_node(alice.service, alice.replica.team)
        assert errands.sync(bob.service, bob.opened).in_sync == 1
    with pytest.raises(NoAccess, match="you are viewer"):
        bob.push(FIRST_FILE + b"B=1\n")


def test_a_device_that_died_is_met_again_though_its_link_seems_to_stand(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice):
        for left, right in ((alice, bob), (bob, alice)):
            with agent(bob) as process:
                assert errands.sync(bob.service, bob.opened).in_sync == 1
                time.sleep(START_GAP_S)  # a dial that follows sooner is put off
                process.send_signal(signal.SIGKILL)
                process.wait()
            left.push(FIRST_FILE + f"{left.name}=1\n".encode(), force=True)
            result = errands.deliver(bob.service, bob.opened)  # gives up long before the link is found dead
            assert result is not None
            assert result.in_sync == 1
            right.replica.refresh()
            assert right.replica.ledger.heads() == left.replica.ledger.heads()
