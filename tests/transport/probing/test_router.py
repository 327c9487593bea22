"""Questions to STUN servers that answer as told: who looks at us decides what can be known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aioice.stun
import pytest

from envlsp.transport.api import StunServer, TurnServer
from envlsp.transport.probing.relays import Way, try_relay
from envlsp.transport.probing.router import Kind, look_at_router

pytestmark = pytest.mark.slow
LOOPBACK = "127.0.0.1"
ELSEWHERE = ("203.0.113.7", 4711)


class Answering(asyncio.DatagramProtocol):
    """Says under which address it sees somebody, whatever that is; nothing to long questions."""

    def __init__(self, seen: tuple[str, int] | None, longest: int = 1500) -> None:
        self.seen = seen
        self.longest = longest
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.seen is None or len(data) + 28 > self.longest:
            return
        asked = aioice.stun.parse_message(data)
        answer = aioice.stun.Message(
            message_method=aioice.stun.Method.BINDING,
            message_class=aioice.stun.Class.RESPONSE,
            transaction_id=asked.transaction_id,
        )
        answer.attributes["XOR-MAPPED-ADDRESS"] = self.seen
        self.transport.sendto(b"noise", addr)
        self.transport.sendto(bytes(answer), addr)


@asynccontextmanager
async def stun(seen: tuple[str, int] | None, longest: int = 1500) -> AsyncIterator[StunServer]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Answering(seen, longest), local_addr=(LOOPBACK, 0)
    )
    try:
        yield StunServer(LOOPBACK, transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


async def test_two_who_see_the_same_and_two_who_do_not() -> None:
    async with stun(ELSEWHERE) as one, stun(ELSEWHERE) as same, stun(("203.0.113.7", 4712)) as other:
        assert (await look_at_router((one, same), ())).kind is Kind.CONE
        assert (await look_at_router((one, other), ())).kind is Kind.SYMMETRIC
        assert (await look_at_router((one,), ())).kind is Kind.ROUTER


async def test_nobody_answers_and_nobody_stands_between() -> None:
    async with stun(None) as silent, stun((LOOPBACK, 1)) as near:
        assert (await look_at_router((silent,), ())).kind is Kind.NO_UDP
        assert (await look_at_router((), ())).kind is Kind.NO_UDP
        assert (await look_at_router((near,), ())).kind in {Kind.OPEN, Kind.ROUTER}


async def test_long_packets_that_are_lost() -> None:
    async with stun(ELSEWHERE, longest=1400) as server:
        report = await look_at_router((server,), ())
    assert (report.packet_bytes, report.stopped_bytes) == (1400, 1492)


async def test_what_is_no_relay() -> None:
    async with stun(ELSEWHERE) as server:
        assert (await try_relay(TurnServer(LOOPBACK, server.port, "u", "p", "udp"))).way is Way.FOREIGN
        assert (await try_relay(TurnServer(LOOPBACK, server.port, "u", "p", "tcp"))).way is Way.SILENT
    assert (await try_relay(TurnServer("nowhere.invalid", 1, "u", "p", "tls"))).way is Way.UNKNOWN
