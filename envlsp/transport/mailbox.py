"""A pipe to one stranger who knows the same number (PROTOCOL E.1).

Pads messages to the sizes the server takes; what they say must protect itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from envlsp.errors import SignalingUnreachable
from envlsp.wire.signaling_messages import MailboxNumber, RoomId

WAITING_MAX: Final = 256
"""Unread messages: the server relays no more in all."""


class Mailbox:
    """One end of the pipe; made by `SignalingClient.allocate` and `claim`.

    It carries blobs of 1, 4 or 16 KiB, as rooms do. It ends with the connection, with the other
    party, or ten minutes after the pairing, and cannot be entered twice.
    """

    def __init__(
        self,
        number: MailboxNumber,
        publish: Callable[[RoomId, bytes], Awaitable[None]],
        leave: Callable[[MailboxNumber], Awaitable[None]],
    ) -> None:
        """Make an end without its other party.

        Args:
            number: what the server calls the mailbox.
            publish: sends a blob to a room.
            leave: ends a mailbox at the server.
        """
        self._number = number
        self._publish = publish
        self._leave = leave
        self._room: RoomId | None = None
        self._changed = asyncio.Event()
        self._inbox: deque[bytes] = deque()
        self._is_closed = False

    @property
    def number(self) -> str:
        """The six digits to tell the other party."""
        return f"{self._number:06d}"

    @property
    def closed(self) -> bool:
        """Whether nothing more can be sent; what has arrived can still be read."""
        return self._is_closed

    @property
    def is_paired(self) -> bool:
        """Whether the other party has come in."""
        return self._room is not None

    async def paired(self) -> None:
        """Wait until the other party is in.

        Raises:
            SignalingUnreachable: the mailbox ended first.
        """
        while self._room is None:
            await self._change()

    async def send(self, blob: bytes) -> None:
        """Send a blob of 1, 4 or 16 KiB; waits for the other party if need be.

        Raises:
            SignalingUnreachable: the mailbox has ended.
            LimitExceeded: another size.
        """
        await self.paired()
        if self._is_closed or self._room is None:
            raise self._ended()
        await self._publish(self._room, blob)

    async def recv(self) -> bytes:
        """Return the next blob, in the order they were sent.

        Raises:
            SignalingUnreachable: the mailbox has ended and all was read.
        """
        while not self._inbox:
            await self._change()
        return self._inbox.popleft()

    async def close(self) -> None:
        """End the mailbox for both. Twice is harmless."""
        if not self._is_closed:
            await self._leave(self._number)

    def open_pipe(self, room: RoomId) -> None:
        """Take note that the other party is in (for the client)."""
        self._room = room
        self._changed.set()

    def deliver(self, blob: bytes) -> None:
        """Take a blob that arrived (for the client)."""
        if len(self._inbox) < WAITING_MAX:
            self._inbox.append(blob)
        self._changed.set()

    def end(self) -> None:
        """Take note that nothing more will come (for the client)."""
        self._is_closed = True
        self._changed.set()

    async def _change(self) -> None:
        if self._is_closed:
            raise self._ended()
        self._changed.clear()
        await self._changed.wait()

    def _ended(self) -> SignalingUnreachable:
        return SignalingUnreachable("the mailbox has ended", fix="ask for a new code: envlsp invite")
