"""SIGTERM: nobody new comes in, everybody is sent elsewhere in their own time, pairings may end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from envlsp.transport import signaling_client
from envlsp.transport.signaling_client import Connected, Disconnected, SignalingClient
from envlsp.wire.signaling_messages import Message, RoomId
from envlsp_signaling import server as server_module
from envlsp_signaling.messages import Verb
from envlsp_signaling.server import SignalingServer
from tests.support.pages import get
from tests.support.signaling import BLOB, ROOM, hear, plain, process, serving, tell


@contextlib.asynccontextmanager
async def draining(server: SignalingServer, within_s: float) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(server.drain(within_s))
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def pair(alice: ClientConnection, bob: ClientConnection) -> object:
    await tell(alice, Verb.ALLOC)
    _, number = await hear(alice)
    await tell(bob, Verb.CLAIM, number)
    assert await hear(alice) == await hear(bob)
    return number


async def closed_with(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        await hear(socket)
    return socket.close_code


async def test_readiness_is_not_health() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice, plain(url) as bob:
        assert await get(url, "/readyz") == (200, "ready\n")
        await pair(alice, bob)
        async with draining(server, 20):
            assert await get(url, "/readyz") == (503, "draining\n")
            assert await get(url, "/healthz") == (200, "ok\n")


async def test_nobody_comes_in_and_everybody_is_told_to_go_elsewhere() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice, plain(url) as bob, plain(url) as carol:
        await pair(alice, bob)
        async with draining(server, 20):
            with pytest.raises(InvalidStatus) as refused:
                async with plain(url):
                    pass
            assert refused.value.response.status_code == 503
            assert await closed_with(carol) == 1001


@pytest.mark.slow  # waits
async def test_a_pairing_may_end() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice, plain(url) as bob:
        number = await pair(alice, bob)
        async with draining(server, 20) as drained:
            await asyncio.sleep(0.2)
            await tell(alice, Verb.LEAVE, number)
            for party in (alice, bob):
                assert await hear(party) == [Verb.GONE, number]
                assert await closed_with(party) == 1001
            await drained


@pytest.mark.slow  # waits
async def test_a_pairing_that_does_not_end_is_ended() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice, plain(url) as bob:
        number = await pair(alice, bob)
        async with draining(server, 0.3) as drained:
            await drained
            assert [await closed_with(alice)] == [1001]
            assert await hear(bob) == [Verb.GONE, number]
            assert await closed_with(bob) == 1001


@pytest.mark.slow
async def test_they_leave_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand who leave at once would come to the next server at once."""
    monkeypatch.setattr(server_module, "LEAVES_PER_S", 20)
    server = SignalingServer()
    async with serving(server) as url, contextlib.AsyncExitStack() as people:
        sockets = [await people.enter_async_context(plain(url)) for _ in range(20)]
        left: list[float] = []

        async def watch(socket: ClientConnection) -> None:
            assert await closed_with(socket) == 1001
            left.append(time.monotonic())

        began = time.monotonic()
        async with draining(server, 20):
            await asyncio.gather(*(watch(socket) for socket in sockets))
        assert len({round((moment - began) / 0.1) for moment in left}) > 4
        assert max(left) - began < 10


@pytest.mark.slow
async def test_a_second_signal_ends_it_at_once() -> None:
    async with process("--drain", "60s") as server, plain(server.url) as alice, plain(server.url) as bob:
        await pair(alice, bob)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        assert server.process.returncode is None
        assert await server.stop() == 0
    assert b"Traceback" not in server.log


@pytest.mark.slow
async def test_the_supervisor_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(place)
        channel.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        async with process() as server:
            assert channel.recv(100) == b"READY=1"
            assert await server.stop() == 0
            assert channel.recv(100) == b"STOPPING=1"


@pytest.mark.slow
async def test_real_clients_move_to_another_server_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clients in one room, sent away by one server, meet at the next without a back-off."""
    monkeypatch.setattr(signaling_client, "STEADY_S", 0.0)
    async with process() as one, process() as other:
        urls = [one.url, other.url]
        # A wait as after an outage would take minutes here.
        async with (
            SignalingClient(urls, backoff_s=(600.0, 600.0)) as alice,
            SignalingClient(urls, backoff_s=(600.0, 600.0)) as bob,
        ):
            for client in (alice, bob):
                await client.subscribe(RoomId(ROOM))
            assert await one.stop() == 0
            for client in (alice, bob):
                async with asyncio.timeout(60):
                    assert await anext(client.messages()) == Disconnected()
                    assert await anext(client.messages()) == Connected(other.url)
            await alice.publish(RoomId(ROOM), BLOB)
            async with asyncio.timeout(60):
                heard = await anext(bob.messages())
            assert isinstance(heard, Message)
            assert heard.blob == BLOB


@pytest.mark.slow  # waits
async def test_a_server_that_sends_everybody_away_at_once_is_not_hammered() -> None:
    """Only who stayed a while moves at once; else the next attempt waits as after any loss."""
    server = SignalingServer()
    async with serving(server) as url, SignalingClient(url, backoff_s=(600.0, 600.0)) as alice:
        async with draining(server, 20) as drained:
            await drained
        assert await anext(alice.messages()) == Disconnected()
        server._is_draining = False
        await asyncio.sleep(0.8)  # longer than anybody waits who moves
        assert not alice.is_connected
        alice.hurry()
        async with asyncio.timeout(60):
            assert await anext(alice.messages()) == Connected(url)
