"""A real Vim on a terminal, typed into and asked over a channel of its own.

It starts clean: no configuration but ours, and folders of nobody. Where there is no Vim 9
the tests say so loudly, or fail with REQUIRE_ALL=1.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.on_screen import WAIT_S, OnScreen, found_program

PLUGIN = Path(__file__).resolve().parents[2] / "editors" / "vim"
BIN = Path(sys.executable).parent

RC = """
set nocompatible nomore encoding=utf-8 hidden
func! TestDo(words) abort
  try
    execute a:words
    return ''
  catch
    return v:exception .. ' at ' .. v:throwpoint
  endtry
endfunc
"""


class Vim(OnScreen):
    """One running editor."""

    _socket: socket.socket | None = None
    _number = 0
    _heard = b""

    def hear(self, listener: socket.socket) -> None:
        """Wait until it has called."""
        limit = time.monotonic() + WAIT_S
        while not select.select([listener], [], [], 0)[0]:
            assert time.monotonic() < limit, self.screen.now()
            self.read(0.05)
        self._socket, _ = listener.accept()

    def ask(self, expression: str) -> Any:
        """Return what an expression is."""
        return self._call(["expr", expression])

    def do(self, words: str) -> None:
        """Run an Ex command.

        Raises:
            AssertionError: it failed.
        """
        failure = self._call(["call", "TestDo", [words]])
        assert not failure, f"{words}: {failure}"

    def showed(self, words: str) -> None:
        """Run an Ex command and wait until what follows is drawn."""
        self.do(words)
        self.do("redraw")
        self.drawn()

    def lines(self) -> list[str]:
        """Return what the buffer holds."""
        return list(self.ask("getline(1, '$')"))

    def said(self) -> str:
        """Return what the person was told."""
        return str(self.ask("execute('messages')"))

    def _call(self, words: list[Any]) -> Any:
        assert self._socket is not None
        self._number -= 1
        self._socket.sendall(json.dumps([*words, self._number]).encode())
        limit = time.monotonic() + WAIT_S
        while True:
            if select.select([self._socket], [], [], 0.005)[0]:
                self._heard += self._socket.recv(65536)
                with contextlib.suppress(json.JSONDecodeError):
                    number, result = json.loads(self._heard)
                    self._heard = b""
                    assert number == self._number
                    return result
            self.read(0)
            assert time.monotonic() < limit, f"no answer; on the screen:\n{self.screen.now()}"

    def quit(self) -> None:
        """End it, and its server with it."""
        with contextlib.suppress(AssertionError, OSError):
            self.ask("timer_start(0, {-> execute('qall!')})")
            limit = time.monotonic() + 5
            while self.process.poll() is None and time.monotonic() < limit:
                self.read(0.05)
        if self._socket is not None:
            self._socket.close()
        self.end()


@contextlib.contextmanager
def vim_editor(
    folder: Path, environ: Mapping[str, str], place: Path, *files: str, rc: str = ""
) -> Iterator[Vim]:
    """Start a Vim in `place` that knows envlsp and nothing else.

    Args:
        folder: an empty one, for what it writes; its path is short enough for a socket.
        environ: of the person's shell.
        place: the working directory.
        files: what it opens at once.
        rc: more of its configuration.
    """
    program = found_program("vim")
    address = folder / "vim.sock"
    config = folder / "vimrc"
    # The call comes last: from then on, the test may ask.
    call = f"autocmd VimEnter * let g:test_channel = ch_open('unix:{address}')\n"
    own = f"set runtimepath^={PLUGIN}\nset directory={folder} undodir={folder} viminfofile={folder}/viminfo\n"
    config.write_text(RC + own + rc + call)
    path = os.pathsep.join([str(BIN), environ.get("PATH", os.defpath)])
    env = {**environ, "PATH": path, "MYVIMRC": "", "HOME": str(folder)}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        vim = Vim([program, "-N", "-u", str(config), *files], place, env)
        try:
            vim.hear(listener)
            yield vim
        finally:
            vim.quit()
