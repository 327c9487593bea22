"""Links that never leave the process: for tests and for two ends in one program.

They keep the rules of `api`, backpressure included, so that a session which
works here works over a data channel.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from envlsp.errors import LinkClosed, Misuse
from envlsp.transport.api import MESSAGE_MAX_BYTES, NO_BINDING, PairPath
from envlsp.wire.limits import WINDOW_BYTES


class _Lane:
    """One direction: what is under way, and who waits for it."""

    def __init__(self) -> None:
        self.messages: deque[tuple[float, bytes]] = deque()
        self.size_bytes = 0
        self.closed = asyncio.Event()
        self.changed = asyncio.Condition()

    async def wake(self) -> None:
        async with self.changed:
            self.changed.notify_all()


class MemoryLink:
    """One end of a pair made by `memory_pair`."""

    def __init__(self, outgoing: _Lane, incoming: _Lane, *, delay_s: float, binding: bytes) -> None:
        self._outgoing, self._incoming = outgoing, incoming
        self._delay_s = delay_s
        self._binding = binding
        self._path = PairPath("memory", "memory", time.time())

    @property
    def binding(self) -> bytes:
        """Return the 32 bytes both ends share."""
        return self._binding

    @property
    def path(self) -> PairPath:
        """Return a path that never changes."""
        return self._path

    async def send(self, message: bytes) -> None:
        """Put a message on its way; wait while the window is full.

        Raises:
            Misuse: the message is too long.
            LinkClosed: either end has closed.
        """
        if len(message) > MESSAGE_MAX_BYTES:
            raise Misuse(f"a message of {len(message)} bytes, at most {MESSAGE_MAX_BYTES} fit")
        lane = self._outgoing
        async with lane.changed:
            await lane.changed.wait_for(lambda: lane.closed.is_set() or lane.size_bytes < WINDOW_BYTES)
            if lane.closed.is_set():
                raise LinkClosed
            due = asyncio.get_running_loop().time() + self._delay_s
            lane.messages.append((due, bytes(message)))
            lane.size_bytes += len(message)
            lane.changed.notify_all()

    async def receive(self) -> bytes:
        """Return the next message; those sent before the end are still delivered.

        Raises:
            LinkClosed: either end has closed.
        """
        lane = self._incoming
        async with lane.changed:
            await lane.changed.wait_for(lambda: bool(lane.messages) or lane.closed.is_set())
            if not lane.messages:
                raise LinkClosed
            due, message = lane.messages.popleft()
            lane.size_bytes -= len(message)
            lane.changed.notify_all()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        return message

    async def close(self) -> None:
        """End both directions; the peer still reads what was under way."""
        for lane in (self._outgoing, self._incoming):
            lane.closed.set()
            await lane.wake()

    async def wait_closed(self) -> None:
        """Return once either end has closed."""
        await self._incoming.closed.wait()


def memory_pair(*, delay_s: float = 0.0, binding: bytes = NO_BINDING) -> tuple[MemoryLink, MemoryLink]:
    """Return two ends of one link.

    Args:
        delay_s: how long a message is under way.
        binding: the channel binding both ends report (32 bytes).
    """
    there, back = _Lane(), _Lane()
    return (
        MemoryLink(there, back, delay_s=delay_s, binding=binding),
        MemoryLink(back, there, delay_s=delay_s, binding=binding),
    )
