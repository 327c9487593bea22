"""The short way of `envlsp lsp`: to the server without the library of the command line.

An editor waits for the server each time it opens a folder, so what is not needed for
answering it is not loaded. `commands/lsp.py` has the options' words and comes here too.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def attempt(words: list[str]) -> int | None:
    """Serve on stdin and stdout if that is all that is asked for; else return None."""
    return serve() if words in ([], ["--stdio"]) else None


def serve() -> int:
    """Serve the editor on stdin and stdout, and return the exit code."""
    return _serve(0, 1, lambda size: os.read(0, size), _writer(1))


def serve_tcp(host: str, port: int, ready: Callable[[str, int], None]) -> int:
    """Serve the first editor that connects, for debugging.

    Args:
        host: this machine, by any of `LOOPBACK`.
        port: 0 takes one that is free.
        ready: told where, once an editor can connect.
    """
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        ready(host, listener.getsockname()[1])
        connection, _ = listener.accept()
    with connection:
        descriptor = connection.fileno()
        return _serve(descriptor, descriptor, connection.recv, connection.sendall)


def _serve(
    incoming: int, outgoing: int, read: Callable[[int], bytes], write: Callable[[bytes], object]
) -> int:
    gc.disable()  # nothing that is loaded now will be garbage; the server turns it on again
    from envlsp.lsp.front import greet

    met = greet(read, write)
    if met is None:
        return 1
    from envlsp.lsp.server import serve as run

    client, frames = met
    return run(client, incoming, outgoing, frames)


def _writer(descriptor: int) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        while data:
            data = data[os.write(descriptor, data) :]

    return write
