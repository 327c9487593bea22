"""Bob sits at his Neovim in a terminal and presses keys; what he sees is read from the screen."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.neovim import BIN, PLUGIN, neovim
from tests.support.processes import Teammate, cast
from tests.support.tmux import Pane, pane

pytestmark = pytest.mark.slow

VALUE = "once-upon-a-secret"
DOTENV = f"# Where the API lives\nAPI_URL=https://one.example\nTOKEN={VALUE}\n"
CODE = 'import os\n\nurl = os.environ["API_URL"]\ngone = os.environ["NO_SUCH_NAME"]\n'
INIT = f"""
vim.opt.runtimepath:prepend('{PLUGIN}')
vim.lsp.enable('envlsp')
vim.o.statusline = "%f %{{v:lua.require'envlsp'.statusline()}}"
vim.o.laststatus = 2
"""


@contextmanager
def bobs_terminal(bob: Teammate, *words: str) -> Iterator[Pane]:
    """Start his editor, with no configuration but three lines."""
    with tempfile.TemporaryDirectory(prefix="nvim-") as place:
        folder = Path(place)
        (folder / "init.lua").write_text(INIT)
        homes = {f"XDG_{name}_HOME": place for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        path = os.pathsep.join([str(BIN), bob.environ().get("PATH", os.defpath)])
        env = {**bob.environ(), **homes, "PATH": path}
        program = [neovim(), "--clean", "-n", "-i", "NONE", "-u", str(folder / "init.lua"), *words]
        with pane(folder, program, bob.shop, env) as terminal:
            yield terminal


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[Teammate]:
    neovim()
    with cast(tmp_path) as people:
        bob = people.founder("Bob", DOTENV.encode())
        bob.ok("push", "--offline", "-m", "the first")
        yield bob


def releases(bob: Teammate) -> list[str]:
    return [row["message"] for row in bob.json("log")["releases"]]


def test_a_day_at_the_editor(bob: Teammate) -> None:
    (bob.shop / "app.py").write_text(CODE)
    with bobs_terminal(bob, ".env") as screen:
        assert VALUE not in screen.until_shows("TOKEN=••••••", "shop:dev v1", "# Where the API lives")
        hovers_and_reveals(screen)
        mends_his_code(screen)
        pushes_and_looks(bob, screen)
        types_a_value_unseen(bob, screen)
        goes_back(bob, screen)


def hovers_and_reveals(screen: Pane) -> None:
    screen.type("3G", "8l", "K")
    screen.until_shows(VALUE)
    screen.type("k")
    screen.until_gone(VALUE)
    screen.type(":EnvReveal T", "Tab")
    screen.until_shows(":EnvReveal TOKEN")
    screen.type("Enter")
    screen.until_shows(VALUE)
    screen.type("j")
    screen.until_gone(VALUE)


def mends_his_code(screen: Pane) -> None:
    screen.type(":edit app.py", "Enter")
    screen.until_shows("NO_SUCH_NAME", "app.py shop")
    screen.type(":lua vim.diagnostic.config({ virtual_text = true })", "Enter")
    screen.until_shows("NO_SUCH_NAME is")
    screen.type("4G", "20l", "gra")
    menu = screen.until_shows("Code actions", "1: ", "Type number")
    number = next(line.split(":")[0] for line in menu.splitlines() if "NO_SUCH_NAME" in line and ": " in line)
    screen.type(number.strip(), "Enter")
    screen.until_gone("Type number")
    screen.type(":wall", "Enter")
    screen.until_gone("NO_SUCH_NAME is")
    screen.type("Gox = os.environ['", "C-x", "C-o")
    assert VALUE not in screen.until_shows("TOKEN  ", "API_URL  ")
    screen.type("Escape", "u", ":edit! .env", "Enter")
    screen.until_shows("NO_SUCH_NAME=")


def pushes_and_looks(bob: Teammate, screen: Pane) -> None:
    screen.type(":EnvPush typed in Neovim", "Enter")
    screen.until_shows("v2: +1 ~0 -0", "shop:dev v2")
    assert releases(bob)[0] == "typed in Neovim"
    screen.type(":EnvLog", "Enter")
    assert VALUE not in screen.until_shows("envlsp log", "typed in Neovim", "the first", "q closes")
    screen.type("q")
    screen.until_gone("q closes")


def types_a_value_unseen(bob: Teammate, screen: Pane) -> None:
    screen.type(":Env set ++name=TOKEN ++offline", "Enter")
    screen.until_shows("value of TOKEN:")
    screen.type("hidden-while-typed")
    assert "hidden-while-typed" not in screen.until_shows("*****")
    screen.type("Enter")
    screen.until_shows("v3: +0 ~1 -0")
    assert bob.ok("get", "TOKEN").text.rstrip() == "hidden-while-typed"
    assert "hidden-while-typed" not in screen.shows()


def goes_back(bob: Teammate, screen: Pane) -> None:
    screen.type(":EnvRollback ", "Tab")
    screen.until_shows("v3", "v2", "v1")
    screen.type("C-u", "EnvRollback", "Enter")
    menu = screen.until_shows("the first", "Type number")
    number = next(line.split(":")[0] for line in menu.splitlines() if "v1" in line and ": " in line)
    screen.type(number.strip(), "Enter")
    screen.until_shows("shop:dev v4")
    assert bob.ok("get", "TOKEN").text.rstrip() == VALUE
    assert VALUE not in screen.shows()
