"""Faults that last for minutes, side by side in worlds of their own: `make soak`."""

from __future__ import annotations

import time

import pytest

from tests.netlab.conftest import Lab
from tests.netlab.test_faults import lose_route, relayed, sleep
from tests.support.netlab.pair import Pair

pytestmark = [pytest.mark.slow, pytest.mark.soak]

MINUTES = 60.0


def test_a_route_that_is_lost_for_five_minutes(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lose_route(pair, 5 * MINUTES, 60)
    pair.end()


def test_a_relayed_route_that_is_lost_for_five_minutes(lab: Lab) -> None:
    pair = relayed(lab, "symmetric")
    lose_route(pair, 5 * MINUTES, 60)
    pair.end()


def test_a_laptop_that_sleeps_for_five_minutes(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    sleep(pair, 5 * MINUTES, 60)
    pair.end()


def test_a_signaling_server_that_is_away_for_five_minutes(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lab.servers.stop_signaling()
    pair.both_push()
    pair.recover("signaling server away: over the link that stands", 60)
    time.sleep(4 * MINUTES)
    lab.world.roam("a1", 77)  # the link ends, and there is nowhere to meet
    pair.both_push()
    time.sleep(MINUTES)
    lab.servers.start_signaling()
    pair.recover("signaling server back after five minutes", 60)
    pair.end()


def test_a_line_that_loses_a_packet_in_ten(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    lab.world.lose_packets("a", 10)
    for _ in range(10):
        pair.both_push()
        pair.recover("one packet in ten lost", 60)
        time.sleep(10)
    lab.world.lose_packets("a", 0)
    pair.end()


def test_routes_that_come_and_go(lab: Lab) -> None:
    pair = Pair(lab, "a1", "b1")
    for seconds in (5, 20, 40, 5, 20):
        lose_route(pair, seconds, 60)
    pair.end()
