"""Bob's env file is called config/secrets.txt in ev.yaml: Vim covers it once the server told of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.planted import DOTENV, SECRET, plant_by_ev_yaml
from tests.support.processes import Teammate, cast
from tests.support.vim import Vim, vim_editor

pytestmark = pytest.mark.slow

ODD = "config/geheim & ü.txt"


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Teammate]:
    found_program("vim")
    with cast(tmp_path) as people:
        found = people.founder("Bob", DOTENV.encode())
        plant_by_ev_yaml(found.shop, ODD)
        (found.shop / "notes.txt").write_text("nothing to see\n")
        yield found


@contextmanager
def started(bob: Teammate, file: str) -> Iterator[Vim]:
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), bob.environ(), bob.shop, file) as vim,
    ):
        yield vim


def is_told(vim: Vim) -> bool:
    """Whether the server has told of the file that is shown, and of its masks."""
    vim.drawn()
    return vim.screen.shows("# Where the API lives") and vim.screen.shows("API_URL=•\n")


def test_the_first_file_of_all_is_covered_when_the_server_has_told(bob: Teammate) -> None:
    with started(bob, ODD) as vim:
        vim.until(lambda: is_told(vim))
        covered = len(vim.screen.frames)
        vim.typed(f"GoNEW={SECRET}\x1byypuggdd")
        vim.showed("split | edit! | only")
        assert [frame for frame in vim.screen.frames[covered:] if SECRET in frame] == []
        assert vim.ask("[&filetype, &swapfile, &undofile]") == ["env", 0, 0]


def test_once_the_server_told_of_it_no_state_shows_a_value(bob: Teammate) -> None:
    """Any file of the project starts the server."""
    with started(bob, "notes.txt") as vim:
        vim.do(f"badd {bob.shop / ODD}")
        vim.until(lambda: vim.ask("envlsp#named#IsNamed(bufnr('geheim'))"))
        vim.do("buffer geheim")
        vim.until(lambda: is_told(vim))
        vim.showed("edit!")
        assert [frame for frame in vim.screen.frames if SECRET in frame] == []
        assert any("API_URL=•" in frame for frame in vim.screen.frames)
