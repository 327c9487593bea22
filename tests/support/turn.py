"""Servers for the ICE tests: STUN and TURN over UDP on loopback, helpful or silent.

Just enough of RFC 8656 for aioice's client: allocate, bind a channel, refresh,
relay channel data. No credentials are asked for.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import aioice.stun as stun

Address = tuple[str, int]


class _Relay(asyncio.DatagramProtocol):
    """An allocated socket: what it hears goes to the client over its channel."""

    def __init__(self, server: FakeServer, client: Address) -> None:
        self.server, self.client = server, client
        self.channels: dict[Address, int] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        channel = self.channels.get((addr[0], addr[1]))
        if channel is not None and not self.server.silent:
            self.server.reply(struct.pack("!HH", channel, len(data)) + data, self.client)


class FakeServer(asyncio.DatagramProtocol):
    """A STUN and TURN server that writes down what it is asked and when."""

    def __init__(
        self,
        *,
        silent: bool = False,
        host: str = "127.0.0.1",
        refusal: int = 0,
        only_ipv6: bool = False,
        think_s: float = 0.0,
    ) -> None:
        """Prepare.

        Args:
            silent: answer nothing.
            host: where to listen, and to relay.
            refusal: the code that answers whoever wants a relay; 0: none.
            only_ipv6: relay for who asks for IPv6 alone.
            think_s: how long each answer takes.
        """
        self.silent = silent
        self.host = host
        self.refusal = refusal
        self.only_ipv6 = only_ipv6
        self.think_s = think_s
        self.mapped: Address | None = None
        """What is said to be somebody's address, instead of the usual lie."""
        self.deaf_to: set[str] = set()
        """Addresses from which nothing is heard."""
        self.asked: list[tuple[float, stun.Method]] = []
        self.relays: dict[Address, _Relay] = {}
        self.transport: asyncio.DatagramTransport | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def methods(self) -> list[stun.Method]:
        return [method for _, method in self.asked]

    def reply(self, data: bytes, addr: Address) -> None:
        assert self.transport is not None
        self.transport.sendto(data, addr)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data[0] & 0xC0 == 0x40:
            self._forward(data, addr[:2])
            return
        request = stun.parse_message(data)
        self.asked.append((asyncio.get_running_loop().time(), request.message_method))
        if not self.silent and addr[0] not in self.deaf_to:
            task = asyncio.create_task(self._answer(request, addr[:2]))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _forward(self, data: bytes, addr: Address) -> None:
        channel, size = struct.unpack("!HH", data[:4])
        relay = self.relays.get(addr)
        if relay is None or self.silent:
            return
        for peer, number in relay.channels.items():
            if number == channel and relay.transport is not None:
                relay.transport.sendto(data[4 : 4 + size], peer)

    async def _answer(self, request: stun.Message, addr: Address) -> None:
        await asyncio.sleep(self.think_s)
        answer = stun.Message(
            message_method=request.message_method,
            message_class=stun.Class.RESPONSE,
            transaction_id=request.transaction_id,
        )
        if request.message_method == stun.Method.BINDING:
            # Not the true address: else aioice would drop it as one it has already.
            mapped = "2001:db8::2" if ":" in self.host else "127.0.0.2"
            answer.attributes["XOR-MAPPED-ADDRESS"] = self.mapped or (mapped, addr[1])
        elif code := self._refuses(request):
            answer.message_class = stun.Class.ERROR
            answer.attributes["ERROR-CODE"] = (code, "no")
        elif request.message_method == stun.Method.ALLOCATE:
            relay = await self._allocate(addr)
            assert relay.transport is not None
            answer.attributes["XOR-RELAYED-ADDRESS"] = relay.transport.get_extra_info("sockname")[:2]
            answer.attributes["XOR-MAPPED-ADDRESS"] = addr
            answer.attributes["LIFETIME"] = 600
        elif request.message_method == stun.Method.CHANNEL_BIND:
            peer = request.attributes["XOR-PEER-ADDRESS"]
            self.relays[addr].channels[peer] = request.attributes["CHANNEL-NUMBER"]
        elif request.message_method == stun.Method.REFRESH:
            answer.attributes["LIFETIME"] = request.attributes["LIFETIME"]
        self.reply(bytes(answer), addr)

    def _refuses(self, request: stun.Message) -> int:
        if request.message_method != stun.Method.ALLOCATE:
            return 0
        is_ipv6 = request.attributes.get("REQUESTED-ADDRESS-FAMILY") == 2 << 24
        return self.refusal or (440 if self.only_ipv6 and not is_ipv6 else 0)

    async def _allocate(self, client: Address) -> _Relay:
        if client not in self.relays:
            _, relay = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Relay(self, client), local_addr=(self.host, 0)
            )
            self.relays[client] = relay
        return self.relays[client]

    def close(self) -> None:
        for transport in (self.transport, *(relay.transport for relay in self.relays.values())):
            if transport is not None:
                transport.close()


@asynccontextmanager
async def fake_server(
    *, silent: bool = False, host: str = "127.0.0.1", refusal: int = 0, only_ipv6: bool = False
) -> AsyncIterator[FakeServer]:
    """Run a server on a free port of its host."""
    _, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: FakeServer(silent=silent, host=host, refusal=refusal, only_ipv6=only_ipv6),
        local_addr=(host, 0),
    )
    try:
        yield server
    finally:
        server.close()
        await asyncio.sleep(0)
