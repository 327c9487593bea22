"""A real Redis for tests: on loopback, on a port of its own, without a disk."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator

from tests.support.ports import own_port

LISTENS_S = 60.0


class RedisServer:
    """One server that can be ended and started again at the same place."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [*words, "--appendonly", "no", "--daemonize", "no"], stdout=subprocess.DEVNULL
        )
        limit = time.monotonic() + LISTENS_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.sendall(b"PING\r\n")
                if probe.recv(16).startswith(b"+PONG"):
                    return
            assert time.monotonic() < limit, "redis-server does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as a crash would: what it knew is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it hang: connections stand, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(19)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(18)

    def ask(self, *words: str) -> bytes:
        """Return what it answers to one command."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *words], capture_output=True, check=True, timeout=60
        )
        return done.stdout


@contextlib.contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Yield a running server."""
    with own_port() as port:
        server = RedisServer(port)
        server.start()
        try:
            yield server
        finally:
            server.stop()
