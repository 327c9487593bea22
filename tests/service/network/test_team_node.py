"""How long a sync waits for whom, and what a change of place sets in motion."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

import pytest

from envlsp.service.network import waiting
from envlsp.service.network.roaming import Moved
from envlsp.service.network.team_node import TeamNode
from envlsp.wire.signaling_messages import Credentials
from tests.support.cast import Cast

pytestmark = pytest.mark.slow  # waits

NOBODY: frozenset[str] = frozenset()
SOMEBODY = Credentials(600, "u", "p", ("turn:turn.example.org:3478",))


class Server:
    """A signaling server as the node sees it."""

    def __init__(self, turn: Credentials | None = None, answers_in_s: float = 0.0) -> None:
        self.is_connected = True
        self.said: list[object] = []
        self._turn = turn
        self._answers_in_s = answers_in_s

    def hurry(self) -> None:
        self.said.append("hurry")

    async def doubt(self, gone: Collection[str] = ()) -> None:
        self.said.append(("doubt", set(gone)))

    async def turn(self) -> Credentials | None:
        self.said.append("turn")
        await asyncio.sleep(self._answers_in_s)
        return self._turn


class Loop:
    """The end of one link."""

    def __init__(self) -> None:
        self.doubts = 0

    def doubt(self) -> None:
        self.doubts += 1


def node_at(cast: Cast, server: Server) -> TeamNode:
    """Return Alice's node, which has just come to a server, in a team with Bob."""
    alice, _ = cast.team("bob")
    node = TeamNode(alice.replica, ())
    node._client = server  # type: ignore[assignment]
    node._meeting.there_since = time.monotonic()
    return node


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("ASK_COMPANY_S", 0.2), ("DISCOVER_S", 0.5), ("PATIENCE_S", 1.5)):
        monkeypatch.setattr(waiting, name, seconds)


@pytest.mark.parametrize(("turn", "at_least_s"), ((None, 0.5), (SOMEBODY, 1.5)))
async def test_a_sync_waits_longer_where_the_server_says_that_somebody_is_there(
    cast: Cast, turn: Credentials | None, at_least_s: float
) -> None:
    server = Server(turn)
    node = node_at(cast, server)
    began = time.monotonic()
    result = await node.sync(5.0)
    assert at_least_s <= time.monotonic() - began < at_least_s + 1
    assert server.said.count("turn") == 1
    assert result.reached == 0


@pytest.mark.parametrize(("turn", "at_least_s"), ((None, 0.9), (SOMEBODY, 1.5)))
async def test_a_server_that_is_slow_to_say_whether_there_is_somebody_is_waited_for(
    cast: Cast, turn: Credentials | None, at_least_s: float
) -> None:
    server = Server(turn, answers_in_s=0.7)  # beyond DISCOVER_S
    node = node_at(cast, server)
    began = time.monotonic()
    await node.sync(5.0)
    assert at_least_s <= time.monotonic() - began < at_least_s + 0.6
    assert server.said.count("turn") == 1


@pytest.mark.parametrize(
    ("heard", "since_s", "at_least_s"),
    (
        ("now", 0.1, 2.0),  # it speaks, and its dial runs: until that is decided
        ("now", 0.4, 0.3),  # a dial that began too late
        ("before", 0.1, 0.3),  # it has not said a word since the sync began, and may be dead
    ),
)
async def test_a_dial_that_is_under_way_is_not_given_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, heard: str, since_s: float, at_least_s: float
) -> None:
    node, bob = node_at(cast, Server()), cast.actor("bob").replica.keys.dpk
    began = time.monotonic()
    node._there.seen[bob] = began + 0.01 if heard == "now" else began - 1
    node._there.newest_seen = began
    ends = began + 2.0

    def dialling_since(dpk: object) -> float | None:
        return began + since_s if dpk == bob and time.monotonic() < ends else None

    monkeypatch.setattr(node._dialer, "dialling_since", dialling_since)
    monkeypatch.setattr(node._dialer, "nudge", lambda *_: None)
    await node.sync(0.3)
    assert at_least_s <= time.monotonic() - began < at_least_s + 1.7


async def test_a_node_that_has_been_there_for_long_waits_for_nobody(cast: Cast) -> None:
    server = Server(SOMEBODY)
    node = node_at(cast, server)
    node._meeting.there_since = time.monotonic() - 60
    began = time.monotonic()
    await node.sync(5.0)
    assert time.monotonic() - began < 4
    assert "turn" not in server.said


@pytest.mark.parametrize(
    ("moved", "dials"),
    (
        (Moved(slept=False, gone=frozenset({"192.0.2.7"}), new=NOBODY), "anew"),
        (Moved(slept=True, gone=NOBODY, new=NOBODY), "nudged"),
    ),
)
async def test_after_a_move_everything_is_in_doubt(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, moved: Moved, dials: str
) -> None:
    server, loop = Server(), Loop()
    node = node_at(cast, server)
    dialled: list[str] = []
    monkeypatch.setattr(node._dialer, "addresses_changed", lambda: dialled.append("anew"))
    monkeypatch.setattr(node._dialer, "nudge", lambda *_: dialled.append("nudged"))
    node._there.loops[node.replica.keys.dpk] = loop  # type: ignore[assignment]
    server.is_connected = False
    node.moved(moved)
    await asyncio.sleep(0.3)
    assert loop.doubts == 1
    assert server.said == [("doubt", set(moved.gone))]
    assert dialled == [], "it cannot be dialled without a server"
    server.is_connected = True
    await asyncio.sleep(0.3)
    assert dialled == [dials]
