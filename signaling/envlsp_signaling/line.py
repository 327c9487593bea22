"""What is on its way to one connection: a queue bounded in bytes, and the task that empties it.

A connection that reads too slowly is cut off instead of being waited for, so nobody slows
anybody else.
"""

from __future__ import annotations

import asyncio
from collections import deque

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed


class Line:
    """The way out to one connection."""

    def __init__(self, socket: ServerConnection, limit_bytes: int) -> None:
        self._socket = socket
        self._limit_bytes = limit_bytes
        self._frames: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self.waiting_bytes = 0

    def put(self, frame: bytes) -> bool:
        """Queue a frame; False when this connection is too slow to be kept."""
        self.waiting_bytes += len(frame)
        if self.waiting_bytes > self._limit_bytes:
            return False
        self._frames.append(frame)
        self._filled.set()
        return True

    async def empty(self) -> None:
        """Send what is queued, for ever."""
        try:
            while True:
                await self._filled.wait()
                while self._frames:
                    await self._socket.send(self._frames[0])
                    self.waiting_bytes -= len(self._frames.popleft())
                self._filled.clear()
        except ConnectionClosed:
            pass  # the reader notices as well and cleans up

    def cut(self) -> None:
        """Drop the connection without waiting for a peer that does not read."""
        self._socket.transport.abort()

    async def close(self, code: int) -> None:
        """Close with a code, within the close timeout."""
        await self._socket.close(code)
