from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from envlsp.domain.ids import DevicePk
from envlsp.errors import DialFailed, SignalingUnreachable
from envlsp.transport.api import (
    IceServers,
    Link,
    PairPath,
    SignalKind,
    SignalPipe,
    StunServer,
    TurnServer,
)
from envlsp.transport.dialer import PIPE_MAX, Dialer, webrtc_opener
from envlsp.transport.memory import MemoryLink, memory_pair
from envlsp.wire.canonical import Value
from tests.support.links import LOOPBACK

pytestmark = [pytest.mark.usefixtures("clean_loop"), pytest.mark.slow]  # real sockets and their waits

ALICE, BOB = DevicePk(b"a" * 32), DevicePk(b"b" * 32)
Sent = tuple[DevicePk, bytes, SignalKind]


class Town:
    """Dialers that reach each other, unless the server is down."""

    def __init__(self) -> None:
        self.dialers: dict[DevicePk, Dialer] = {}
        self.sent: list[Sent] = []
        self.down = False

    def signals_of(self, own: DevicePk) -> Post:
        return Post(self, own)


class Post:
    def __init__(self, town: Town, own: DevicePk) -> None:
        self.town, self.own = town, own

    async def send(self, to_dpk: DevicePk, session16: bytes, kind: SignalKind, params: Value) -> None:
        if self.town.down:
            raise SignalingUnreachable
        self.town.sent.append((self.own, session16, kind))
        await asyncio.sleep(0)
        if to_dpk in self.town.dialers:
            self.town.dialers[to_dpk].incoming(self.own, session16, kind, params)


class Workshop:
    """Dials that need no network: both ends of a session get the two ends of a memory link."""

    def __init__(self) -> None:
        self.failures = 0
        self.opened = 0
        self.waiting: list[MemoryLink] = []

    async def open(self, controlling: bool, servers: IceServers, signals: SignalPipe) -> Link:
        if self.failures:
            self.failures -= 1
            raise DialFailed
        self.opened += 1
        if controlling:
            mine, other = memory_pair()
            self.waiting.append(other)
            await signals.send("params", [])
            await signals.receive()
            return mine
        await signals.receive()
        await signals.send("params", [])
        return self.waiting.pop()


async def no_servers() -> IceServers:
    return IceServers()


class Clock:
    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead_s


class Scene:
    def __init__(self) -> None:
        self.town, self.workshop, self.clock = Town(), Workshop(), Clock()
        self.servers: Callable[[], Awaitable[IceServers]] = no_servers
        self.stack = AsyncExitStack()

    async def find_servers(self) -> IceServers:
        return await self.servers()

    def dialer(self, own: DevicePk) -> Dialer:
        dialer = Dialer(
            own,
            self.town.signals_of(own),
            self.find_servers,
            open_link=self.workshop.open,
            clock=self.clock,
            jitter=lambda: 0.0,
        )
        self.town.dialers[own] = dialer
        self.stack.push_async_callback(dialer.close)
        return dialer


@pytest.fixture
async def scene(clean_loop: None) -> AsyncIterator[Scene]:
    scene = Scene()
    async with scene.stack:
        yield scene


async def soon(link: Awaitable[tuple[DevicePk, Link]]) -> tuple[DevicePk, Link]:
    return await asyncio.wait_for(link, 60)


async def both(alice: Dialer, bob: Dialer) -> tuple[Link, Link]:
    (to_bob, a), (to_alice, b) = await asyncio.gather(soon(alice.next_link()), soon(bob.next_link()))
    assert (to_bob, to_alice) == (BOB, ALICE)
    await a.send(b"hello")
    assert await b.receive() == b"hello"
    return a, b


@pytest.mark.parametrize("who", ("alice", "bob", "both"))
async def test_whoever_wants_it_one_link_opens(scene: Scene, who: str) -> None:
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    if who in ("alice", "both"):
        alice.want(BOB)
    if who in ("bob", "both"):
        bob.want(ALICE)
    links = await both(alice, bob)
    await asyncio.sleep(0.05)
    assert scene.workshop.opened == 2
    assert {sender for sender, _, kind in scene.town.sent if kind == "params"} == {ALICE, BOB}
    for link in links:
        await link.close()


async def test_a_failed_dial_is_tried_again(scene: Scene) -> None:
    scene.workshop.failures = 1
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    alice.want(BOB)
    await asyncio.sleep(0.01)
    scene.clock.ahead_s = 10
    alice.nudge(BOB)
    await both(alice, bob)


async def test_a_lost_link_is_replaced(scene: Scene) -> None:
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    alice.want(BOB)
    a, _ = await both(alice, bob)
    scene.clock.ahead_s = 100
    await a.close()
    await both(alice, bob)


async def test_a_peer_that_starts_anew_replaces_its_old_link(scene: Scene) -> None:
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    bob.want(ALICE)
    old, _ = await both(alice, bob)
    await bob.close()
    scene.clock.ahead_s = 10
    again = scene.dialer(BOB)
    again.want(ALICE)
    await both(alice, again)
    await asyncio.wait_for(old.wait_closed(), 60)


async def test_a_link_over_a_relay_gives_way_to_a_direct_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("envlsp.transport.dial_plan.BETTER_AFTER_S", 0.2)
    turn = TurnServer("turn.test", 3478, "user", "password")
    offered: list[IceServers] = []
    over_relay, direct = PairPath("relay", "relay", 1.0, "udp"), PairPath("host", "srflx", 2.0, "stun")

    async def both_servers() -> IceServers:
        return IceServers((StunServer("stun.test"),), (turn,))

    async def open_link(controlling: bool, servers: IceServers, signals: SignalPipe) -> Link:
        offered.append(servers)
        link = await scene.workshop.open(controlling, servers, signals)
        assert isinstance(link, MemoryLink)
        link._path = over_relay if servers.turn else direct
        return link

    scene.servers = both_servers
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    alice._open_link = bob._open_link = open_link
    alice.want(BOB)
    bob.want(ALICE)
    old_a, old_b = await both(alice, bob)
    new_a, new_b = await both(alice, bob)
    assert [link.path.kind for link in (old_a, old_b, new_a, new_b)] == ["relay"] * 2 + ["direct"] * 2
    assert [len(each.turn) for each in offered] == [1, 1, 0, 0]
    assert {each.stun for each in offered} == {(StunServer("stun.test"),)}
    for old in (old_a, old_b):
        await asyncio.wait_for(old.wait_closed(), 60)
    kinds = [kind for _, _, kind in scene.town.sent if kind in ("params", "direct")]
    assert kinds == ["params"] * 2 + ["direct"] * 2
    for link in (new_a, new_b):
        await link.close()


async def test_other_addresses_lead_to_another_link(scene: Scene) -> None:
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    alice.want(BOB)
    bob.want(ALICE)
    old, _ = await both(alice, bob)
    bob.addresses_changed()
    links = await both(alice, bob)
    await asyncio.wait_for(old.wait_closed(), 60)
    for link in links:
        await link.close()


async def test_without_signaling_nothing_breaks_and_a_nudge_recovers(scene: Scene) -> None:
    scene.town.down = True
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    alice.want(BOB)
    bob.want(ALICE)
    await asyncio.sleep(0.01)
    scene.town.down = False
    scene.clock.ahead_s = 10
    alice.nudge(BOB)
    await both(alice, bob)


async def test_servers_that_cannot_be_asked_fail_the_dial_only(scene: Scene) -> None:
    async def refused() -> IceServers:
        raise SignalingUnreachable

    scene.servers = refused
    alice, bob = scene.dialer(ALICE), scene.dialer(BOB)
    alice.want(BOB)
    await asyncio.sleep(0.01)
    scene.servers = no_servers
    scene.clock.ahead_s = 10
    alice.nudge(BOB)
    await both(alice, bob)


async def test_a_bug_in_a_dial_is_named_but_not_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> IceServers:
        raise ValueError("10.1.2.3")

    scene.servers = broken
    alice = scene.dialer(ALICE)
    alice.want(BOB)
    await asyncio.sleep(0.01)
    assert "ValueError" in caplog.text
    assert "10.1.2.3" not in caplog.text


async def test_a_flood_of_messages_in_a_session_is_bounded(scene: Scene) -> None:
    bob = scene.dialer(BOB)
    started = asyncio.Event()

    async def stuck(controlling: bool, servers: IceServers, signals: SignalPipe) -> Link:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    bob._open_link = stuck
    for _ in range(3 * PIPE_MAX):
        bob.incoming(ALICE, b"s" * 16, "params", [])
    await started.wait()
    assert bob._pipes[b"s" * 16]._inbox.qsize() == PIPE_MAX


async def test_closing_leaves_no_task_and_no_timer(scene: Scene) -> None:
    alice = scene.dialer(ALICE)
    alice.want(BOB)
    bob = scene.dialer(BOB)
    bob.want(DevicePk(b"\x00" * 32))
    await asyncio.sleep(0.01)
    await alice.close()
    await bob.close()
    alice.want(DevicePk(b"c" * 32))
    bob.incoming(ALICE, b"s" * 16, "params", [])
    assert [alice._dials, bob._dials, alice._timers, bob._timers] == [{}, {}, {}, {}]


async def test_over_webrtc() -> None:
    town = Town()
    for own in (ALICE, BOB):
        town.dialers[own] = Dialer(own, town.signals_of(own), no_servers, open_link=webrtc_opener(LOOPBACK))
    alice, bob = town.dialers[ALICE], town.dialers[BOB]
    bob.want(ALICE)
    a, b = await both(alice, bob)
    assert a.binding == b.binding != bytes(32)
    await asyncio.gather(alice.close(), bob.close())
    await asyncio.gather(a.close(), b.close())
