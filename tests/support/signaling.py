"""Signaling servers for tests: in this process, as a process, and with every frame recorded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgpack
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from envlsp_signaling.server import SignalingServer

TAP = Path(__file__).with_name("tapped_signaling.py")
ROOM = b"r" * 16
BLOB = b"b" * 1024
WAIT_S = 60.0


@contextlib.asynccontextmanager
async def serving(server: SignalingServer | None = None, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Yield the url of a server in this process."""
    server = server or SignalingServer()
    port = await server.start(host, 0)
    try:
        yield f"ws://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def plain(
    url: str,
    token: str | None = None,
    *,
    forwarded_for: str | None = None,
    source: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[ClientConnection]:
    """Yield a WebSocket that obeys nothing but the handshake.

    Args:
        url: of the server.
        token: to show.
        forwarded_for: what a proxy, or somebody who plays one, says.
        source: the address it comes from, such as 127.0.0.2.
        tls: what is trusted, for `wss://`.
    """
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    headers |= {"X-Forwarded-For": forwarded_for} if forwarded_for is not None else {}
    more: dict[str, Any] = {"local_addr": (source, 0)} if source else {}
    more |= {"ssl": tls} if tls else {}
    socket = await connect(
        url,
        subprotocols=[Subprotocol("envlsp.1")],
        additional_headers=headers,
        compression=None,
        proxy=None,
        close_timeout=1,
        **more,
    )
    try:
        yield socket
    finally:
        await socket.close()


async def tell(socket: ClientConnection, *parts: object) -> None:
    """Send one frame."""
    packed = msgpack.packb(list(parts), use_bin_type=True)
    assert isinstance(packed, bytes)
    await socket.send(packed)


async def hear(socket: ClientConnection) -> list[object]:
    """Return the next frame, decoded."""
    async with asyncio.timeout(WAIT_S):
        frame = await socket.recv()
    assert isinstance(frame, bytes)
    decoded = msgpack.unpackb(frame)
    assert isinstance(decoded, list)
    return decoded


class ServerProcess:
    """The command `envlsp-signaling`, as users run it."""

    def __init__(self, process: Process, announced: dict[str, str]) -> None:
        self.process = process
        self.url = announced["url"]
        self.metrics = announced.get("metrics", "")
        self.log = b""

    async def until_logged(self, words: bytes) -> None:
        """Wait until it has logged this; what it logged by then is in `log`."""
        assert self.process.stderr is not None
        async with asyncio.timeout(WAIT_S):
            while words not in self.log:
                line = await self.process.stderr.readline()
                assert line, self.log
                self.log += line

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code; what it logged is in `log`."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(WAIT_S):
            _, rest = await self.process.communicate()
        self.log += rest
        assert self.process.returncode is not None
        return self.process.returncode


@contextlib.asynccontextmanager
async def process(
    *options: str, tap: Path | None = None, port: int = 0, develop: bool = True
) -> AsyncIterator[ServerProcess]:
    """Yield a running server process.

    Args:
        options: of the command.
        tap: a file into which it records all frames.
        port: a certain one.
        develop: in Python's development mode, which complains about more.
    """
    program = [str(TAP), str(tap)] if tap else ["-m", "envlsp_signaling"]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *program,
        "--port",
        str(port),
        "--json",
        *options,
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONDEVMODE": "1" if develop else ""},
    )
    assert child.stdout is not None
    async with asyncio.timeout(WAIT_S):
        line = await child.stdout.readline()
    server = ServerProcess(child, json.loads(line))
    try:
        yield server
    finally:
        if child.returncode is None:
            await server.stop(signal.SIGKILL)
