"""A program in a terminal of its own, as a person has it: keys in, and what the screen shows."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.on_screen import found_program

WAIT_S = 60.0
LOOK_S = 0.05


class Pane:
    """One screen of 100 columns and 30 rows."""

    def __init__(self, tmux: str, socket: Path) -> None:
        self._tmux = [tmux, "-S", str(socket), "-f", "/dev/null"]

    def start(self, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        """Start the program, with these variables and no others."""
        clean = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), "TERM=screen-256color"]
        command = shlex.join([*clean, "LC_ALL=C.UTF-8", *words])
        size = ["-x", "100", "-y", "30"]
        subprocess.run(
            [*self._tmux, "-u", "new-session", "-d", *size, command], cwd=cwd, env=dict(env), check=True
        )
        self._ask("set-option", "-s", "escape-time", "0")

    def type(self, *keys: str) -> None:
        """Press keys: each is text, or the name of a key such as `Enter`, `Escape`, `C-x`."""
        for key in keys:
            is_named = key in {"Enter", "Escape", "Tab"} or (len(key) == 3 and key.startswith("C-"))
            self._ask("send-keys", *([] if is_named else ["-l"]), "--", key)

    def shows(self) -> str:
        """Return what can be read on the screen."""
        return self._ask("capture-pane", "-p")

    def until_shows(self, *words: str) -> str:
        """Wait until all of these can be read; return the screen."""
        limit = time.monotonic() + WAIT_S
        while not all(word in (screen := self.shows()) for word in words):
            assert time.monotonic() < limit, f"no {words} on the screen:\n{screen}"
            time.sleep(LOOK_S)
        return screen

    def until_gone(self, words: str) -> None:
        """Wait until this can be read no more."""
        limit = time.monotonic() + WAIT_S
        while words in (screen := self.shows()):
            assert time.monotonic() < limit, f"still {words!r} on the screen:\n{screen}"
            time.sleep(LOOK_S)

    def end(self) -> None:
        """End the program and its terminal."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _ask(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], check=True, capture_output=True, timeout=WAIT_S)
        return done.stdout.decode()


@contextmanager
def pane(folder: Path, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[Pane]:
    """Start a program in a terminal.

    Args:
        folder: for the terminal's socket; its path is short.
        words: the program and its arguments.
        cwd: where it runs.
        env: all of its variables.
    """
    terminal = Pane(found_program("tmux"), folder / "tmux")
    try:
        terminal.start(words, cwd, env)
        yield terminal
    finally:
        terminal.end()
