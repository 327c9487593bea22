"""Sockets that have not finished their handshake, counted so that nobody holds all of them.

A connection costs a file descriptor from its first packet, long before it says what it wants.
Whoever opens many and says nothing is bounded here: per address, and in all. Behind a proxy
the proxy's own limit has to do the former, since every socket comes from it.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from websockets.asyncio.server import ServerConnection

from envlsp_signaling.addresses import UNKNOWN, Trusted, is_trusted, normalise
from envlsp_signaling.limits import Limits


class Doorstep:
    """Who stands at the door."""

    def __init__(self, limits: Limits, trusted: Trusted) -> None:
        self._limits = limits
        self._trusted = trusted
        self._standing: dict[int, str | None] = {}
        self._per_address: Counter[str] = Counter()
        self.turned_away = 0

    def __len__(self) -> int:
        return len(self._standing)

    def arrives(self, socket: ServerConnection) -> bool:
        """Count a new socket; False when it is one too many."""
        peer = socket.remote_address
        near = str(peer[0]) if isinstance(peer, tuple) and peer else UNKNOWN
        address = None if is_trusted(near, self._trusted) else normalise(near)
        crowded = address is not None and self._per_address[address] >= self._limits.half_open_per_address
        if crowded or len(self._standing) >= self._limits.half_open:
            self.turned_away += 1
            return False
        self._standing[id(socket)] = address
        if address is not None:
            self._per_address[address] += 1
        return True

    def leaves(self, socket: ServerConnection) -> None:
        """Forget a socket that came in, or is gone; twice is harmless."""
        address = self._standing.pop(id(socket), None)
        if address is None:
            return
        self._per_address[address] -= 1
        if not self._per_address[address]:
            del self._per_address[address]

    def door(self) -> type[ServerConnection]:
        """Return the kind of connection that is counted here from its first packet."""
        doorstep = self

        class AtTheDoor(ServerConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                if not doorstep.arrives(self):
                    self.transport.abort()

            def connection_lost(self, exc: Exception | None) -> None:
                doorstep.leaves(self)
                super().connection_lost(exc)

        return AtTheDoor
