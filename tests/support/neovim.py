"""A real Neovim without a screen, driven over its own RPC.

It starts clean: no configuration but ours, and folders, swap and shada of nobody. Where
there is no Neovim the tests say so loudly, or fail with REQUIRE_ALL=1.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgpack

from tests.support.missing import leave_out
from tests.support.neovim_screen import Screen

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "editors" / "neovim"
BIN = Path(sys.executable).parent
WAIT_S = 60.0

INIT = f"""
vim.opt.runtimepath:prepend('{PLUGIN}')
vim.o.columns, vim.o.lines = 100, 30
_G.said = {{}}
vim.notify = function(text) table.insert(_G.said, text) end
vim.lsp.enable('envlsp')
"""


def neovim() -> str:
    """Return the program, or leave the test out and say why."""
    beside = BIN / "nvim"
    found = str(beside) if beside.exists() else shutil.which("nvim")
    if found is None:
        leave_out("NOT TESTED IN A REAL EDITOR: no nvim")
    return found


class Neovim:
    """One running editor."""

    def __init__(self, process: subprocess.Popen[bytes], at: Path | socket.socket) -> None:
        self._process = process
        self._socket = _connect(process, at) if isinstance(at, Path) else at
        self._unpacker = msgpack.Unpacker(raw=False, ext_hook=lambda _code, _data: None)
        self._number = 0
        self.screen = Screen()

    def lua(self, code: str, *args: Any) -> Any:
        """Run a chunk of Lua and return what it returns; `...` are the arguments.

        Raises:
            AssertionError: the chunk failed.
        """
        return self._call("nvim_exec_lua", [code, list(args)])

    def _call(self, method: str, params: list[Any]) -> Any:
        self._number += 1
        self._socket.sendall(msgpack.packb([0, self._number, method, params]))
        while True:
            for kind, number, *rest in self._unpacker:
                if kind == 2 and number == "redraw":
                    self.screen.redraw(rest[0])
                elif (kind, number) == (1, self._number):
                    error, result = rest
                    assert error is None, error
                    return result
            data = self._socket.recv(65536)
            assert data, "the editor is gone"
            self._unpacker.feed(data)

    def show(self) -> None:
        """Give it a screen; from now on every frame is kept in `screen`."""
        self.until(lambda: self.lua("return vim.v.vim_did_enter") == 1)
        self.attach()

    def attach(self) -> None:
        """Be its screen."""
        self._call("nvim_ui_attach", [100, 30, {"ext_linegrid": True, "rgb": True}])

    def drawn(self) -> bool:
        """Have all that was typed done and drawn; always true."""
        self.lua("vim.wait(30) vim.cmd.redraw()")
        return self.lua("return true") is True

    def command(self, words: str) -> None:
        """Run an Ex command, as typed behind a colon."""
        self.lua("vim.cmd(...)", words)

    def keys(self, keys: str) -> None:
        """Type, in the notation of mappings."""
        self.lua("vim.api.nvim_input(...)", keys)

    def open(self, path: Path) -> None:
        """Edit a file, and wait until the server has it."""
        self.command(f"edit {path}")
        attached = (
            "local c = vim.lsp.get_clients({ name = 'envlsp', bufnr = 0 })[1] return c and c.initialized"
        )
        self.until(lambda: self.lua(attached))

    def lines(self) -> list[str]:
        """Return what the buffer holds."""
        return list(self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)"))

    def cursor(self, line: int, column: int) -> None:
        """Move to a line, from 1, and a column, from 0."""
        self.lua("vim.api.nvim_win_set_cursor(0, {...})", line, column)

    def request(self, method: str, **more: Any) -> Any:
        """Ask the server something about the place of the cursor."""
        return self.lua(
            """
            local method, more = ...
            local client = vim.lsp.get_clients({ name = 'envlsp', bufnr = 0 })[1]
            local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
            local answer = client:request_sync(method, vim.tbl_extend('force', params, more), 30000, 0)
            assert(answer and not answer.err, vim.inspect(answer and answer.err or 'no answer'))
            return answer.result
            """,
            method,
            more,
        )

    def problems(self) -> list[str]:
        """Return the messages of all diagnostics of the buffer."""
        found = "return vim.tbl_map(function(d) return d.message end, vim.diagnostic.get(0))"
        return list(self.lua(found))

    def floats(self) -> list[str]:
        """Return the text of each floating window."""
        return list(
            self.lua(
                """
                local found = {}
                for _, window in ipairs(vim.api.nvim_list_wins()) do
                  if vim.api.nvim_win_get_config(window).relative ~= '' then
                    local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
                    table.insert(found, table.concat(lines, '\\n'))
                  end
                end
                return found
                """
            )
        )

    def said(self) -> list[str]:
        """Return what the person was told."""
        return list(self.lua("return _G.said"))

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something has come to pass."""
        limit = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < limit, f"it never came to pass; said: {self.said()}"
            time.sleep(0.02)

    def quit(self) -> None:
        """End it, and its server with it."""
        with contextlib.suppress(AssertionError, OSError):
            self.lua("vim.cmd('qall!')")
        self._socket.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def editor(folder: Path, environ: Mapping[str, str], place: Path, *, init: str = "") -> Iterator[Neovim]:
    """Start a Neovim in `place` that knows envlsp and nothing else.

    Args:
        folder: an empty one, for what it writes; its path is short enough for a socket.
        environ: of the person's shell.
        place: the working directory.
        init: more Lua for its configuration.
    """
    address = folder / "nvim.sock"
    process = _start(folder, environ, place, init, ["--headless", "--listen", str(address)])
    yield from _running(Neovim(process, address))


@contextlib.contextmanager
def on_a_screen(
    folder: Path, environ: Mapping[str, str], place: Path, *words: str, init: str = ""
) -> Iterator[Neovim]:
    """Start a Neovim with words on its command line; its screen is there before anything is read."""
    ours, its = socket.socketpair()
    with its:
        process = _start(folder, environ, place, init, ["--embed", *words], its.fileno())
    ours.settimeout(WAIT_S)
    vim = Neovim(process, ours)
    vim.attach()
    yield from _running(vim)


def _start(
    folder: Path,
    environ: Mapping[str, str],
    place: Path,
    init: str,
    words: Sequence[str],
    talk: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    program = neovim()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "init.lua"
    config.write_text(INIT + init)
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    path = os.pathsep.join([str(BIN), environ.get("PATH", os.defpath)])
    return subprocess.Popen(
        [program, "--clean", "-n", "-i", "NONE", "-u", config, *words],
        cwd=place,
        env={**environ, **homes, "PATH": path, "NVIM_LOG_FILE": str(folder / "log")},
        stdin=talk,
        stdout=talk,
        stderr=subprocess.DEVNULL,
    )


def _running(vim: Neovim) -> Iterator[Neovim]:
    try:
        yield vim
    finally:
        vim.quit()


def _connect(process: subprocess.Popen[bytes], address: Path) -> socket.socket:
    limit = time.monotonic() + WAIT_S
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(address))
        except OSError:
            connection.close()
            assert process.poll() is None, "the editor ended at once"
            assert time.monotonic() < limit, "the editor does not listen"
            time.sleep(0.02)
        else:
            connection.settimeout(WAIT_S)
            return connection
