"""A peer in a process of its own: signals on stdin and stdout, echoes what it receives.

Run as `python tests/support/link_peer.py`; see tests/transport/test_processes.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from envlsp.errors import LinkClosed
from envlsp.transport.api import IceServers, LinkOptions, SignalKind
from envlsp.transport.webrtc import Dial
from envlsp.wire.canonical import Value, decode_untrusted, encode


def to_line(kind: SignalKind, params: Value) -> bytes:
    return encode([kind, params]).hex().encode() + b"\n"


def from_line(line: bytes) -> tuple[SignalKind, Value]:
    match decode_untrusted(bytes.fromhex(line.decode().strip()), limit_bytes=16384):
        case ["params" | "candidates" | "end" | "bye" as kind, params]:
            return kind, params
    raise ValueError("not a signal")


class LinePipe:
    """A signal pipe over two byte streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, kind: SignalKind, params: Value) -> None:
        self.writer.write(to_line(kind, params))
        await self.writer.drain()

    async def receive(self) -> tuple[SignalKind, Value]:
        return from_line(await self.reader.readline())


async def stdio() -> LinePipe:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    return LinePipe(reader, asyncio.StreamWriter(transport, protocol, reader, loop))


async def main() -> None:
    pipe = await stdio()
    link = await Dial(
        controlling=False,
        servers=IceServers(),
        signals=pipe,
        options=LinkOptions(hosts=("127.0.0.1",)),
    ).open()
    with contextlib.suppress(LinkClosed):
        while (message := await link.receive()) != b"leave":
            await link.send(message)
    await link.close()


if __name__ == "__main__":
    asyncio.run(main())
