"""The Unix socket through which other processes of this device use its node.

Refuses to know what a call means: that is `node`. Rules: the socket is 0600 in a
0700 folder, the other end must run as the same user, versions are negotiated
before anything else is said.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from envlsp.errors import (
    EnvlspError,
    Locked,
    NodeRefused,
    PeerError,
    SignalingUnreachable,
    TransportError,
    UpgradeNeeded,
)
from envlsp.wire.canonical import Value
from envlsp.wire.local import (
    LENGTH_BYTES,
    LOCAL_VERSION,
    Answer,
    Call,
    Complaint,
    Hello,
    Message,
    decode_local_untrusted,
    encode_local,
    length_untrusted,
)

log = logging.getLogger(__name__)

Values: TypeAlias = tuple[Value, ...]
Handler: TypeAlias = Callable[[str, Values], Awaitable[Values]]
"""`await handler(method, args)` answers a call or raises an EnvlspError."""

_SAME: dict[str, type[TransportError]] = {SignalingUnreachable.code: SignalingUnreachable}
"""Errors that a caller says in the node's own words, with the fix that goes with them."""


def peer_uid(connection: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix socket."""
    if sys.platform == "linux":
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    # macOS and the BSDs: struct xucred, the user id right after its version.
    local_peercred, sol_local, xucred = 0x001, 0, "2i"
    credentials = connection.getsockopt(sol_local, local_peercred, struct.calcsize("2ih16i"))
    return int(struct.unpack_from(xucred, credentials)[1])


class LocalServer:
    """The node's side. Keeps one task per connection; `broadcast` reaches all of them."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path = path
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen. The caller holds the node lock, so a socket left behind is stale."""
        self._path.unlink(missing_ok=True)
        previous = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path))
        finally:
            os.umask(previous)

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is None:
            return
        self._server.close()
        self._path.unlink(missing_ok=True)
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    def broadcast(self, method: str, *args: Value) -> None:
        """Tell every connected process something it did not ask for."""
        data = encode_local(Call(0, method, args))
        for writer in list(self._writers):
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        if peer_uid(connection) != os.getuid():
            writer.close()
            return
        tasks: set[asyncio.Task[None]] = set()
        try:
            writer.write(encode_local(Hello(LOCAL_VERSION, LOCAL_VERSION)))
            hello = await _read(reader)
            if not (isinstance(hello, Hello) and hello.lowest <= LOCAL_VERSION <= hello.highest):
                return
            self._writers.add(writer)
            while isinstance(message := await _read(reader), Call):
                task = asyncio.create_task(self._answer(message, writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except (OSError, asyncio.IncompleteReadError, PeerError):
            pass  # A process that went away, or that does not speak this: nothing to tell it.
        except asyncio.CancelledError:
            pass  # The node ends. asyncio would call a cancelled connection an error and log it.
        finally:
            for task in tasks:
                task.cancel()
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, call: Call, writer: asyncio.StreamWriter) -> None:
        reply: Message
        try:
            reply = Answer(call.number, await self._handler(call.method, call.args))
        except EnvlspError as exc:
            reply = Complaint(call.number, exc.code, str(exc))
        except Exception as exc:  # noqa: BLE001 - whoever asked must not wait for ever
            log.warning("a call failed: %s", type(exc).__name__)
            reply = Complaint(call.number, "error", f"something went wrong in it ({type(exc).__name__})")
        writer.write(encode_local(reply))
        with contextlib.suppress(OSError):
            await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Message:
    length = length_untrusted(await reader.readexactly(LENGTH_BYTES))
    return decode_local_untrusted(await reader.readexactly(length))


class LocalClient:
    """A blocking connection to the node, for one process. Needs no event loop."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._number = 0

    @classmethod
    def connect(cls, path: Path, timeout_s: float = 2.0) -> LocalClient | None:
        """Return a connection, or None when no node is listening.

        Raises:
            UpgradeNeeded: the node speaks another version.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            return None
        if peer_uid(connection) != os.getuid():  # what we are about to say opens this device
            connection.close()
            return None
        client = cls(connection)
        try:
            client._greet()
        except (OSError, EOFError):
            client.close()
            return None
        return client

    def _greet(self) -> None:
        self._connection.sendall(encode_local(Hello(LOCAL_VERSION, LOCAL_VERSION)))
        hello = self._read()
        if not (isinstance(hello, Hello) and hello.lowest <= LOCAL_VERSION <= hello.highest):
            raise UpgradeNeeded("the running node speaks another version", fix="restart envlsp agent")

    def call(self, method: str, *args: Value, timeout_s: float = 10.0) -> Values:
        """Ask the node and wait for its answer.

        Raises:
            NodeRefused: it could not, or it went away.
            SignalingUnreachable: it has no server to meet anybody at.
            Locked: this device is locked, and the node with it.
        """
        self._number += 1
        try:
            self._connection.settimeout(timeout_s)
            self._connection.sendall(encode_local(Call(self._number, method, args)))
            while True:
                match self._read():
                    case Answer(number, values) if number == self._number:
                        return values
                    case Complaint(number, Locked.code, _) if number == self._number:
                        raise Locked(fix="envlsp unlock")
                    case Complaint(number, code, detail) if number == self._number:
                        raise _SAME.get(code, NodeRefused)(detail)
        except (OSError, EOFError) as exc:
            raise NodeRefused("it did not answer") from exc

    def next_call(self) -> Call:
        """Wait, however long, until the node says something unasked.

        Raises:
            NodeRefused: it went away, or `close` was called from another thread.
        """
        try:
            self._connection.settimeout(None)
            while True:
                match self._read():
                    case Call() as call:
                        return call
        except (OSError, EOFError) as exc:
            raise NodeRefused("it went away") from exc

    def close(self) -> None:
        """Hang up; whoever waits for the node in another thread is told so."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _read(self) -> Message:
        return decode_local_untrusted(self._exactly(length_untrusted(self._exactly(LENGTH_BYTES))))

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            chunk = self._connection.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)
