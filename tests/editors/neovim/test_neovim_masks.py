"""Every frame that Bob's Neovim draws of an env file, and none of them shows a value."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor, neovim, on_a_screen
from tests.support.planted import DOTENV, SECRET
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow

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
        nothing_was_seen(vim)


def nothing_was_seen(vim: Neovim) -> None:
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


def test_the_first_frame_of_all_is_covered(bob: Teammate) -> None:
    for init in ("", NOT_TOLD):
        with (
            tempfile.TemporaryDirectory(prefix="nvim-") as folder,
            on_a_screen(Path(folder), bob.environ(), bob.shop, ".env", init=init) as vim,
        ):
            vim.until(lambda: vim.drawn() and "API_URL=••••••  " in vim.screen.now())
            if not init:
                told(vim)
            nothing_was_seen(vim)


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


def test_a_day_of_editing_shows_nothing(bob: Teammate) -> None:
    with watched(bob, "vim.o.mouse = 'a'\n") as vim:
        vim.open(bob.env)
        told(vim)
        for keys in (
            *(f"qaGoNEW={SECRET}<Esc>q", "2@a", "3u", "2<C-r>"),
            *("ggj<C-v>3j$", "<Esc>", "gg<C-v>Gly", "P", "u", "gv~", "u"),
            *("5Gzs", "20zl", "zL", "zH", "0", "$", "zfgg", "zo", "zE"),
            *(f"ggO{SECRET}", "<C-w>", "<Esc>u", f"5GA{SECRET}<C-u>", "<Esc>u"),
            *(f"5Gciw{SECRET}<Esc>", "u", "5GD", "u", "5Gx.", "2u", "xp", "2u", "~g~~", "2u", "J", "u"),
            *("<LeftMouse><9,1>", "<LeftDrag><40,4>", "<LeftRelease><40,4>", "<Esc>", "<2-LeftMouse><20,1>"),
            *("<Esc><ScrollWheelDown>", "<ScrollWheelUp>", "<ScrollWheelRight>", "<ScrollWheelLeft>"),
        ):
            vim.keys(keys)
            vim.drawn()
        for words in ("set nowrap", "set wrap linebreak showbreak=>", "set list cursorline"):
            vim.command(words)
            vim.keys("5G$")
            vim.drawn()
        for keys in (":edit!<CR>", "u", ":edit!<CR>"):
            vim.keys(keys)
            vim.drawn()
        bob.env.write_text(DOTENV + f"OUTSIDE={SECRET}\n")
        vim.command("checktime")
        vim.until(lambda: vim.drawn() and "OUTSIDE=••••••" in vim.screen.now())


def test_a_preview_of_a_substitution_shows_nothing(bob: Teammate) -> None:
    part = SECRET[:-2]
    for kind in ("nosplit", "split"):
        with watched(bob, f"vim.o.inccommand = '{kind}'\n") as vim:
            vim.open(bob.env)
            told(vim)
            for keys in (f":%s/{part}", "/x", "yz", "<CR>", "u"):
                vim.keys(keys)
                vim.drawn()
            assert vim.lua("return vim.o.inccommand") == kind


def test_lists_of_places_show_nothing(bob: Teammate) -> None:
    (bob.shop / "notes.txt").write_text("the pla-nted value\n")
    part = SECRET[1:]
    with watched(bob) as vim:
        vim.open(bob.env)
        told(vim)
        vim.command(f"silent vimgrep /{part}\\|nted/ .env notes.txt")
        for words in ("cfirst", "cnext", "copen", "cnext", "clast", "clist", "cfirst", "cclose"):
            vim.command(f"silent! {words}" if words == "clist" else words)
            vim.drawn()
        vim.command(f"silent lvimgrep /{part}/ .env | lopen")
        vim.keys("jj<CR>")
        vim.drawn()
        texts = vim.lua("return vim.tbl_map(function(item) return item.text end, vim.fn.getqflist())")
        assert "the pla-nted value" in texts
        assert not [text for text in texts if SECRET in text]
        vim.command("lclose | copen")
        vim.drawn()
        vim.lua(
            """
            local at = { filename = vim.fn.fnamemodify('.env', ':p'), lnum = 2, text = 'API_URL=' .. ... }
            vim.fn.setqflist({ at }, 'a')
            """,
            SECRET,
        )
        vim.until(lambda: vim.drawn() and "|2| API_URL=••••••" in vim.screen.now())


def test_completion_of_words_offers_no_value(bob: Teammate) -> None:
    (bob.shop / "app.py").write_text("plain = 1\n\n")
    (bob.shop / "other.py").write_text("plague = 1\n")
    offered = "return vim.tbl_map(function(i) return i.word end, vim.fn.complete_info().items)"
    with watched(bob, "vim.o.complete = '.,w,b,u,U,t'\n") as vim:
        vim.open(bob.env)
        told(vim)
        vim.command("tabnew other.py | edit app.py | vsplit .env | wincmd p")
        for keys in ("<C-n>", "<C-p>", "<C-x><C-n>"):
            vim.keys(f"Gopla{keys}")
            vim.until(lambda: "plain" in vim.lua(offered))
            assert not [word for word in vim.lua(offered) if SECRET in word]
            vim.keys("<C-e><Esc>u")
            vim.drawn()
        vim.keys("GoAPI_<C-x><C-l><Esc>u")
        vim.drawn()
        assert vim.lua("return vim.bo.complete") == ".,w,b,u,U,t"
        assert vim.lua("return vim.bo[vim.fn.bufnr('.env')].buflisted")
        vim.command("wincmd p")
        for keys in ("<C-n>", "<C-p>", "<C-x><C-n>", "<C-x><C-p>", "<C-x><C-l>", "<C-x><C-i>"):
            vim.keys(f"GoTOKEN=pla{keys}")
            vim.drawn()
            assert not [word for word in vim.lua(offered) if SECRET in word]
            vim.keys("<C-e><Esc>u")
            vim.drawn()


def test_ten_thousand_lines_show_nothing(bob: Teammate) -> None:
    bob.env.write_text("".join(f"API_URL={SECRET}-{number}\n" for number in range(10_000)))
    with watched(bob) as vim:
        vim.open(bob.env)
        for keys in (
            "G",
            "50%",
            "ggdG",
            "u",
            "<C-r>",
            "u",
            "ggVG:m0<CR>",
            "gg5000dd",
            "P",
            "<C-f><C-f><C-b>",
        ):
            vim.keys(keys)
            vim.drawn()
        vim.command("%s/-/=/ | vsplit | undo")
        vim.drawn()


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
