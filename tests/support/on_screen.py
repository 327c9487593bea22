"""A program on a terminal of its own: what is typed into it, and every state of its screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.support.missing import leave_out
from tests.support.screens import Terminal

WAIT_S = 60.0
QUIET_S = 0.1
"""A program that has written nothing for so long has drawn all that it was about to draw."""


def found_program(name: str) -> str:
    """Return where a program is, or leave the test out and say why."""
    found = shutil.which(name)
    if found is None:
        leave_out(f"NOT TESTED IN A REAL EDITOR: no {name}")
    return found


class OnScreen:
    """A running program."""

    def __init__(self, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.screen = Terminal()
        self.master, slave = pty.openpty()
        size = struct.pack("HHHH", self.screen.rows, self.screen.columns, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        self.process = subprocess.Popen(
            list(words),
            cwd=cwd,
            env={**env, "TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  (one system call, no lock)
        )
        os.close(slave)

    def type(self, keys: str) -> None:
        """Type; `\\x1b` is escape, `\\r` is enter."""
        os.write(self.master, keys.encode())

    def typed(self, keys: str) -> None:
        """Type, and wait until what follows is drawn."""
        self.type(keys)
        self.drawn()

    def read(self, wait_s: float) -> bool:
        """Take what it has written, waiting a little for it; false where that is nothing."""
        if not select.select([self.master], [], [], wait_s)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:  # how Linux says that the other side is closed
            data = b""
        self.screen.feed(data)
        return bool(data)

    def drawn(self) -> None:
        """Wait until it writes nothing more."""
        limit = time.monotonic() + WAIT_S
        while self.read(QUIET_S) and time.monotonic() < limit:
            pass

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something has come to pass."""
        limit = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < limit, f"it never came to pass; on the screen:\n{self.screen.now()}"
            if not self.read(0.05):
                time.sleep(0.02)

    def until_shows(self, text: str) -> None:
        """Wait until something can be seen."""
        self.until(lambda: self.screen.shows(text))

    def end(self) -> None:
        """End it, if it still runs."""
        os.close(self.master)  # its terminal hangs up
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _take_terminal() -> None:
    """Make the terminal of stdin what an editor finds at /dev/tty."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def on_screen(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[OnScreen]:
    """Start a program on a terminal of its own."""
    running = OnScreen(words, cwd, env)
    try:
        yield running
    finally:
        running.end()
