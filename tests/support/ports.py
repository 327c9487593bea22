"""A port for a server that must be told one before it listens: nobody takes it in between.

It lies below those that systems give out by themselves, and each has a seat on another address of this
machine, held for as long as the port is somebody's: so two tests that run side by side never have the same.
"""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator

HERE = "127.0.0.1"
_SEATS = "127.77.77.77"
_PORTS = range(20_000, 30_000)


@contextlib.contextmanager
def own_port() -> Iterator[int]:
    """Yield a port of 127.0.0.1 at which nothing listens, and which no other test is given meanwhile."""
    with contextlib.ExitStack() as held:
        drawn = random.SystemRandom().sample(_PORTS, len(_PORTS))
        yield next(port for port in drawn if _take(port, held))


def _take(port: int, held: contextlib.ExitStack) -> bool:
    try:
        held.enter_context(socket.create_server((_SEATS, port)))
    except OSError:
        return False
    with contextlib.suppress(OSError), socket.create_server((HERE, port)):
        return True
    return False
