"""Every frame that Bob's Neovim draws of an env file, and none of them shows a value."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor, neovim
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow

SECRET = "planted"
"""In each value, and nowhere else."""
LONG = f"{SECRET}-long-" * 40
DOTENV = f"""\
# Where the API lives
API_URL=https://{SECRET}.example
export TOKEN='{SECRET} ünd
{SECRET} below'
# OLD={SECRET}-once
LONG={LONG}
no loader reads {SECRET}
LAST={SECRET}
"""
NOT_TOLD = "vim.lsp.config('envlsp', { cmd = { 'sleep', '1000' } })\n"
SLOW = "vim.lsp.config('envlsp', { cmd = { 'sh', '-c', 'sleep 2; exec envlsp lsp' } })\n"
UTF_16 = "vim.lsp.config('envlsp', { capabilities = { general = { positionEncodings = { 'utf-16' } } } })\n"


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Teammate]:
    neovim()
    with cast(tmp_path) as people:
        yield people.founder("Bob", DOTENV.encode())


@contextmanager
def watched(bob: Teammate, init: str = "") -> Iterator[Neovim]:
    """Start his editor with a screen, and look at every frame in the end."""
    with (
        tempfile.TemporaryDirectory(prefix="nvim-") as folder,
        editor(Path(folder), bob.environ(), bob.shop, init=init) as vim,
    ):
        vim.show()
        yield vim
        vim.drawn()
        assert [frame for frame in vim.screen.frames if SECRET in frame] == []
        assert any("API_URL=" in frame for frame in vim.screen.frames)


def told(vim: Neovim) -> None:
    """Wait until the comment shows, which it does only when the server has told of it."""
    vim.until(lambda: vim.drawn() and "# Where the API lives" in vim.screen.now())


def test_a_frame_with_a_value_would_be_seen(bob: Teammate) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="nvim-") as folder,
        editor(Path(folder), bob.environ(), bob.shop) as vim,
    ):
        vim.show()
        (bob.shop / "notes.txt").write_text(DOTENV)
        vim.command("edit notes.txt")
        vim.drawn()
        assert SECRET in vim.screen.now()
        assert vim.lua("return vim.wo.conceallevel") == 0


def test_a_file_is_covered_from_its_first_frame(bob: Teammate) -> None:
    with watched(bob) as vim:
        vim.open(bob.env)
        told(vim)
        assert "API_URL=••••••  " in vim.screen.now()
        assert "export TOKEN=••••••  " in vim.screen.now()
        vim.keys("jjjjjjA<C-o>$<Esc>GVggiv<Esc>")
        vim.drawn()


@pytest.mark.parametrize("init", (NOT_TOLD, SLOW), ids=["no server", "a slow server"])
def test_without_a_word_from_the_server_only_names_show(bob: Teammate, init: str) -> None:
    with watched(bob, init) as vim:
        vim.command(f"edit {bob.env}")
        vim.until(lambda: vim.drawn() and "API_URL=••••••  " in vim.screen.now())
        assert "Where the API lives" not in vim.screen.now()
        assert "no loader reads" not in vim.screen.now()
        vim.keys(f"oNEW={SECRET}<Esc>yypuGp<C-r>ggJ")
        vim.drawn()
        if init == SLOW:
            vim.command("edit!")
            told(vim)


def test_columns_of_another_encoding_are_understood(bob: Teammate) -> None:
    bob.env.write_text(f"# ünd 𝄞\nA='ü𝄞{SECRET}' # dä\nB=1\n")
    with watched(bob, UTF_16) as vim:
        vim.open(bob.env)
        vim.until(lambda: vim.drawn() and "A=•••••• # dä" in vim.screen.now())
        vim.command("edit notes.env | call setline(1, 'API_URL=1')")
        vim.drawn()


def test_typing_pasting_and_undoing_shows_nothing(bob: Teammate) -> None:
    with watched(bob) as vim:
        vim.open(bob.env)
        told(vim)
        for keys in (f"GoNEW={SECRET}<Esc>", "yyp", "u", "<C-r>", "ggVGyGp", "u", "2GdwP", "2GJu", "gg>Gu"):
            vim.keys(keys)
            vim.drawn()
        vim.lua("vim.api.nvim_paste(..., true, -1)", f"\nPASTED={SECRET}\n# {SECRET}\n")
        vim.keys(f":%s/{SECRET[:-1]}[{SECRET[-1]}]/&2/g<CR>u")
        vim.until(lambda: vim.drawn() and "PASTED=••••••" in vim.screen.now())


def test_windows_tabs_and_diffs_show_nothing(bob: Teammate) -> None:
    other = bob.shop / ".env.other"
    other.write_text(DOTENV + f"MORE={SECRET}\n")
    (bob.shop / "notes.txt").write_text("plain\n")
    with watched(bob) as vim:
        vim.open(bob.env)
        told(vim)
        for words in (
            "split",
            "vsplit",
            "tab split",
            "set conceallevel=0 concealcursor= foldtext=",
            "tabnext",
            "only",
            f"vertical diffsplit {other}",
            "set foldmethod=manual | 1,4fold",
            "windo set nowrap list",
            "tabonly | only | diffoff! | edit!",
        ):
            vim.command(words)
            vim.drawn()
        vim.command("edit notes.txt")
        assert vim.lua("return vim.wo.concealcursor") == ""


def test_a_server_that_is_killed_takes_no_mask_with_it(bob: Teammate) -> None:
    with watched(bob) as vim:
        vim.open(bob.env)
        told(vim)
        children = vim.lua("return vim.api.nvim_get_proc_children(vim.fn.getpid())")
        for child in children:
            os.kill(child, signal.SIGKILL)
        vim.until(lambda: vim.lua("return #vim.lsp.get_clients({ name = 'envlsp' })") == 0)
        vim.keys(f"GoNEW={SECRET}<Esc>yypuggdd")
        vim.drawn()
        vim.command("edit!")
        vim.drawn()
