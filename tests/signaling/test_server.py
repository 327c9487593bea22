"""The server behind real sockets: who gets in, who is thrown out, and who is not disturbed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import socket as sockets
import time
from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from envlsp_signaling import server as server_module
from envlsp_signaling.effects import Reason
from envlsp_signaling.limits import KIB, Limits
from envlsp_signaling.messages import Code, Verb
from envlsp_signaling.server import SignalingServer
from envlsp_signaling.turn import TurnService
from tests.support.signaling import BLOB, ROOM, hear, plain, serving, tell

PLENTY = 1 << 40
GENEROUS = Limits(
    frames_per_s=1e6,
    frames_burst=PLENTY,
    bytes_per_s=1e12,
    bytes_burst=PLENTY,
    address_bytes_per_s=1e12,
    address_bytes_burst=PLENTY,
)


async def http_get(url: str, path: str) -> bytes:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def status_of(url: str, **options: object) -> int:
    """Return the HTTP status of a refused connection."""
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, proxy=None, **options)  # type: ignore[arg-type]
    return refused.value.response.status_code


async def test_health_on_the_same_port() -> None:
    async with serving() as url:
        answer = await http_get(url, "/healthz")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\nok\n")
    assert b"websockets" not in answer.lower()  # says nothing of what it is made of


async def test_health_needs_no_token() -> None:
    async with serving(SignalingServer(token_hash=bytes(32))) as url:
        assert b" 200 " in await http_get(url, "/healthz")


async def test_a_browser_page_is_turned_away() -> None:
    async with serving() as url:
        page = Origin("https://evil.example")
        assert await status_of(url, origin=page, subprotocols=[Subprotocol("envlsp.1")]) == 403


async def test_another_version_is_turned_away() -> None:
    async with serving() as url:
        assert await status_of(url) == 400
        assert await status_of(url, subprotocols=[Subprotocol("envlsp.2")]) == 400


async def test_optional_operator_token() -> None:
    digest = hashlib.sha256(b"correct horse").digest()
    async with serving(SignalingServer(token_hash=digest)) as url:
        for token in (None, "", "wrong", digest.hex()):
            with pytest.raises(InvalidStatus) as refused:
                async with plain(url, token):
                    pass
            assert refused.value.response.status_code == 401
        async with plain(url, "correct horse") as socket:
            await tell(socket, Verb.SUB, ROOM)
            assert (await hear(socket))[0] == Verb.JOINED


async def test_one_connection_too_many_gets_429() -> None:
    async with serving(SignalingServer(Limits(connections_per_address=2))) as url:
        async with plain(url), plain(url):
            assert await status_of(url, subprotocols=[Subprotocol("envlsp.1")]) == 429
        await asyncio.sleep(0.05)
        async with plain(url):
            pass


@pytest.mark.slow
async def test_handshakes_end_after_5_s_or_with_60_of_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that says nothing is not kept; nobody holds the descriptors of all."""
    monkeypatch.setattr(server_module, "HANDSHAKE_S", 1.5)
    server = SignalingServer()
    async with serving(server) as url:
        port = urlsplit(url).port
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(70)]
        await asyncio.sleep(0.3)
        assert len(server._doorstep) == 60
        assert server._doorstep.turned_away == 10
        # The others are not affected: they come from elsewhere.
        other = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        other[1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await other[0].read()
        other[1].close()
        for reader, _ in silent:
            with contextlib.suppress(ConnectionResetError):
                await reader.read()  # ends, since the server hangs up
        await asyncio.sleep(0.1)
        assert len(server._doorstep) == 0
        for _, writer in silent:
            writer.close()
        async with plain(url) as alice:
            await tell(alice, Verb.SUB, ROOM)
            assert (await hear(alice))[0] == Verb.JOINED


async def test_unfinished_handshakes_in_all() -> None:
    server = SignalingServer(Limits(half_open=3), trusted_proxies=(ip_network("127.0.0.1/32"),))
    async with serving(server) as url:
        port = urlsplit(url).port
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        await asyncio.sleep(0.1)
        assert (len(server._doorstep), server._doorstep.turned_away) == (3, 2)
        for _, writer in silent:
            writer.close()
    assert Limits().half_open == 1_000


async def test_behind_a_proxy_each_client_is_counted_by_itself() -> None:
    server = SignalingServer(Limits(connections_per_address=1), trusted_proxies=(ip_network("127.0.0.0/8"),))
    async with serving(server) as url, plain(url, forwarded_for="198.51.100.1"):
        async with plain(url, forwarded_for="198.51.100.2"):
            pass
        with pytest.raises(InvalidStatus) as refused:
            async with plain(url, forwarded_for="203.0.113.7, 198.51.100.1"):
                pass
        assert refused.value.response.status_code == 429


async def test_without_a_proxy_nobody_may_claim_to_be_another() -> None:
    server = SignalingServer(Limits(connections_per_address=1))
    async with serving(server) as url, plain(url, forwarded_for="198.51.100.1"):
        with pytest.raises(InvalidStatus):
            async with plain(url, forwarded_for="198.51.100.2"):
                pass


async def test_two_members_talk() -> None:
    async with serving() as url, plain(url) as alice, plain(url) as bob:
        for member in (alice, bob):
            await tell(member, Verb.SUB, ROOM)
            await hear(member)
        await tell(alice, Verb.PUB, ROOM, BLOB)
        verb, room, tag, blob = await hear(bob)
        assert (verb, room, blob) == (Verb.MSG, ROOM, BLOB)
        await tell(bob, Verb.TO, tag, b"c" * KIB)
        assert (await hear(alice))[3] == b"c" * KIB


async def test_turn_credentials_over_the_wire() -> None:
    turn = TurnService(b"north", ("turn:turn.example.org:3478",))
    async with serving(SignalingServer(turn=turn)) as url, plain(url) as alice, plain(url) as bob:
        for member in (alice, bob):
            await tell(member, Verb.SUB, ROOM)
            await hear(member)
        await tell(alice, Verb.TURN)
        verb, ttl_s, username, password, urls = await hear(alice)
    assert (verb, ttl_s, urls) == (Verb.CREDENTIALS, 600, ["turn:turn.example.org:3478"])
    assert isinstance(username, str)
    expiry, nonce = username.split(":")
    assert 590 < int(expiry) - time.time() <= 601
    assert turn.credentials(int(expiry) - 600, bytes.fromhex(nonce)) == (username, password)


@pytest.mark.parametrize("frame", ("text", b"", b"nonsense", b"x" * (20 * KIB)))
async def test_nonsense_ends_the_connection(frame: str | bytes) -> None:
    async with serving() as url, plain(url) as socket:
        await socket.send(frame)
        with pytest.raises(ConnectionClosed):
            await hear(socket)
        assert socket.close_code in (Reason.MALFORMED.value, 1009)


async def test_idle_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "SWEEP_S", 0.02)
    async with serving(SignalingServer(Limits(idle_s=0.05))) as url, plain(url) as idle, plain(url) as busy:
        await tell(busy, Verb.SUB, ROOM)
        await hear(busy)
        with pytest.raises(ConnectionClosed):
            await hear(idle)
        assert idle.close_code == Reason.IDLE.value
        await tell(busy, Verb.SUB, b"s" * 16)
        assert (await hear(busy))[0] == Verb.JOINED


async def test_a_slow_subscriber_is_cut_off_and_the_others_are_not() -> None:
    limits = replace(GENEROUS, queue_max_bytes=64 * KIB)
    server = SignalingServer(limits)
    async with serving(server) as url, plain(url) as alice, plain(url) as bob, plain(url) as slow:
        for member in (alice, bob, slow):
            await tell(member, Verb.SUB, ROOM)
            await hear(member)
        slow.transport.pause_reading()
        for number in range(2_000):
            await tell(alice, Verb.PUB, ROOM, bytes((number % 256,)) * (16 * KIB))
            assert (await hear(bob))[3] == bytes((number % 256,)) * (16 * KIB)
            if server._desk.closes["too_slow"]:
                break
        assert server._desk.closes["too_slow"] == 1
        assert server._desk.sizes()["connections"] == 2
        slow.transport.abort()


async def test_a_burst_of_the_largest_blobs_cuts_nobody_off() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice, plain(url) as bob:
        for member in (alice, bob):
            await tell(member, Verb.SUB, ROOM)
            await hear(member)
        for _ in range(99):
            await tell(alice, Verb.PUB, ROOM, bytes(16 * KIB))
        for _ in range(99):
            assert (await hear(bob))[0] == Verb.MSG
        assert not server._desk.refusals


def test_512_kib_wait_for_one_connection() -> None:
    """The other half of `test_a_slow_subscriber_is_cut_off_and_the_others_are_not`."""
    assert Limits().queue_max_bytes == 512 * KIB


async def test_lost_peers_leave_no_trace_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "envlsp_signaling")
    caplog.set_level(logging.DEBUG, "asyncio")
    async with serving(SignalingServer(GENEROUS)) as url:
        async with plain(url) as alice:
            await tell(alice, Verb.SUB, ROOM)
            await hear(alice)
            for _ in range(5):
                async with plain(url) as lost:
                    await tell(lost, Verb.SUB, ROOM)
                    await tell(alice, Verb.PUB, ROOM, BLOB)
                    lost.transport.abort()
        # Not even a WebSocket: port scans happen.
        parts = urlsplit(url)
        for junk in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"):
            with sockets.create_connection((parts.hostname, parts.port)) as scan:
                scan.send(junk)
        await asyncio.sleep(0.05)
    levels = [record for record in caplog.records if record.levelno > logging.INFO]
    assert levels == []
    assert all(record.exc_info is None for record in caplog.records)


async def test_stopping_says_goodbye_and_is_quick() -> None:
    server = SignalingServer()
    async with serving(server) as url, plain(url) as alice:
        await tell(alice, Verb.SUB, ROOM)
        await hear(alice)
        started = time.monotonic()
        await server.stop()
        assert time.monotonic() - started < 5
        with pytest.raises(ConnectionClosed):
            await hear(alice)
        assert alice.close_code == 1001


async def test_refusals_reach_the_asker_in_order() -> None:
    async with serving() as url, plain(url) as eve:
        await tell(eve, Verb.PUB, ROOM, BLOB)
        await tell(eve, Verb.CLAIM, 0)
        await tell(eve, Verb.TURN)
        assert [await hear(eve) for _ in range(3)] == [
            [Verb.ERR, Code.NOT_IN_ROOM, Verb.PUB],
            [Verb.ERR, Code.NO_SUCH_MAILBOX, Verb.CLAIM],
            [Verb.ERR, Code.NO_TURN, Verb.TURN],
        ]


async def test_ipv6() -> None:
    try:
        async with serving(host="::1") as url, plain(url) as socket:
            await tell(socket, Verb.SUB, ROOM)
            assert (await hear(socket))[0] == Verb.JOINED
    except OSError as exc:  # a machine without IPv6 has nothing to test here
        assert not sockets.has_ipv6 or "address" in str(exc)  # noqa: PT017
