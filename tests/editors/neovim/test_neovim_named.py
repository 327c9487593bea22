"""Bob's env file is called config/secrets.txt in ev.yaml: Neovim covers it once the server told of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor, neovim
from tests.support.planted import DOTENV, SECRET, plant_by_ev_yaml
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow

TOLD = ("# Where the API lives", "API_URL=••••••")
"""Both show only when the server has told of the masks."""
IS_TOLD = "return next(vim.lsp.get_clients({ name = 'envlsp' })) and vim.filetype.match({ filename = ... })"


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Teammate]:
    neovim()
    with cast(tmp_path) as people:
        found = people.founder("Bob", DOTENV.encode())
        plant_by_ev_yaml(found.shop, "config/secrets.txt")
        (found.shop / "other").mkdir()
        (found.shop / "other" / "secrets.txt").write_text(DOTENV)
        (found.shop / "notes.txt").write_text("nothing to see\n")
        yield found


@contextmanager
def started(bob: Teammate) -> Iterator[Neovim]:
    with (
        tempfile.TemporaryDirectory(prefix="nvim-") as folder,
        editor(Path(folder), bob.environ(), bob.shop) as vim,
    ):
        vim.show()
        yield vim


def shows(vim: Neovim, *texts: str) -> None:
    vim.until(lambda: vim.drawn() and all(text in vim.screen.now() for text in texts))


def test_once_the_server_told_of_it_no_frame_shows_a_value(bob: Teammate) -> None:
    """Any file of the project starts the server."""
    secrets = bob.shop / "config" / "secrets.txt"
    with started(bob) as vim:
        vim.command("edit notes.txt")
        vim.until(lambda: vim.lua(IS_TOLD, str(secrets)) == "env")
        assert vim.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0, "notes are none of its business"
        vim.command("edit config/secrets.txt")
        shows(vim, *TOLD)
        assert vim.lua("return { vim.bo.swapfile, vim.bo.undofile, vim.bo.filetype }") == [
            False,
            False,
            "env",
        ]
        vim.keys(f"GoNEW={SECRET}<Esc>yypuggdd")
        vim.drawn()
        vim.command("edit notes.txt | buffer config/secrets.txt")
        vim.drawn()
        assert [frame for frame in vim.screen.frames if SECRET in frame] == []
        assert any("API_URL=••••••" in frame for frame in vim.screen.frames)
        vim.command("edit! other/secrets.txt")
        shows(vim, f"LAST={SECRET}")
        assert vim.lua("return vim.bo.filetype") == "text"


def test_the_first_file_of_all_is_covered_when_the_server_has_told(bob: Teammate) -> None:
    with started(bob) as vim:
        vim.command("edit config/secrets.txt")
        shows(vim, *TOLD)
        covered = len(vim.screen.frames)
        vim.keys("ggVGy")
        vim.command("split | vsplit | edit!")
        vim.drawn()
        assert [frame for frame in vim.screen.frames[covered - 1 :] if SECRET in frame] == []


def test_a_file_that_ev_yaml_names_later_is_covered_then(bob: Teammate) -> None:
    with started(bob) as vim:
        vim.command("edit other/secrets.txt")
        shows(vim, f"LAST={SECRET}")
        config = bob.shop / "ev.yaml"
        vim.until(lambda: vim.lua(IS_TOLD, str(bob.shop / "config" / "secrets.txt")) == "env")
        config.write_text(config.read_text().replace("config/secrets.txt", "other/secrets.txt"))
        shows(vim, *TOLD)
        assert SECRET not in vim.screen.now()
