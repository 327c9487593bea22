"""Eve sends Bob a repository: no file of it has Vim show a value, or write one down."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.vim import Vim, vim_editor

pytestmark = pytest.mark.slow

SECRET = "planted-by-eve"
DOTENV = f"""\
# Where the API lives
TOKEN={SECRET}
# {SECRET} {{{{{{
MORE={SECRET} # \u202e{SECRET}
# }}}}}}
# vim: set cole=0 cocu= ft=sh syn=sh swf udf cpt=. fdm=marker fdt=getline(v\\:foldstart) bk bsk= :
"""
ALL_KEPT = """
filetype plugin on
syntax on
set modeline updatecount=1 updatetime=50 undofile backup patchmode=.orig backupskip=
let g:envlsp_command = ['sleep', '1000']
"""


def worked_in(folder: Path, place: Path, name: str) -> Vim:
    """Type into a file and save it; return the editor, which has ended."""
    (place / name).write_text(DOTENV)
    (folder / "own").mkdir()
    environ = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    with vim_editor(folder / "own", environ, place, name, rc=ALL_KEPT) as vim:
        vim.drawn()
        for keys in ("GoNEXT=1\x1b", ":write\r", "zR", "zM", ":split\r"):
            vim.typed(keys)
        vim.showed("sleep 100m")
        assert vim.ask("[&modeline, &filetype]") == [1, "sh"]
    return vim


def holding(folder: Path) -> list[str]:
    """Return the files that have a value in them."""
    return [
        path.name for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("name", (".env", ".env.two words", "größe.env", ".env~", ".ENV"))
def test_a_modeline_uncovers_nothing_and_keeps_nothing(name: str, tmp_path: Path) -> None:
    found_program("vim")
    with tempfile.TemporaryDirectory(prefix="vim-") as folder:
        vim = worked_in(Path(folder), tmp_path, name)
        assert [frame for frame in vim.screen.frames if SECRET in frame] == []
        assert any("TOKEN=•" in frame for frame in vim.screen.frames)
        assert holding(Path(folder)) == []
    assert holding(tmp_path) == [name]


def test_of_another_file_it_would_be_seen_and_found(tmp_path: Path) -> None:
    found_program("vim")
    with tempfile.TemporaryDirectory(prefix="vim-") as folder:
        vim = worked_in(Path(folder), tmp_path, "notes.txt")
        assert SECRET in "".join(vim.screen.frames)
        assert holding(Path(folder)) + holding(tmp_path) != ["notes.txt"]
