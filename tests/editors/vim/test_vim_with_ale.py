"""Vim with our plug-in and ALE beside it, set up by the lines of the guide."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.missing import leave_out
from tests.support.on_screen import found_program
from tests.support.processes import Teammate, cast
from tests.support.recipes import recipes
from tests.support.vim import vim_editor

pytestmark = pytest.mark.slow

ALE = Path("/usr/share/vim/vimfiles/pack/dist-bundle/opt/ale")
SECRET = "planted"
DOTENV = f"# Where the API lives\nAPI_URL=https://{SECRET}.example\nURL=${{NOBODY}}/v1\n"
CODE = 'import os\nurl = os.environ["API_URL"]\ngone = os.environ["NOPE"]\n'


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    found_program("vim")
    if not ALE.exists():
        leave_out("NOT TESTED IN A REAL EDITOR: no ALE (package vim-ale)")
    with cast(tmp_path_factory.mktemp("people")) as people:
        bob = people.founder("Bob", DOTENV.encode())
        bob.ok("push", "--offline")
        (bob.shop / "app.py").write_text(CODE)
        yield bob


def ale() -> str:
    """Return the guide's lines, below those that load ALE."""
    (lines,) = (one for one in recipes("Hover, completion and problems", "vim", "vim.md") if "ale#" in one)
    quiet = "let g:ale_linters_explicit = 1\nlet g:ale_linters = #{env: ['envlsp'], python: ['envlsp']}\n"
    return f"set runtimepath^={ALE}\nfiletype plugin on\n{quiet}runtime plugin/ale.vim\n{lines}"


def test_problems_and_hover_beside_the_masks(bob: Teammate) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as name,
        vim_editor(Path(name), bob.environ(), bob.shop, ".env", rc=ale()) as vim,
    ):
        loclist = "getloclist(0)->map({_, row -> row.text})->join()"
        vim.until(lambda: "NOBODY" in vim.ask(loclist))
        vim.typed("2G:ALEHover\r")
        vim.until_shows("API_URL ••••••")
        vim.showed("only | edit app.py")
        vim.until(lambda: "NOPE" in vim.ask(loclist))
        vim.typed("2G20l:ALEHover\r")
        vim.until_shows("API_URL ••••••")
        vim.until_shows("Where the API lives")
        assert [frame for frame in vim.screen.frames if SECRET in frame] == []
