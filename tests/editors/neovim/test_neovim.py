"""Bob's Neovim: the real editor, the real server, the real command line beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, editor, neovim
from tests.support.processes import Cast, Teammate, cast

pytestmark = pytest.mark.slow

VALUE = "once-upon-a-secret"
DOTENV = f"""\
# Where the API lives
API_URL=https://one.example
export TOKEN={VALUE}
URL=${{API_URL}}/v1
"""
CODE = """\
import os

url = os.environ["API_URL"]
gone = os.environ["NO_SUCH_NAME"]
"""


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Cast]:
    neovim()
    with cast(tmp_path) as everybody:
        yield everybody


@contextmanager
def bobs_editor(bob: Teammate, init: str = "") -> Iterator[Neovim]:
    """Start his editor in a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="nvim-") as folder:
        with editor(Path(folder), bob.environ(), bob.shop, init=init) as vim:
            yield vim
        left = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert not [path for path in left if VALUE.encode() in path.read_bytes()]


def pushed(people: Cast) -> Teammate:
    """Return Bob, who has a team of his own and a release."""
    bob = people.founder("Bob", DOTENV.encode())
    bob.ok("push", "--offline")
    return bob


def releases(bob: Teammate) -> list[tuple[str, str]]:
    return [(row["release"], row["message"]) for row in bob.json("log")["releases"]]


def test_which_files_are_env_files(tmp_path: Path) -> None:
    match = "return vim.tbl_map(function(name) return vim.filetype.match({ filename = name }) or '' end, ...)"
    names = [".env", ".env.dev", "prod.env", ".environment", "app.py"]
    neovim()
    with tempfile.TemporaryDirectory(prefix="nvim-") as folder, editor(Path(folder), {}, tmp_path) as vim:
        assert vim.lua(match, names) == ["env", "env", "env", "", "python"]


def test_a_file_of_code_has_diagnostics_hover_and_completion(people: Cast) -> None:
    bob = pushed(people)
    code = bob.shop / "app.py"
    code.write_text(CODE)
    with bobs_editor(bob) as vim:
        vim.open(code)
        vim.until(lambda: any("NO_SUCH_NAME" in problem for problem in vim.problems()))
        vim.cursor(3, 20)
        vim.command("lua vim.lsp.buf.hover()")
        vim.until(vim.floats)
        assert "API_URL" in vim.floats()[0]
        assert "one.example" not in vim.floats()[0]
        vim.keys("Gox = os.environ['<Esc>")
        vim.until(lambda: vim.lines()[-1] == "x = os.environ['")
        vim.cursor(5, 16)
        vim.keys("a<C-x><C-o>")
        vim.until(lambda: vim.lua("return vim.fn.pumvisible()"))
        offered = vim.lua("return vim.tbl_map(function(i) return i.word end, vim.fn.complete_info().items)")
        assert {"API_URL", "TOKEN", "URL"} <= set(offered)


def test_a_push_makes_a_release_with_its_message(people: Cast) -> None:
    bob = pushed(people)
    with bobs_editor(bob) as vim:
        vim.open(bob.env)
        vim.keys("GoNEW=1<Esc>")
        vim.until(lambda: "NEW=1" in vim.lines())
        vim.command("EnvPush too early")
        vim.until(lambda: any("save" in line for line in vim.said()))
        vim.command("write")
        vim.command("EnvPush one more")
        vim.until(lambda: ("v2", "one more") in releases(bob))


def test_a_pull_writes_the_file_and_shows_it(people: Cast) -> None:
    bob = pushed(people)
    bob.env.write_text(DOTENV.replace("one", "two"))
    bob.ok("push", "--offline")
    bob.env.unlink()
    with bobs_editor(bob) as vim:
        vim.open(bob.env)
        vim.command("EnvPull")
        vim.until(lambda: "API_URL=https://two.example" in vim.lines())
        assert bob.env.read_text() == DOTENV.replace("one", "two")
        assert not vim.lua("return vim.bo.modified")


def test_a_pull_over_edits_needs_a_bang(people: Cast) -> None:
    bob = pushed(people)
    bob.env.write_text(DOTENV.replace("one", "two"))
    bob.ok("push", "--offline")
    bob.ok("rollback", "v1", "--offline")
    bob.ok("pull", "--offline")
    bob.env.write_text(DOTENV.replace("one", "three"))
    with bobs_editor(bob) as vim:
        vim.open(bob.env)
        vim.command("EnvPull!")
        vim.until(lambda: "API_URL=https://one.example" in vim.lines())


def test_a_value_is_shown_in_a_float_and_goes_away(people: Cast) -> None:
    bob = pushed(people)
    with bobs_editor(bob) as vim:
        vim.open(bob.env)
        vim.cursor(3, 10)
        vim.command("EnvReveal")
        vim.until(vim.floats)
        assert vim.floats() == [VALUE]
        vim.keys("k")
        vim.until(lambda: not vim.floats())
        vim.command("EnvReveal TOKEN")
        vim.until(vim.floats)
        vim.until(lambda: not vim.floats())
        assert VALUE not in vim.lua("return vim.fn.execute('messages') .. vim.fn.execute('registers')")
        assert vim.said() == []


def test_the_server_asks_for_a_value_without_showing_it(people: Cast) -> None:
    bob = pushed(people)
    with bobs_editor(bob) as vim:
        vim.open(bob.env)
        vim.lua(
            """
            vim.fn.inputsecret = function(options) _G.asked = options.prompt return 'typed-in' end
            local client = vim.lsp.get_clients({ name = 'envlsp' })[1]
            local arguments = { { uri = vim.uri_from_bufnr(0), name = 'TOKEN', offline = true } }
            client:exec_cmd({ title = '', command = 'envlsp.set', arguments = arguments })
            """
        )
        vim.until(lambda: bob.ok("get", "TOKEN").out.rstrip() == b"typed-in")
        assert "TOKEN" in vim.lua("return _G.asked")


def test_the_server_lets_the_person_pick(people: Cast) -> None:
    bob = people.founder("Bob")
    with bobs_editor(bob) as vim:
        picked = """
            vim.ui.select = function(items, options, done)
              _G.shown = vim.tbl_map(options.format_item, items)
              vim.defer_fn(function() done(items[2]) end, 10)
            end
            local items = { { value = 'v2', label = 'v2', detail = 'Alice' }, { value = 'v1', label = 'v1' } }
            local answer
            coroutine.wrap(function()
              answer = require('envlsp').handlers['envlsp/pick'](nil, { title = 'Which?', items = items })
            end)()
            vim.wait(5000, function() return answer ~= nil end)
            return { answer.value, _G.shown }
            """
        assert vim.lua(picked) == ["v1", ["v2  Alice", "v1"]]


def test_no_copy_of_a_file_is_kept(people: Cast) -> None:
    bob = pushed(people)
    kept = "vim.o.undofile, vim.o.swapfile, vim.o.updatecount = true, true, 1\n"
    with bobs_editor(bob, init=kept) as vim:
        vim.open(bob.env)
        vim.keys("GoMORE=1<Esc>")
        vim.until(lambda: "MORE=1" in vim.lines())
        vim.command("write")


def test_without_a_server_a_command_says_so(people: Cast) -> None:
    bob = people.founder("Bob")
    with bobs_editor(bob) as vim:
        vim.command("lua vim.lsp.enable('envlsp', false)")
        vim.command("EnvPush")
        assert "no server for this file" in vim.said()[0]


def test_a_verb_is_a_command_and_its_result_is_lines(people: Cast) -> None:
    bob = pushed(people)
    bob.env.write_text(DOTENV.replace("one", "two"))
    bob.ok("push", "--offline", "-m", "moved")
    with bobs_editor(bob) as vim:
        vim.open(bob.env)
        vim.command("EnvLog")
        vim.until(lambda: any("moved" in shown and "v2" in shown for shown in vim.floats()))
        vim.keys("q")
        vim.command("EnvRollback v1")
        vim.until(lambda: releases(bob)[0][0] == "v3")
        vim.command("EnvMask")
        vim.until(lambda: any("values are seen" in line for line in vim.said()))
        assert not [line for line in vim.said() if VALUE in line]
