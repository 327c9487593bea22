"""Every state of the screen while Bob's Vim shows an env file, and none of them shows a value."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.planted import DOTENV, SECRET
from tests.support.processes import Teammate, cast
from tests.support.vim import Vim, vim_editor

pytestmark = pytest.mark.slow

TOLD = "# Where the API lives"
NOT_TOLD = "let g:envlsp_command = ['sleep', '1000']\n"
NO_SERVER = "let g:envlsp_command = ['no-such-program']\n"


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    found_program("vim")
    with cast(tmp_path_factory.mktemp("people")) as people:
        yield people.founder("Bob", DOTENV.encode())


@contextmanager
def watched(bob: Teammate, *files: str, rc: str = "") -> Iterator[Vim]:
    """Start his editor, and look at every state of its screen in the end."""
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), bob.environ(), bob.shop, *files, rc=rc) as vim,
    ):
        yield vim
        vim.drawn()
        assert [frame for frame in vim.screen.frames if SECRET in frame] == []
        assert any("API_URL=•" in frame for frame in vim.screen.frames)
        assert re.findall(r"(?m)^E\d+:.*", vim.said()) == []


def test_a_state_with_a_value_would_be_seen(bob: Teammate) -> None:
    (bob.shop / "notes.txt").write_text(DOTENV)
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), bob.environ(), bob.shop, "notes.txt") as vim,
    ):
        vim.drawn()
        assert SECRET in vim.screen.frames[-1]
        assert vim.ask("&conceallevel") == 0
        vim.showed("only | edit .env | edit notes.txt")
        assert vim.ask("len(getmatches())") == 0


def test_typing_pasting_undoing_and_windows_show_nothing(bob: Teammate) -> None:
    with watched(bob, ".env") as vim:
        vim.until_shows(TOLD)
        assert vim.screen.shows("export TOKEN=•\n")
        for keys in (
            "jjjjA",
            "\x1b",
            f"GoNEW={SECRET}\x1b",
            "yyp",
            "u",
            "\x12",
            "ggVGyGp",
            "u",
            "2GdwP",
            "2GJu",
        ):
            vim.typed(keys)
        vim.typed(f":%s/{SECRET[:-1]}[{SECRET[-1]}]/&2/g\ru")
        vim.typed(f"o\x1b[200~PASTED={SECRET}\r# {SECRET}\r\x1b[201~\x1b")
        vim.typed("i\x0e\x10\x18\x0c\x18\x0e\x1b")
        vim.until_shows("PASTED=•")
        other = bob.shop / ".env.other"
        other.write_text(DOTENV + f"MORE={SECRET}\n")
        for words in (
            "split",
            "vsplit",
            "tabnew | pedit .env | pclose | sview .env | quit | tabclose",
            f"tabnew | call setbufline(bufnr('.env'), 2, 'A={SECRET}') | tabfirst | redraw | tabonly",
            f"enew | call appendbufline(bufnr('.env'), 0, ['B={SECRET}', '# {SECRET}']) | buffer .env",
            "tab split",
            "set conceallevel=0 concealcursor= foldtext=foldtext()",
            "tabnext",
            "only",
            "wincmd n | wincmd p",
            "setlocal nowrap list | normal! 6G40zl",
            "setlocal wrap nolist number cursorline | normal! 6G",
            f"vertical diffsplit {other}",
            "set foldmethod=manual | 2,4fold",
            "windo set nowrap",
            "tabonly | only | diffoff! | edit!",
            "syntax on | syntax off | edit",
            "1,3delete | undo | earlier 1f | later 1f",
        ):
            vim.showed(words)
        with_value = "getbufline('.env', 1, '$')->filter({_, line -> line =~ 'planted'})->len()"
        assert vim.ask(with_value) > 3
        other.unlink()


@pytest.mark.parametrize("rc", (NOT_TOLD, NO_SERVER), ids=["a silent server", "no server"])
def test_without_a_word_from_the_server_only_names_show(bob: Teammate, rc: str) -> None:
    with watched(bob, ".env", rc=rc) as vim:
        vim.typed(f"\roNEW={SECRET}\x1byypuGp\x12ggJ")
        vim.showed("split | edit!")
        assert vim.screen.shows("API_URL=•\n")
        assert not any("no loader reads" in frame for frame in vim.screen.frames)


ODD = {
    "carriage returns": f"# c\r# d\nAPI_URL={SECRET}\nA=1\rB={SECRET}\n# {SECRET}\rx\n",
    "line ends of another system": f"# Where the API lives\r\nAPI_URL={SECRET}\r\nB={SECRET}\r\n",
    "no last line end": f"# Where the API lives\nAPI_URL={SECRET}\nB='{SECRET}\n{SECRET}'",
    "zero bytes": f"# a\0b\nAPI_URL={SECRET}\0{SECRET}\n# {SECRET}\0\nB={SECRET}\n",
    "a mark of its encoding": f"\ufeff# Where the API lives\nAPI_URL={SECRET}\n",
    "one text twice": f"# Where the API lives\nAPI_URL={SECRET}\nQ='\n{SECRET}\n# Where\n'\n# Where\n",
}


def test_odd_texts_show_nothing(bob: Teammate) -> None:
    with watched(bob) as vim:
        for number, text in enumerate(ODD.values()):
            odd = bob.shop / f".env.odd{number}"
            odd.write_bytes(text.encode())
            before = len(vim.screen.frames)
            vim.showed(f"edit {odd}")
            if TOLD in text:
                vim.until_shows(TOLD)
            vim.typed(":EnvStatus\r")
            vim.until_shows("shop:")  # so the server has spoken of the text
            vim.typed("q")
            vim.typed("Gyyp2Gdd")
            vim.typed("u")
            assert any("API_URL=•" in frame for frame in vim.screen.frames[before:])
            vim.do("edit!")
            odd.unlink()


def test_a_server_that_is_killed_takes_no_mask_with_it(bob: Teammate) -> None:
    with watched(bob, ".env") as vim:
        vim.until_shows(TOLD)
        for pid in vim.ask("job_info()->map({_, job -> job_info(job).process})"):
            os.kill(pid, 9)
        vim.until(lambda: vim.ask("job_info()->filter({_, job -> job_status(job) == 'run'})->len()") == 0)
        vim.typed(f"GoNEW={SECRET}\x1byypuggdd")
        vim.showed("edit!")


def test_masks_come_off_and_on_only_when_asked(bob: Teammate) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), bob.environ(), bob.shop, ".env") as vim,
    ):
        vim.until_shows(TOLD)
        vim.typed(":EnvMask\r")
        vim.until_shows(f"LAST={SECRET}")
        vim.typed(":EnvMask\r")
        vim.until_shows("LAST=•")
        assert SECRET not in vim.screen.now()
        vim.typed(":EnvPresent\r")
        vim.until_shows("presenting")
        vim.typed(":EnvMask\r")
        vim.typed(":EnvReveal LAST\r")
        vim.drawn()
        assert SECRET not in vim.screen.now()
