"""A command on a terminal: what is asked, what is typed, what can be seen on the screen."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

WAIT_S = 60.0


class Terminal:
    """`envlsp words...` on a terminal of its own."""

    def __init__(self, words: list[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "envlsp", *words],
            cwd=cwd,
            env=dict(env),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def expect(self, pattern: str) -> re.Match[str]:
        """Wait until the screen shows something after what was expected before."""
        limit = time.monotonic() + WAIT_S
        while (found := re.compile(pattern).search(self.screen, self._seen)) is None:
            going_on = time.monotonic() < limit and self._read()
            assert going_on, f"no {pattern!r} on:\n{self.screen}"
        self._seen = found.end()
        return found

    def type(self, line: str) -> None:
        """Type a line and press enter, once the program reads without echo or waits for a line."""
        os.write(self._master, line.encode() + b"\n")

    def finish(self) -> int:
        """Wait for the end; return the exit code."""
        while self._read():
            pass
        return self.process.wait(WAIT_S)

    def _read(self) -> bool:
        if not select.select([self._master], [], [], WAIT_S)[0]:
            return False
        with contextlib.suppress(OSError):  # how Linux says that the other side is closed
            if data := os.read(self._master, 65536):
                self.screen += data.decode(errors="replace").replace("\r\n", "\n")
                return True
        return False
