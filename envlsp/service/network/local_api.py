"""What other processes of this device say to its node, and the node to them.

Refuses to know what a call means: that is `node`; and how the bytes get there:
`local_transport`. Rules: the other end must run as the same user, versions are
negotiated before anything else is said, and nobody takes more than a share: of
connections, of calls at a time, of bytes that wait for a slow reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from envlsp.errors import (
    EnvlspError,
    Locked,
    MalformedFrame,
    NodeForeign,
    NodeRefused,
    PeerError,
    SignalingUnreachable,
    TransportError,
)
from envlsp.service.network import local_transport
from envlsp.wire.canonical import Value
from envlsp.wire.local import (
    LENGTH_BYTES,
    LOCAL_MAX_BYTES,
    OURS,
    Answer,
    Call,
    Complaint,
    Hello,
    Message,
    common_version,
    decode_local_untrusted,
    encode_local,
    length_untrusted,
)

log = logging.getLogger(__name__)

CONNECTIONS_MAX = 128
"""Editors and commands of one person; each costs a task and two buffers."""
CALLS_AT_ONCE_MAX = 16
"""Of one connection: what it asks beyond that is read when an answer has gone out."""
HELLO_S = 5.0
"""How long a connection may say nothing at the beginning."""
UNREAD_MAX_BYTES = 2 * LOCAL_MAX_BYTES
"""So much may wait for a process that does not read; then it is hung up on, and looks at the disk."""

Values: TypeAlias = tuple[Value, ...]
Handler: TypeAlias = Callable[[str, Values], Awaitable[Values]]
"""`await handler(method, args)` answers a call or raises an EnvlspError."""

_SAME: dict[str, type[TransportError]] = {SignalingUnreachable.code: SignalingUnreachable}
"""Errors that a caller says in the node's own words, with the fix that goes with them."""


class LocalServer:
    """The node's side. Keeps one task per connection; `broadcast` reaches all of them."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._path = path
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections = 0

    async def start(self) -> None:
        """Listen. The caller holds the node lock, so a socket left behind is stale.

        Raises:
            TransportError: that cannot be.
        """
        self._server = await local_transport.listen(self._path, self._welcome)

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is None:
            return
        local_transport.stop_listening(self._server, self._path)
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    def broadcast(self, method: str, *args: Value) -> None:
        """Tell every connected process something it did not ask for."""
        data = encode_local(Call(0, method, args))
        for writer in list(self._writers):
            self._write(writer, data)

    def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if writer.transport.get_write_buffer_size() > UNREAD_MAX_BYTES:
            self._writers.discard(writer)
            writer.transport.abort()  # it does not read, and would take memory without end
        else:
            writer.write(data)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_ours = local_transport.is_ours(writer.get_extra_info("socket"))
        if not is_ours or self._connections >= CONNECTIONS_MAX:
            writer.close()
            return
        self._connections += 1
        try:
            await self._serve(reader, writer)
        finally:
            self._connections -= 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks: set[asyncio.Task[None]] = set()
        free = asyncio.Semaphore(CALLS_AT_ONCE_MAX)
        try:
            writer.write(encode_local(OURS))
            async with asyncio.timeout(HELLO_S):
                hello = await _read(reader)
            if not isinstance(hello, Hello) or common_version(OURS, hello) is None:
                return
            self._writers.add(writer)
            while isinstance(message := await _read(reader), Call):
                await free.acquire()
                task = asyncio.create_task(self._answer(message, writer))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(lambda _task: free.release())
        except (OSError, asyncio.IncompleteReadError, PeerError, TimeoutError):
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
        self._write(writer, encode_local(reply))
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
            NodeForeign: the node speaks no version of ours.
        """
        connection = local_transport.connect(path, timeout_s)
        if connection is None:
            return None
        client = cls(connection)
        try:
            client._greet()
        except (OSError, EOFError):
            client.close()
            return None
        except BaseException:
            client.close()
            raise
        return client

    def _greet(self) -> None:
        self._connection.sendall(encode_local(OURS))
        try:
            hello = self._read()
        except MalformedFrame:
            hello = None
        if not isinstance(hello, Hello):
            raise NodeForeign("it does not speak as one")
        if common_version(OURS, hello) is None:
            if hello.highest < OURS.lowest:
                raise NodeForeign("an older one than this command")
            raise NodeForeign("a newer one than this command", fix="use that envlsp, or upgrade this one")

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
