"""What happens to a link while people work: both push meanwhile, and both end with everything.

Every test ends with `Pair.end`, which asks both agents what came to them: no record that
was stored already came again, whatever became of the link in between.
"""

from __future__ import annotations

import signal
import time

import pytest

from tests.netlab.conftest import Lab
from tests.support.netlab.pair import Pair

pytestmark = pytest.mark.slow


def test_a_route_that_is_lost_for_ten_seconds(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lab.world.lose_uplink("a")
    began = time.monotonic()
    pair.both_push()
    pair.until(lambda: pair.bob.peer()["state"] == "stale", 20, "noticing that Alice is silent")
    time.sleep(max(0.0, began + 10 - time.monotonic()))
    lab.world.mend_uplink("a")
    pair.recover("route lost for 10 s", 40)
    pair.end()


def test_a_peer_that_is_killed_and_started_again(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    pair.bob.stop(signal.SIGKILL)
    pair.alice.push()
    pair.bob.start()
    pair.recover("peer killed with -9 and started again", 40)
    pair.end()
