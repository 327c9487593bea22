"""What Vim leaves behind of an env file, when all that it may keep is turned on: nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.processes import Teammate, cast
from tests.support.vim import vim_editor

pytestmark = pytest.mark.slow

SECRET = "planted-in-vim"
DOTENV = f"# a comment\nAPI_URL=https://{SECRET}.example\nTOKEN={SECRET}\n"
ALL_KEPT = """
set swapfile updatecount=1 undofile backup writebackup patchmode=.orig backupskip=
set viminfo='100,<50,s10,h,/50,:50,@50 history=100
set backupdir=$HOME
"""


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    found_program("vim")
    with cast(tmp_path_factory.mktemp("people")) as people:
        yield people.founder("Bob", DOTENV.encode())


def holding(folder: Path) -> list[str]:
    """Return the files that have a value in them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def argv_of_everybody() -> str:
    """Return the command lines of all processes."""
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes()
        except OSError:  # it has ended
            continue
    return found.decode(errors="replace")


def edited(bob: Teammate, folder: Path, name: str) -> list[str]:
    """Edit, yank, search, save and reveal in a file; return what has the value while Vim runs."""
    with vim_editor(folder, bob.environ(), bob.shop, name, rc=ALL_KEPT) as vim:
        vim.drawn()
        vim.typed(f"GoMORE={SECRET}\x1b")
        vim.typed(f'yy"ayyp/{SECRET}\r:s/{SECRET}/{SECRET}2/\r')
        vim.typed(":write\r")
        vim.typed("oNEXT=1\x1b:write\r")
        vim.typed(":EnvReveal TOKEN\r")
        vim.typed(":EnvCopy TOKEN\r")
        vim.do("wviminfo")
        vim.drawn()
        assert SECRET not in argv_of_everybody()
        return holding(folder)


def test_an_env_file_leaves_no_swap_undo_backup_or_viminfo(bob: Teammate) -> None:
    with tempfile.TemporaryDirectory(prefix="vim-") as name:
        folder = Path(name)
        assert edited(bob, folder, ".env") == []
        assert holding(folder) == []
        assert (folder / "viminfo").exists()
    left = sorted(path.name for path in bob.shop.iterdir() if path.is_file())
    assert [one for one in left if SECRET.encode() in (bob.shop / one).read_bytes()] == [".env"]
    assert holding(bob.home) == []


def test_what_is_kept_of_another_file_would_be_found(bob: Teammate) -> None:
    (bob.shop / "notes.txt").write_text(DOTENV)
    with tempfile.TemporaryDirectory(prefix="vim-") as name:
        folder = Path(name)
        with vim_editor(folder, bob.environ(), bob.shop, "notes.txt", rc=ALL_KEPT) as vim:
            vim.typed(f"GoMORE={SECRET}\x1byy:write\r2Gdd:write\r")
            vim.do("wviminfo | preserve")
            during = holding(folder)
        assert any(one.endswith(".swp") for one in during)
        kept = holding(folder)
        assert "viminfo" in kept
        assert any(one.endswith("notes.txt") for one in kept)  # the undo file
        assert "notes.txt~" in kept
    for path in bob.shop.glob("notes.txt*"):
        path.unlink()


def test_other_files_are_not_completed_with_words_of_it(bob: Teammate) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as name,
        vim_editor(Path(name), bob.environ(), bob.shop, "app.py") as vim,
    ):
        vim.showed("split .env")
        vim.showed("wincmd p")
        vim.typed("iplan\x0e\x10")
        assert vim.lines() == ["plan"]
        assert SECRET not in "".join(vim.screen.frames)
