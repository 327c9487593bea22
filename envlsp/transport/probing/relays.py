"""A TURN server asked for a real allocation, which is given back at once.

Tells apart what people mend in different places: no way to it, other credentials than
it expects, a certificate that does not verify, no room.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

import aioice.stun

from envlsp.transport.api import TurnServer
from envlsp.transport.asking import Names, open_relay

ANSWER_S: Final = 2.5
CLOSE_S: Final = 0.5
UNREAD_MAX: Final = 64

Address: TypeAlias = tuple[str, int]


class Way(StrEnum):
    """What became of an allocation."""

    OPEN = "open"
    SILENT = "silent"
    """Nobody answers: a firewall, or no server."""
    UNKNOWN = "unknown"
    """Its name leads nowhere."""
    CREDENTIALS = "credentials"
    """It does not take what the signaling server handed out."""
    CERTIFICATE = "certificate"
    FULL = "full"
    FOREIGN = "foreign"
    """Something else answers there."""


# Error codes of RFC 8489 and 8656.
_REFUSALS: Final = {
    **dict.fromkeys((401, 403, 431, 441), Way.CREDENTIALS),
    **dict.fromkeys((486, 508), Way.FULL),
}


@dataclass(frozen=True, slots=True)
class RelayReport:
    """What one TURN server said, asked in one way."""

    transport: str
    way: Way
    took_s: float = 0.0


async def try_relay(server: TurnServer) -> RelayReport:
    """Ask for an allocation and give it back; never raises for what the server does."""
    since = time.perf_counter()
    try:
        async with allocation(server):
            return RelayReport(server.transport, Way.OPEN, time.perf_counter() - since)
    except NoAllocation as exc:
        return RelayReport(server.transport, exc.way)


class NoAllocation(Exception):
    """There was none to be had."""

    def __init__(self, way: Way) -> None:
        super().__init__(way.value)
        self.way = way


class Relay(asyncio.DatagramProtocol):
    """An allocation: what arrives at its address, and from where."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[bytes, Address]] = asyncio.Queue(UNREAD_MAX)
        self.gone = asyncio.Event()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Keep what came; in a flood what comes first."""
        with contextlib.suppress(asyncio.QueueFull):
            self.heard.put_nowait((data, addr))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Note that it was given back."""
        self.gone.set()

    @property
    def address(self) -> Address:
        """Where others reach it."""
        host, port = self.transport.get_extra_info("sockname")[:2]
        return host, port

    def send(self, data: bytes, to: Address) -> None:
        """Send something, and let that address answer from any port."""
        self.transport.sendto(data, to)


@asynccontextmanager
async def allocation(server: TurnServer) -> AsyncIterator[Relay]:
    """Have an allocation for the length of a block.

    Raises:
        NoAllocation: there is none, and why.
    """
    relay = Relay()
    try:
        await asyncio.wait_for(_allocate(server, relay), ANSWER_S)
    except NoAllocation:
        raise
    except Exception as exc:  # of a stranger's answers aioice makes many kinds
        raise NoAllocation(_way(exc)) from exc
    try:
        yield relay
    finally:
        await _give_back(relay)


async def _allocate(server: TurnServer, relay: Relay) -> None:
    try:
        address, *_ = await Names().addresses(server.host)
    except OSError as exc:
        raise NoAllocation(Way.UNKNOWN) from exc
    await open_relay(server, address, lambda: relay)


async def _give_back(relay: Relay) -> None:
    private: Any = relay.transport
    private.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(relay.gone.wait(), CLOSE_S)
        return
    # The server is silent, and aioice would ask for a minute.
    if (ending := private._TurnTransport__close_task) is not None:  # noqa: SLF001
        ending.cancel()
    private._TurnTransport__inner_protocol.transport.abort()  # noqa: SLF001


def _way(exc: Exception) -> Way:
    match exc:
        case aioice.stun.TransactionFailed():
            return _REFUSALS.get(exc.response.error_code or 0, Way.FOREIGN)
        case ssl.SSLCertVerificationError():
            return Way.CERTIFICATE
        case ssl.SSLError() | ValueError() | EOFError():
            return Way.FOREIGN
        case ConnectionError() if type(exc) is ConnectionError:
            return Way.FOREIGN  # it answered, and what it said was no allocation
        case OSError() | aioice.stun.TransactionTimeout():
            return Way.SILENT
        case _:
            return Way.FOREIGN
