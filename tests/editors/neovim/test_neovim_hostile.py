"""Eve sends Bob a repository: no file of it has Neovim show a value, or write one down."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor

pytestmark = pytest.mark.slow

SECRET = "planted-by-eve"
DOTENV = f"""\
# Where the API lives
TOKEN={SECRET}
# {SECRET} {{{{{{
MORE={SECRET} # \u202e{SECRET}
# }}}}}}
# vim: set cole=0 cocu= ft=sh syn=sh swf udf cpt=. fdm=marker bk bsk= :
"""
NAMES = (".env", ".env.two words", ".env.größe", "größe.env", ".env~", ".ENV")
ALL_KEPT = """;(function(...)
local place = ...
vim.o.modeline, vim.o.updatecount, vim.o.updatetime = true, 1, 50
vim.o.directory, vim.o.undodir, vim.o.backupdir = place, place, place
vim.o.patchmode = '.orig'
end)('%s')
"""


def worked_in(vim: Neovim, name: str) -> list[str]:
    """Type into a file and save it; return the frames."""
    before = len(vim.screen.frames)
    vim.command("edit " + name.replace(" ", "\\ "))
    vim.drawn()
    assert vim.lua("return vim.bo.filetype") == "sh"
    for keys in ("zRGoNEXT=1<Esc>", "zM", "<C-w>s"):
        vim.keys(keys)
        vim.drawn()
    vim.command("silent write | silent! preserve | only")
    return vim.screen.frames[before:]


def holding(folder: Path) -> list[str]:
    """Return the files that have a value in them."""
    return [
        path.name for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


def test_a_modeline_uncovers_nothing_and_keeps_nothing(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="nvim-") as own:
        folder = Path(own)
        environ = {"HOME": own, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        for name in (*NAMES, "notes.txt"):
            (tmp_path / name).write_text(DOTENV)
        with editor(folder / "own", environ, tmp_path, init=ALL_KEPT % own) as vim:
            vim.show()
            for name in NAMES:
                frames = worked_in(vim, name)
                assert [frame for frame in frames if SECRET in frame] == [], name
                assert any("TOKEN=•" in frame for frame in frames), name
                assert holding(folder) == [], name
            assert any(SECRET in frame for frame in worked_in(vim, "notes.txt"))
        assert sorted(holding(tmp_path)) == sorted((*NAMES, "notes.txt", "notes.txt.orig"))
