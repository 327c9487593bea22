"""The processes that the demo starts, and their end.

Knows no scene. Rules: every process is ended by the object that started it, whatever
happens; nothing waits without a limit; what a process says is kept line by line, its
errors among its data, in the order a terminal would show them.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

STEP_S = 60.0
"""More than a slow machine needs for any one command of the demo."""
END_S = 5.0
PAUSE_S = 0.3


class Stopped(Exception):
    """A process that ended with a failure, or did not say in time what was waited for."""


class Child:
    """A process in the background."""

    def __init__(self, words: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        # A session of its own: Ctrl-C reaches the demo, and the demo ends its children in order.
        self._process = subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def lines(self) -> Iterator[str]:
        """Yield what it says, line by line, until it ends.

        Raises:
            Stopped: it neither said anything nor ended in time.
        """
        while True:
            try:
                line = self._lines.get(timeout=STEP_S)
            except queue.Empty:
                raise Stopped(f"said nothing for {STEP_S:.0f} s") from None
            if line is None:
                return
            yield line

    def pending(self) -> Iterator[str]:
        """Yield what it says right now, until it pauses; how long that takes changes only the layout."""
        with contextlib.suppress(queue.Empty):
            while (line := self._lines.get(timeout=PAUSE_S)) is not None:
                yield line
            self._lines.put(None)

    def finish(self) -> int:
        """Wait for its end; return its exit code."""
        return self._process.wait(STEP_S)

    def end(self) -> None:
        """End it: politely, then by force."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(END_S)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()


class Children:
    """Every process in the background; leaving the `with` block ends them, the youngest first."""

    def __init__(self) -> None:
        self._all: list[Child] = []

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all of them."""
        while self._all:
            self._all.pop().end()

    def start(self, words: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Child:
        """Start a process that goes on beside us."""
        child = Child(words, cwd, environ)
        self._all.append(child)
        return child


def run(words: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    """Run a process to its end; return its exit code and all it said.

    Raises:
        Stopped: it did not end in time.
    """
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            timeout=STEP_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise Stopped(f"did not end within {STEP_S:.0f} s") from exc
    return done.returncode, done.stdout


def deadline() -> float:
    """Return when to stop waiting for something that begins now."""
    return time.monotonic() + STEP_S
