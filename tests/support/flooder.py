"""Eve in a process of her own: `flooder.py URL SECONDS`. Every kind of flood at once, from her own addresses.

Bounded in count and time, and on loopback only. Prints how many frames, bytes, connections
and guesses she got off, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import msgpack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

SILENT_MAX = 300
LOST = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError, EOFError)


class Eve:
    """One flood after the other, until the time is over."""

    def __init__(self, url: str, ends: float) -> None:
        self.url, self.ends = url, ends
        self.did: Counter[str] = Counter()

    def while_allowed(self) -> Iterator[int]:
        number = 0
        while time.monotonic() < self.ends:
            yield number
            number += 1

    async def messages(self, address: str) -> None:
        """Small frames without a pause."""
        async with self.connected(address) as socket:
            await self.send(socket, 1, b"m" * 16)
            for _ in self.while_allowed():
                await self.send(socket, 3, b"m" * 16, bytes(1024))

    async def sizes(self, address: str) -> None:
        """The largest frames, to a room full of others of hers."""
        async with self.connected(address) as socket:
            await self.send(socket, 1, b"s" * 16)
            for _ in self.while_allowed():
                await self.send(socket, 3, b"s" * 16, bytes(16 * 1024))

    async def rooms(self, address: str) -> None:
        """In and out of rooms, more than are allowed."""
        async with self.connected(address) as socket:
            for _ in self.while_allowed():
                await self.send(socket, 1, os.urandom(16))

    async def connections(self, address: str) -> None:
        """As many connections as one address gets, and more."""
        async with contextlib.AsyncExitStack() as kept:
            for number in self.while_allowed():
                with contextlib.suppress(*LOST):
                    await kept.enter_async_context(self.connected(address))
                    self.did["connections"] += 1
                await asyncio.sleep(0.02 if number > 40 else 0)

    async def slow_readers(self, address: str) -> None:
        """Listens to the room of large frames, and reads nothing."""
        async with self.connected(address) as socket:
            await self.send(socket, 1, b"s" * 16)
            socket.transport.pause_reading()
            await asyncio.sleep(max(0.0, self.ends - time.monotonic()))

    async def half_open(self, address: str) -> None:
        """Sockets that begin a handshake and never end it."""
        parts = urlsplit(self.url)
        kept = []
        for number in self.while_allowed():
            if number < SILENT_MAX:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection(
                        parts.hostname, parts.port, local_addr=(address, 0)
                    )
                    writer.write(b"GET / HTTP/1.1\r\n")
                    kept.append(writer)
                    self.did["half_open"] += 1
            await asyncio.sleep(0.005)
        for writer in kept:
            writer.close()

    async def guesses(self, address: str) -> None:
        """Mailbox numbers at random."""
        async with self.connected(address) as socket:
            for _ in self.while_allowed():
                await self.send(socket, 6, random.randrange(1_000_000))
                self.did["guesses"] += 1

    @contextlib.asynccontextmanager
    async def connected(self, address: str):  # type: ignore[no-untyped-def]
        async with asyncio.timeout(5):
            socket = await connect(
                self.url,
                subprotocols=[Subprotocol("envlsp.1")],
                compression=None,
                proxy=None,
                close_timeout=0.2,
                local_addr=(address, 0),
            )
        try:
            yield socket
        finally:
            socket.transport.abort()

    async def send(self, socket: ClientConnection, *parts: object) -> None:
        packed = msgpack.packb(list(parts), use_bin_type=True)
        assert isinstance(packed, bytes)
        await socket.send(packed)
        self.did["frames"] += 1
        self.did["bytes"] += len(packed)
        # Her ways share one processor: none of them may keep the others from trying.
        await asyncio.sleep(0.02 if self.did["frames"] % 25 == 0 else 0)

    async def again_and_again(self, flood: Callable[[str], Awaitable[None]], address: str) -> None:
        """Come back whenever she is thrown out."""
        for _ in self.while_allowed():
            with contextlib.suppress(*LOST):
                await flood(address)
            self.did["thrown_out"] += 1
            await asyncio.sleep(0.05)


async def main(url: str, seconds: float) -> None:
    eve = Eve(url, time.monotonic() + seconds)
    floods = (eve.messages, eve.sizes, eve.rooms, eve.guesses, eve.slow_readers)
    plan = [(flood, f"127.0.1.{number}") for number, flood in enumerate(floods * 3, 1)]
    plan += [(eve.connections, "127.0.2.1"), (eve.half_open, "127.0.3.1"), (eve.half_open, "127.0.3.2")]
    await asyncio.gather(*(eve.again_and_again(flood, address) for flood, address in plan))
    sys.stdout.write(json.dumps(eve.did) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
