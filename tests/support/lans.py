"""A LAN inside a test: posters hang on a board instead of mDNS, doors are real ones on 127.0.0.1."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable
from typing import cast

from envlsp.transport.lan import Lan
from envlsp.transport.lan_discovery import Discovery, Sighting
from envlsp.transport.lan_networks import Network
from envlsp.wire.lan import Poster

HERE = "127.0.0.1"
LOOPBACK = Network(1, (ipaddress.ip_interface(f"{HERE}/8"),))


class Board:
    """Where posters hang; everybody on the LAN sees all of them."""

    def __init__(self) -> None:
        self.posters: dict[object, Sighting] = {}
        self.every_name: list[str] = []
        self.viewers: list[BoardDiscovery] = []

    def device(self) -> Lan:
        """Return one more device on this LAN."""

        def discover(network: Network) -> Discovery:
            return cast("Discovery", BoardDiscovery(network, self))

        return Lan(lambda: (LOOPBACK,), discover)

    def hang(self, owner: object, sighting: Sighting) -> None:
        """Show a poster to everybody."""
        self.posters[owner] = sighting
        self.every_name.append(sighting.name)
        for viewer in self.viewers:
            viewer.look(owner, sighting)

    def take_down(self, owner: object) -> None:
        """Remove a poster."""
        if (gone := self.posters.pop(owner, None)) is not None:
            for viewer in self.viewers:
                for tell in viewer.lost:
                    tell(gone.name)


class BoardDiscovery:
    """As `Discovery`, for one device."""

    def __init__(self, network: Network, board: Board) -> None:
        self.network = network
        self.saw: list[Callable[[Sighting], None]] = []
        self.lost: list[Callable[[str], None]] = []
        self._board = board
        self._own: set[object] = set()

    async def start(self) -> None:
        self._board.viewers.append(self)

    async def post(self, owner: object, port: int, poster: Poster | None) -> str:
        name = secrets.token_hex(8)
        self._own.add(owner)
        self._board.take_down(owner)
        if poster is not None:
            self._board.hang(owner, Sighting(name, (HERE,), port, poster))
        return name

    def seen(self) -> tuple[Sighting, ...]:
        return tuple(poster for owner, poster in self._board.posters.items() if owner not in self._own)

    def look(self, owner: object, sighting: Sighting) -> None:
        if owner not in self._own:
            for tell in self.saw:
                tell(sighting)

    async def close(self) -> None:
        if self in self._board.viewers:
            self._board.viewers.remove(self)
