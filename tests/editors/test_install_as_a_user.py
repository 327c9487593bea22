"""From a machine without anything to a masked `.env`, by the very lines that the pages give."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clean_machine import CleanMachine, clean_machine, lines_of
from tests.support.neovim import Neovim, neovim
from tests.support.vsix import packaged
from tests.support.workbench import BIN, needed, workbench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]  # packages come over a network

VALUE = "plum-and-thunder-8841"
DOTENV = f"API_KEY={VALUE}\n"


@pytest.fixture(scope="module")
def machine() -> Iterator[CleanMachine]:
    """Have envlsp installed as the README says; only building the extension is left to `make editors`."""
    with tempfile.TemporaryDirectory(prefix="new-", ignore_cleanup_errors=True) as folder:
        new = clean_machine(Path(folder))
        lines = lines_of("README.md", "Install")
        assert [line.split()[0] for line in lines] == ["git", "make", "pipx"]
        new.types(lines[0])
        bring_the_extension(new)
        for line in lines[1:]:
            new.types(line)
        yield new


@pytest.fixture(scope="module")
def shop(machine: CleanMachine) -> Path:
    """Return a repository with a `.env` and no team."""
    machine.types("git init -q shop")
    (machine.home / "shop" / ".env").write_text(DOTENV)
    return machine.home / "shop"


def bring_the_extension(machine: CleanMachine) -> None:
    """Put the packaged extension where `make extension` would, so that make has nothing to do."""
    if shutil.which("npm", path=str(BIN)):
        with packaged(f"{BIN}{os.pathsep}{os.environ['PATH']}") as vsix:
            there = machine.home / "envlsp" / "editors" / "vscode" / "dist"
            there.mkdir()
            shutil.copy(vsix, there)


def test_the_programs_are_the_installed_ones(machine: CleanMachine) -> None:
    assert machine.types("command -v envlsp ev envlsp-signaling").split() == [
        str(machine.installed / name) for name in ("envlsp", "ev", "envlsp-signaling")
    ]
    assert machine.types("envlsp --version").startswith("envlsp ")


def test_neovim_shows_a_masked_file_with_its_server(machine: CleanMachine, shop: Path) -> None:
    machine.has("nvim", [neovim()])
    for line in lines_of("docs/guides/neovim.md", "Set it up"):
        machine.types(line)
    machine.writes("\n".join(lines_of("docs/guides/neovim.md", "Set it up", "lua")))
    address = machine.home / "nvim.sock"
    process = subprocess.Popen(
        ["nvim", "--headless", "--listen", address],
        executable=machine.programs / "nvim",
        cwd=shop,
        env=machine.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    vim = Neovim(process, address)
    try:
        vim.show()
        vim.open(shop / ".env")
        masked = "API_KEY=••••••"
        vim.until(lambda: vim.drawn() and masked in vim.screen.now())
        assert vim.lua("return vim.fn.exepath('envlsp')") == str(machine.installed / "envlsp")
        assert vim.lines() == DOTENV.splitlines()
        assert [frame for frame in vim.screen.frames if VALUE in frame] == []
    finally:
        vim.quit()


def test_vs_code_shows_a_masked_file_with_its_server(machine: CleanMachine, shop: Path) -> None:
    needed()

    def install(editor: list[str]) -> None:
        machine.has("code", editor)
        (line,) = lines_of("docs/guides/vscode.md", "Set it up")
        machine.types(line)

    with workbench(shop, machine.environ(), install=install) as bench:
        bench.open(".env")
        bench.until(lambda: bench.masked("API_KEY"), "the value is dots")
        bench.until(lambda: bench.squiggles().count(), "the server is there")
        assert VALUE not in bench.shown()
        assert running(machine.installed / "envlsp")


def running(program: Path) -> bool:
    """Return whether a process runs that was started by a program's path."""
    told = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told.append((process / "cmdline").read_bytes())
        except OSError:  # it ended meanwhile
            continue
    return any(os.fsencode(program) in words.split(b"\0") for words in told)
