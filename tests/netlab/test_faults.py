"""What happens to a link while people work: both push meanwhile, and both end with everything.

Every test ends with `Pair.end`, which asks both agents what came to them: no record that
was stored already came again, whatever became of the link in between. The bounds are for a
busy machine; the times that are printed are those of the guide "Behind any network".
"""

from __future__ import annotations

import signal
import time

import pytest

from tests.netlab.conftest import Lab
from tests.support.netlab.pair import Pair
from tests.support.netlab.world import Nat

pytestmark = pytest.mark.slow


def wait_since(began: float, seconds: float) -> None:
    """Let a fault last so long, whatever was done meanwhile."""
    time.sleep(max(0.0, began + seconds - time.monotonic()))


def lose_route(pair: Pair, seconds: float, within_s: float) -> None:
    """Let Alice's router drop everything for a while, in which both push."""
    world = pair.lab.world
    world.lose_uplink("a")
    began = time.monotonic()
    pair.both_push()
    pair.until(lambda: pair.bob.peer()["state"] == "stale", 20, "noticing that Alice is silent")
    wait_since(began, seconds)
    world.mend_uplink("a")
    pair.recover(f"route lost for {seconds:g} s", within_s)


def sleep(pair: Pair, seconds: float, within_s: float) -> None:
    """Let Bob's laptop sleep after a push of his; Alice goes on."""
    pair.bob.push()
    pair.bob.signal(signal.SIGSTOP)
    began = time.monotonic()
    pair.alice.push()
    wait_since(began, seconds)
    pair.bob.signal(signal.SIGCONT)
    pair.recover(f"laptop asleep for {seconds:g} s", within_s)


def restart_turn(pair: Pair, name: str, within_s: float) -> None:
    """Let the relay crash under a link, and come back."""
    pair.lab.servers.stop_turn()
    pair.both_push()
    pair.lab.servers.start_turn()
    pair.recover(name, within_s)


def test_a_route_that_is_lost_for_ten_seconds(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lose_route(pair, 10, 40)
    pair.end()


def test_a_route_that_is_lost_for_a_minute(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lose_route(pair, 60, 40)
    pair.end()


def test_a_peer_that_is_killed_and_started_again(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    pair.bob.stop(signal.SIGKILL)
    pair.both_push()
    pair.bob.start()
    pair.recover("peer killed with -9 and started again", 40)
    pair.end()


def test_a_laptop_that_sleeps(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    sleep(pair, 20, 40)
    pair.end()


@pytest.mark.parametrize("host", ("a2", "b1"))
def test_another_address_on_the_lan_and_behind_a_router(lab: Lab, host: str) -> None:
    pair = Pair(lab, "a1", host)
    lab.world.roam("a1", 77)
    pair.both_push()
    pair.recover(f"own address changed, peer at {host}", 40)
    pair.end()


def test_another_public_address(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lab.world.renumber("b", 150)
    pair.both_push()
    pair.recover("public address changed", 60)
    pair.end()


def test_another_address_while_a_relay_carries_the_link(lab: Lab) -> None:
    pair = relayed(lab, "symmetric")
    lab.world.roam("a1", 77)
    pair.both_push()
    pair.recover("own address changed, over a relay", 60)
    pair.end()


@pytest.mark.parametrize(("nat", "over"), (("symmetric", "udp"), ("noudp", "tcp")))
def test_a_relay_that_crashes_and_comes_back(lab: Lab, nat: Nat, over: str) -> None:
    pair = relayed(lab, nat)
    restart_turn(pair, f"coturn restarted, relayed over {over}", 60)
    pair.end()


def test_a_signaling_server_that_goes_and_comes_and_a_cable_that_is_pulled(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lab.servers.stop_signaling()
    pair.both_push()
    pair.recover("signaling server away: over the link that stands", 20)
    lab.servers.start_signaling()
    lab.world.cut_cable("a1")
    pair.both_push()
    lab.world.mend_cable("a1")
    pair.recover("signaling server back, cable pulled for a moment", 60)
    pair.end()


def relayed(lab: Lab, nat: Nat) -> Pair:
    """Return a pair behind two routers that leave nothing but a relay."""
    lab.world.nat("a", nat)
    lab.world.nat("b", nat)
    pair = Pair(lab, "a1", "b1")
    assert pair.alice.peer()["path"] == "relay"
    return pair
