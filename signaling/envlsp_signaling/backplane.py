"""What the server asks of the way to other processes, whoever goes it.

`redis_backplane` is the one there is. It is imported only when it is asked for, so that a
server alone needs no Redis library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from envlsp_signaling.messages import Number
from envlsp_signaling.news import News, RoomName, ServerId


class BackplaneLost(Exception):
    """The other processes cannot be asked now."""


class Backplane(Protocol):
    """The way to the other processes; see `redis_backplane` for what each part promises."""

    server: ServerId
    is_up: bool
    losses: int
    published: int
    received: int
    dropped: int

    async def start(
        self, hear: Callable[[ServerId, News], None], lose: Callable[[ServerId | None], None]
    ) -> None:
        """Connect, and stay connected."""

    async def stop(self) -> None:
        """Disconnect."""

    async def listen(self, room: RoomName) -> None:
        """Hear what is said in a room."""

    def unlisten(self, room: RoomName) -> None:
        """Hear no more of a room."""

    def tell(self, to: RoomName | ServerId, news: News) -> None:
        """Give news to a room, or to one process."""

    async def reserve(self, number: Number) -> bool:
        """Reserve a mailbox number among all processes."""

    async def take(self, number: Number) -> ServerId | None:
        """Let nobody else into a number, and return who reserved it."""

    def release(self, number: Number) -> None:
        """Say that a reserved number is open no more."""

    async def company(self, rooms: Iterable[RoomName]) -> bool:
        """Return whether another process is in one of these rooms."""

    async def gone(self, servers: set[ServerId]) -> list[ServerId]:
        """Return which of these processes no longer listen."""
