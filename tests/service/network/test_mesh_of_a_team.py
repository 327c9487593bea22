"""A team of twelve devices: whom one of them calls, whom it answers, and whom it leaves (F.5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

import pytest

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import DevicePk
from envlsp.domain.ledger.records import Role
from envlsp.service.access import roles
from envlsp.service.network.mesh import DRAW_S, DRAWN
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.service.network.team_node import TeamNode
from envlsp.service.people import parse_person
from envlsp.transport.dialer import Dialer
from envlsp.wire.signals import SessionId
from tests.support.cast import Actor, Cast

OTHERS = 11


class Calls:
    """A dialer that only notes whom it is to call, and whose calls it was given to answer."""

    def __init__(self) -> None:
        self.wanted: set[DevicePk] = set()
        self.answered: list[DevicePk] = []

    def want(self, dpk: DevicePk) -> None:
        self.wanted.add(dpk)

    def unwant(self, dpk: DevicePk) -> None:
        self.wanted.discard(dpk)

    def came(self, dpk: DevicePk) -> None:
        pass

    def nudge(self, *_: DevicePk) -> None:
        pass

    def incoming(self, dpk: DevicePk, *_: object) -> None:
        self.answered.append(dpk)


class Linked:
    """A link that is there until it is left."""

    def __init__(self) -> None:
        self.has_left = False

    def leave(self) -> None:
        self.has_left = True


@pytest.fixture
def alice(cast: Cast) -> Actor:
    """Alice, in a team with eleven other devices."""
    (alice,) = cast.team()
    for index in range(OTHERS):
        keys = device_keys(*new_seeds())
        pop = prove(keys, alice.team.id, PopPurpose.JOIN)
        person = parse_person(f"Person{index} <p{index}@example.com>", f"laptop{index}")
        roles.grant(alice.replica, roles.Request(keys.dpk, keys.xpk, pop, person), Role.DEVELOPER, 50)
    return alice


def others(alice: Actor) -> list[DevicePk]:
    own = alice.replica.keys.dpk
    return [dpk for dpk in alice.replica.state.devices if dpk != own]


def at_node(alice: Actor, play: Callable[[TeamNode, Calls], None]) -> None:
    """Play something with Alice's node of the team, which is on no network."""

    async def run() -> None:
        node, calls = TeamNode(alice.replica, ()), Calls()
        node._dialer = cast_to_dialer(calls)
        play(node, calls)

    asyncio.run(run())


def cast_to_dialer(calls: Calls) -> Dialer:
    return cast("Dialer", calls)


def hear_all(node: TeamNode, devices: list[DevicePk]) -> None:
    for dpk in devices:
        node._beacon_heard(dpk, True)


def test_five_of_eleven_are_called_however_often_they_are_heard(alice: Actor) -> None:
    def play(node: TeamNode, calls: Calls) -> None:
        there = others(alice)
        hear_all(node, there)
        for _ in range(5):
            hear_all(node, there)
        node._draw_again()
        assert len(calls.wanted) == DRAWN
        drawn = set(calls.wanted)
        for _ in range(5):
            hear_all(node, there)
        assert calls.wanted == drawn, "nobody else is called, and nobody is dropped"

    at_node(alice, play)


def test_whoever_calls_is_answered(alice: Actor) -> None:
    def play(node: TeamNode, calls: Calls) -> None:
        there = others(alice)
        hear_all(node, there)
        node._draw_again()
        called = set(calls.wanted)
        for dpk in there:
            node._signal_heard(dpk, SessionId(bytes(16)), "dial", [])
        assert set(calls.answered) == set(there)
        assert calls.wanted == called, "and not called back"

    at_node(alice, play)


def test_after_an_hour_others_are_called_and_links_of_others_stay(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(node: TeamNode, calls: Calls) -> None:
        there = others(alice)
        hear_all(node, there)
        links = {dpk: Linked() for dpk in there}
        node._there.loops.update(cast_to_loops(links))
        ours, now = set(calls.wanted), time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + DRAW_S + 1)
        node._draw_again()
        left = {dpk for dpk, link in links.items() if link.has_left}
        assert left <= ours, "who has called us is not left"
        assert calls.wanted == ours - left
        assert len(calls.wanted) <= DRAWN

    at_node(alice, play)


def cast_to_loops(links: dict[DevicePk, Linked]) -> dict[DevicePk, PeerLoop]:
    return cast("dict[DevicePk, PeerLoop]", links)


def test_a_sync_waits_for_those_it_calls_and_for_no_others(alice: Actor) -> None:
    def play(node: TeamNode, calls: Calls) -> None:
        hear_all(node, others(alice))
        node._draw_again()
        states: dict[str, int] = {}
        for peer in node.peers():
            states[peer.state] = states.get(peer.state, 0) + 1
        assert states["connecting"] == len(calls.wanted)
        assert sum(states.values()) == OTHERS

    at_node(alice, play)
