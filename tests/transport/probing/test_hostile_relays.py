"""STUN and TURN servers that Eve runs: what they answer is one finding, never an accident."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from envlsp.transport.api import StunServer, TurnServer
from envlsp.transport.probing.relays import UNREAD_MAX, Relay, Way, try_relay
from envlsp.transport.probing.router import Kind, look_at_router

pytestmark = pytest.mark.slow  # sockets, and waiting for those who say nothing of use

HOST = "127.0.0.1"
COOKIE = 0x2112A442
BINDING, ALLOCATE = 0x0001, 0x0003
ANSWER, ERROR = 0x0100, 0x0110
LIFETIME, MAPPED, RELAYED = 0x000D, 0x0020, 0x0016

Say = Callable[[int, bytes], bytes]


def message(kind: int, number: bytes, *attributes: tuple[int, bytes]) -> bytes:
    body = b"".join(
        struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4) for name, value in attributes
    )
    return struct.pack("!HHI12s", kind, len(body), COOKIE, number) + body


class _Eve(asyncio.DatagramProtocol):
    def __init__(self, say: Say) -> None:
        self._say = say

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(self._say(int.from_bytes(data[:2], "big"), data[8:20]), addr)


@contextlib.asynccontextmanager
async def eve(say: Say) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Eve(say), local_addr=(HOST, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.fixture
async def accidents() -> AsyncIterator[list[object]]:
    """What nobody caught, which asyncio would write to the terminal."""
    found: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    yield found
    assert not found


ANSWERS: dict[str, Say] = {
    "an answer without an address": lambda kind, number: message(kind | ANSWER, number),
    "an address of no family": lambda kind, number: message(kind | ANSWER, number, (RELAYED, bytes(8))),
    "half a number": lambda kind, number: message(kind | ERROR, number, (LIFETIME, b"\0")),
    "a refusal without a reason": lambda kind, number: message(kind | ERROR, number),
    "noise": lambda _kind, _number: b"\xff" * 40,
    "channel data of nobody": lambda _kind, _number: b"\x40\x00\xff\xff",
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_relay_that_answers_nonsense_is_a_finding(answer: str, accidents: list[object]) -> None:
    async with eve(ANSWERS[answer]) as port:
        report = await try_relay(TurnServer(HOST, port, "user", "planted", "udp"))
    assert report.way in {Way.FOREIGN, Way.SILENT}
    assert "planted" not in repr(report)
    assert not accidents


@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_stun_server_that_answers_nonsense_is_none(answer: str, accidents: list[object]) -> None:
    async with eve(ANSWERS[answer]) as port:
        report = await look_at_router([StunServer(HOST, port)], ())
    assert (report.kind, report.views) == (Kind.NO_UDP, 0)
    assert not accidents


async def test_a_relay_over_tcp_that_answers_nonsense_is_a_finding(accidents: list[object]) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readexactly(20)
        writer.write(message(ALLOCATE | ERROR, asked[8:20], (LIFETIME, b"\0")))
        await reader.read()
        writer.close()

    async with await asyncio.start_server(talk, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        report = await try_relay(TurnServer(HOST, port, "user", "planted", "tcp"))
    assert report.way in {Way.FOREIGN, Way.SILENT}
    assert not accidents


async def test_a_flood_at_a_relay_fills_no_memory() -> None:
    relay = Relay()
    for _ in range(2 * UNREAD_MAX):
        relay.datagram_received(b"x" * 1500, (HOST, 9))
    assert relay.heard.qsize() == UNREAD_MAX
