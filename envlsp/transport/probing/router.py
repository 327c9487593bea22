"""What the router in front of this machine does with UDP, found by asking STUN servers.

A router that shows us under one address to everybody lets two peers meet (a cone); one
that shows another one to each needs a relay (symmetric). That takes two who look at us:
two STUN servers, or one and an allocation at a relay, whose port is another one. With a
single view it cannot be told, and is not guessed.

And how long datagrams may be: questions of growing length that must not be cut in pieces.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

import aioice.stun

from envlsp.crypto.primitives import random_bytes
from envlsp.transport.addresses import host_addresses
from envlsp.transport.api import StunServer, TurnServer
from envlsp.transport.asking import Names
from envlsp.transport.probing.relays import NoAllocation, Relay, allocation

ASK_AGAIN_S: Final = 0.4
ANSWER_S: Final = 1.3
RELAY_S: Final = 1.5
"""For a relay and what it sees: with the answers before it less than a check has."""
LENGTHS: Final = (1228, 1280, 1400, 1492, 1500)
"""Lengths of packets that are tried, with their headers: IPv6's minimum, tunnels, DSL, Ethernet."""
VIEWS_MAX: Final = 4

_UDP_BYTES: Final = 8
_IP_BYTES: Final = {socket.AF_INET: 20, socket.AF_INET6: 40}
_STUN_BYTES: Final = 20
_ATTRIBUTE_BYTES: Final = 4
_FILLING: Final = 0xC0DE
"""An attribute that nobody has to understand (RFC 8489, 14): a server passes over it."""
# Of Linux: the kernel neither cuts a datagram nor believes what it knows of the path.
_NEVER_CUT: Final = {
    socket.AF_INET: (socket.IPPROTO_IP, 10, 3),  # IP_MTU_DISCOVER, IP_PMTUDISC_PROBE
    socket.AF_INET6: (socket.IPPROTO_IPV6, 23, 3),
}

Address: TypeAlias = tuple[str, int]


class Kind(StrEnum):
    """What stands between us and the internet."""

    OPEN = "open"
    """Nothing: the address that servers see is ours."""
    CONE = "cone"
    SYMMETRIC = "symmetric"
    ROUTER = "router"
    """A router, seen once: of which kind cannot be told."""
    NO_UDP = "no-udp"
    """No STUN server answers."""


@dataclass(frozen=True, slots=True)
class RouterReport:
    """What was found.

    Attributes:
        kind: of the router.
        views: how many looked at us.
        packet_bytes: the longest packet that was answered; 0 where none was, or none was tried.
        stopped_bytes: the shortest longer one that was not; 0 where all were.
    """

    kind: Kind
    views: int = 0
    packet_bytes: int = 0
    stopped_bytes: int = 0


async def look_at_router(stun: Sequence[StunServer], turn: Sequence[TurnServer]) -> RouterReport:
    """Ask all of these who we are, and how long a packet may be; never raises for what they do."""
    servers = await _resolved(stun)
    if not servers:
        return RouterReport(Kind.NO_UDP)
    family = servers[0][0]
    addresses = [address for each, address in servers if each == family][:VIEWS_MAX]
    with contextlib.suppress(OSError):
        async with _asking(family) as asker:
            views = [view for view in await asyncio.gather(*map(asker.who_am_i, addresses)) if view]
            if not views:
                return RouterReport(Kind.NO_UDP)
            lengths, more = await asyncio.gather(
                _lengths(asker.answered[0], family),
                _view_of_relay(asker, views[0], turn if len(views) == 1 and not _is_open(views) else ()),
            )
            return RouterReport(_kind([*views, *more]), len(views) + len(more), *lengths)
    return RouterReport(Kind.NO_UDP)


def _is_open(views: Sequence[Address]) -> bool:
    return views[0][0] in host_addresses()


def _kind(views: Sequence[Address]) -> Kind:
    if _is_open(views):
        return Kind.OPEN
    if len(set(views)) > 1:
        return Kind.SYMMETRIC
    return Kind.CONE if len(views) > 1 else Kind.ROUTER


async def _view_of_relay(asker: _Asker, seen: Address, turn: Sequence[TurnServer]) -> list[Address]:
    """Return under which address a relay sees us, where one can be had in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RELAY_S):
            for server in sorted(turn, key=lambda each: ("udp", "tcp", "tls").index(each.transport)):
                with contextlib.suppress(NoAllocation):
                    async with allocation(server) as relay:
                        return [await _seen_by(relay, asker, seen)]
    return []


async def _seen_by(relay: Relay, asker: _Asker, seen: Address) -> Address:
    """Return from where a relay hears us; waits for ever where it does not."""
    mark = random_bytes(16)
    relay.send(mark, seen)  # a relay takes nothing from whom it was not sent to
    while True:
        asker.send(mark, relay.address)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ASK_AGAIN_S / 2):
                data, (host, port, *_) = await relay.heard.get()
                if data == mark:
                    return host, port


# --- how long a packet may be ------------------------------------------------------------------


async def _lengths(server: Address, family: socket.AddressFamily) -> tuple[int, int]:
    """Return the longest packet that was answered, and the shortest one that was not (0: none)."""
    if sys.platform != "linux":
        return 0, 0
    try:
        async with _asking(family, _NEVER_CUT[family]) as asker:
            passed = await asyncio.gather(*(asker.passes(server, length) for length in LENGTHS))
    except OSError:
        return 0, 0
    longest = max((length for length, it in zip(LENGTHS, passed, strict=True) if it), default=0)
    stopped = [length for length, it in zip(LENGTHS, passed, strict=True) if not it and length > longest]
    return longest, min(stopped, default=0)


def _filled(message: bytes, length: int) -> bytes:
    """Return a STUN message made so long, by an attribute that means nothing."""
    filling = length - len(message) - _ATTRIBUTE_BYTES
    body = message[_STUN_BYTES:] + _FILLING.to_bytes(2, "big") + filling.to_bytes(2, "big") + bytes(filling)
    return message[:2] + len(body).to_bytes(2, "big") + message[4:_STUN_BYTES] + body


# --- asking ------------------------------------------------------------------------------------


class _Asker(asyncio.DatagramProtocol):
    """One socket, and the questions that wait for an answer at it."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self.answered: list[Address] = []
        self._family = family
        self._waiting: dict[bytes, asyncio.Future[aioice.stun.Message]] = {}
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            message = aioice.stun.parse_message(data)
        except Exception:  # noqa: BLE001 - anybody may send us anything, and of it the parser raises many kinds
            return
        future = self._waiting.get(message.transaction_id)
        if future is not None and not future.done():
            self.answered.append((addr[0], addr[1]))
            future.set_result(message)

    def error_received(self, exc: Exception) -> None:
        """Pass over it: no answer says the same."""

    def send(self, data: bytes, to: Address) -> None:
        self._transport.sendto(data, to)

    async def who_am_i(self, server: Address) -> Address | None:
        """Return the address under which a server sees this socket; None without an answer."""
        answer = await self._ask(server, 0)
        seen = answer.attributes.get("XOR-MAPPED-ADDRESS") if answer else None
        return (seen[0], seen[1]) if seen else None

    async def passes(self, server: Address, length: int) -> bool:
        """Return whether a packet of that length is answered, with whatever."""
        return await self._ask(server, length - _UDP_BYTES - _IP_BYTES[self._family]) is not None

    async def _ask(self, server: Address, length: int) -> aioice.stun.Message | None:
        question = aioice.stun.Message(
            message_method=aioice.stun.Method.BINDING, message_class=aioice.stun.Class.REQUEST
        )
        data = bytes(question)
        future: asyncio.Future[aioice.stun.Message] = asyncio.get_running_loop().create_future()
        self._waiting[question.transaction_id] = future
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                while True:
                    self.send(_filled(data, length) if length else data, server)
                    await asyncio.wait([future], timeout=ASK_AGAIN_S)
                    if future.done():
                        return future.result()
        return None


@asynccontextmanager
async def _asking(
    family: socket.AddressFamily, option: tuple[int, int, int] | None = None
) -> AsyncIterator[_Asker]:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    try:
        if option is not None:
            made.setsockopt(*option)
        made.bind(("::" if family == socket.AF_INET6 else "", 0))
        transport, asker = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Asker(family), sock=made
        )
    except OSError:
        made.close()
        raise
    try:
        yield asker
    finally:
        transport.close()


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


async def _resolved(servers: Iterable[StunServer]) -> list[tuple[socket.AddressFamily, Address]]:
    """Return the servers' addresses, IPv4 first: that is where routers hide us."""
    names, found = Names(), list[tuple[socket.AddressFamily, Address]]()
    for server in servers:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                for each in await names.addresses(server.host):
                    found.append((_family(each), (each, server.port)))
    return sorted(dict.fromkeys(found), key=lambda each: each[0] != socket.AF_INET)
