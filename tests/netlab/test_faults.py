"""What happens to a link while people work: both push meanwhile, and both end with everything.

Every test ends with `Pair.end`, which asks both agents what came to them: no record that
was stored already came again, whatever became of the link in between. The bounds are for a
busy machine; the times that are printed are those of the guide "Behind any network".
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.netlab.conftest import Lab, fresh_world, inhabited
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
    pair.until(pair.shows(pair.bob, "stale"), 60, "noticing that Alice is silent")
    wait_since(began, seconds)
    world.mend_uplink("a")
    pair.recover(f"route lost for {seconds:g} s", within_s)


def sleep(pair: Pair, seconds: float, within_s: float) -> None:
    """Let Bob's laptop sleep after a push of his; Alice goes on."""
    pair.bob.push()
    pair.until(pair.have_pushed, 60, "his push")
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


@pytest.mark.timeout(600)  # the longest lasts a minute, and recovers for up to another
def test_faults_that_last_side_by_side(tmp_path: Path) -> None:
    """These mostly wait: each has a world of its own, and together they take as long as the longest."""
    faults = (a_route_that_is_lost_for_a_minute, a_route_that_is_lost_and_a_cable_that_is_pulled, a_nap)
    with ThreadPoolExecutor(len(faults)) as side_by_side:
        for ended in [side_by_side.submit(in_a_world, fault, tmp_path / fault.__name__) for fault in faults]:
            ended.result()


def in_a_world(fault: Callable[[Lab], None], folder: Path) -> None:
    """Let a fault happen where nothing else does."""
    folder.mkdir()
    with fresh_world() as world, inhabited(world, folder) as lab:
        fault(lab)


def a_route_that_is_lost_and_a_cable_that_is_pulled(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lose_route(pair, 10, 60)
    lab.world.cut_cable("a1")
    pair.both_push()
    time.sleep(3)
    lab.world.mend_cable("a1")
    pair.recover("cable pulled for 3 s", 60)
    pair.end()


def a_route_that_is_lost_for_a_minute(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lose_route(pair, 60, 60)
    pair.end()


def a_nap(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    sleep(pair, 20, 60)
    pair.end()


def test_a_peer_that_is_killed_and_a_signaling_server_that_goes_and_comes(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    pair.bob.stop(signal.SIGKILL)
    pair.alice.push()
    pair.bob.start()
    pair.bob.push()
    pair.recover("peer killed with -9 and started again", 60)
    lab.servers.stop_signaling()
    pair.both_push()
    pair.recover("signaling server away: over the link that stands", 60)
    lab.servers.start_signaling()
    lab.world.roam("b1", 78)
    pair.both_push()
    pair.recover("signaling server back, own address changed", 60)
    pair.end()


def test_megabytes_on_their_way_to_a_peer_that_is_killed(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    pair.bob.stop()
    before = pair.bob.stored_bytes
    pair.alice.hoard(releases=100, literal_bytes=60_000)
    pair.bob.start()
    pair.until(lambda: pair.bob.stored_bytes > before + 500_000, 60, "a part of it", look_s=0.01)
    pair.bob.stop(signal.SIGKILL)
    pair.bob.start()
    pair.until(pair.is_linked, 60, "the rest of it")
    assert pair.alice.releases == pair.bob.releases
    last = pair.bob
    last.stop()
    went_on = last.sessions()[-1]
    assert 0 < went_on.fresh < 100, "it began anew, or there was nothing left to send"
    assert went_on.known == 0


def test_another_address_on_one_lan(lab: Lab) -> None:
    pair = Pair(lab, "a1", "a2")
    lab.world.roam("a1", 77)
    pair.both_push()
    pair.recover("own address changed, on one LAN", 60)
    pair.end()


def test_another_address_behind_a_router_and_of_the_router(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lab.world.roam("a1", 77)
    pair.both_push()
    pair.recover("own address changed, through routers", 60)
    lab.world.renumber("b", 150)
    pair.both_push()
    pair.recover("public address changed", 60)
    pair.end()


def test_another_address_and_a_crash_of_the_relay_while_it_carries_the_link(lab: Lab) -> None:
    pair = relayed(lab, "symmetric")
    lab.world.roam("a1", 77)
    pair.both_push()
    pair.recover("own address changed, over a relay", 60)
    restart_turn(pair, "coturn restarted, relayed over udp", 60)
    pair.end()


def test_a_crash_of_the_relay_that_carries_the_link_over_tcp(lab: Lab) -> None:
    pair = relayed(lab, "noudp")
    restart_turn(pair, "coturn restarted, relayed over tcp", 60)
    pair.end()


def relayed(lab: Lab, nat: Nat) -> Pair:
    """Return a pair behind two routers that leave nothing but a relay."""
    lab.world.nat("a", nat)
    lab.world.nat("b", nat)
    pair = Pair(lab, "a1", "b1")
    seen = pair.alice.peer()
    assert seen is not None
    assert seen.path == "relay"
    return pair
