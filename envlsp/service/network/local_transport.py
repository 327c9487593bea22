"""The way between processes of one device: a Unix socket that only this user can open.

The one place that knows what the system offers. Refuses to know what is said: that is
`local_api`. Rules: the socket is 0600 in a folder that is 0700, it can be opened by nobody
before that holds, and each end asks the kernel who the other one is. Where there are no
such sockets nobody listens, and whoever wants something of the network becomes the node.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from envlsp.errors import TransportError

Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

SOCKET_MODE: Final = 0o600
BACKLOG: Final = 64
READ_AHEAD_BYTES: Final = 64 * 1024
_LINUX_CREDENTIALS: Final = "3i"
_LOCAL_PEERCRED, _SOL_LOCAL, _XUCRED = 0x001, 0, "2ih16i"
"""macOS and the BSDs: struct xucred, the user id right after its version."""


async def listen(path: Path, serve: Serve) -> asyncio.Server:
    """Serve whoever connects; the caller holds the node lock, so a socket left behind is stale.

    Raises:
        TransportError: the system has no such sockets, or the path is too long for one.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise TransportError("this system has no sockets between processes of one user")
    try:
        server = await asyncio.start_unix_server(
            serve, sock=_bound(path), backlog=BACKLOG, limit=READ_AHEAD_BYTES, start_serving=False
        )  # which suspends nowhere, so that whoever is stopped here has a server to close
        try:
            await server.start_serving()
        except BaseException:
            stop_listening(server, path)
            raise
    except OSError as exc:
        raise TransportError(f"cannot listen at {path}: {exc.strerror or exc}") from exc
    return server


def stop_listening(server: asyncio.Server, path: Path) -> None:
    """Let nobody in any more, and leave nothing to be found."""
    server.close()
    path.unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)  # before anybody is listened to; a umask would be every thread's
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def connect(path: Path, timeout_s: float) -> socket.socket | None:
    """Return a connection to whoever listens; None where nobody does, or somebody else's process.

    What is said over it opens this device, so the kernel is asked first whose process it is.
    """
    if not hasattr(socket, "AF_UNIX"):
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    with contextlib.suppress(OSError):
        connection.connect(str(path))
        if is_ours(connection):
            return connection
    connection.close()
    return None


def is_ours(connection: socket.socket) -> bool:
    """Return whether the process at the other end runs as this user."""
    return peer_uid(connection) == os.getuid()


def peer_uid(connection: socket.socket) -> int:
    """Return the user id of the process at the other end."""
    if sys.platform == "linux":
        size = struct.calcsize(_LINUX_CREDENTIALS)
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack(_LINUX_CREDENTIALS, credentials)[1])
    credentials = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, struct.calcsize(_XUCRED))
    return int(struct.unpack_from("2i", credentials)[1])
