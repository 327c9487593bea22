"""Clients that cost as little as they can, so that the server is what is measured.

Frames are made by hand, with a mask of zeros, and what arrives is counted in bytes.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgpack

from tests.bench.measure import ROOT

BLOB = bytes(1024)
WINDOW = 8
"""Frames on their way from one sender."""
AT_ONCE = 64
"""Handshakes on their way."""


class Client(asyncio.Protocol):
    """One WebSocket."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._opened = asyncio.get_running_loop().create_future()
        self._head = b""
        self.received = 0
        self.on_bytes: Callable[[int], None] = lambda _size: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: envlsp.1\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self._opened.done():
            self._head += data
            if b"\r\n\r\n" in self._head:
                self._opened.set_result(self._head.startswith(b"HTTP/1.1 101"))
            return
        self.received += len(data)
        self.on_bytes(len(data))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_result(False)

    async def opened(self) -> Client:
        assert await asyncio.wait_for(self._opened, 30), self._head[:80]
        return self

    def send(self, frame: bytes) -> None:
        assert self._transport is not None
        self._transport.write(frame)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


@dataclass(frozen=True, slots=True)
class Relay:
    """A server to be measured."""

    port: int
    pid: int

    def rss_kib(self) -> int:
        """Return its memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def cpu_s(self) -> float:
        """Return the processor time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def relay(kind: str) -> Iterator[Relay]:
    """Yield a running server."""
    words = [sys.executable, "-m", "tests.bench.relay_server", kind]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Relay(int(process.stdout.readline()), process.pid)
        finally:
            process.kill()


async def dial(port: int) -> Client:
    """Return an open connection."""
    _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", port)
    return await client.opened()


async def crowd(port: int, count: int) -> list[Client]:
    """Return so many connections, opened as fast as they come in."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> Client:
        async with gate:
            return await dial(port)

    return await asyncio.gather(*(one() for _ in range(count)))


async def enter(client: Client, room: bytes) -> None:
    """Enter a room, and wait for the answer."""
    before = client.received
    client.send(frame(1, room))
    limit = time.monotonic() + 10
    while client.received == before:
        assert time.monotonic() < limit
        await asyncio.sleep(0.002)


@dataclass(slots=True)
class Stream:
    """One sender and one receiver, who keep some frames on their way."""

    sender: Client
    frame: bytes
    size: int
    """Of a message as it arrives."""
    count: int = 0
    rest: int = 0
    stopped: bool = False

    def begin(self, receiver: Client) -> None:
        receiver.on_bytes = self._arrived
        self.sender.send(self.frame * WINDOW)

    def _arrived(self, size: int) -> None:
        whole, self.rest = divmod(self.rest + size, self.size)
        self.count += whole
        if whole and not self.stopped:
            self.sender.send(self.frame * whole)


def frame(verb: int, *parts: bytes) -> bytes:
    """Return a masked binary WebSocket frame around a request."""
    packed = msgpack.packb([verb, *parts], use_bin_type=True)
    assert isinstance(packed, bytes)
    size = len(packed)
    head = struct.pack("!BB", 0x82, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x82, 0xFE, size)
    return head + bytes(4) + packed


def arriving(*parts: object) -> int:
    """Return how many bytes a frame with this content has when a server sends it."""
    packed = msgpack.packb(list(parts), use_bin_type=True)
    assert isinstance(packed, bytes)
    return len(packed) + (2 if len(packed) < 126 else 4)
