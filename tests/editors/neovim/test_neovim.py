"""Bob alone at his Neovim: the real editor, the real server, the real command line beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.neovim import Neovim, neovim
from tests.support.neovim_person import asked, clipboard, desk, fresh, offered, status_line, will_answer
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow

VALUE = "once-upon-a-secret"
DOTENV = f"""\
# Where the API lives
API_URL=https://one.example
export TOKEN={VALUE}
URL=${{API_URL}}/v1
"""
PASSPHRASE = "a-long-enough-passphrase"
CODE = """\
import os

url = os.environ["API_URL"]
gone = os.environ["NO_SUCH_NAME"]
"""


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    """Bob, who has a team of his own and a release."""
    neovim()
    with cast(tmp_path_factory.mktemp("bob")) as people:
        bob = people.founder("Bob", DOTENV.encode())
        bob.ok("push", "--offline", "-m", "the first")
        bob.ok("env", "create", "staging", "--offline")
        yield bob


@pytest.fixture(scope="module")
def window(bob: Teammate) -> Iterator[Neovim]:
    """His editor, which goes on from one test to the next. None of them leaves a value in its messages."""
    with desk(bob) as vim:
        yield vim
        kept = vim.lua("return vim.fn.execute('messages') .. vim.fn.execute('registers')")
        assert VALUE not in kept


@pytest.fixture
def vim(window: Neovim, bob: Teammate) -> Iterator[Neovim]:
    """The editor with nothing open, and the file and its newest release as they were in the beginning."""
    fresh(window)
    bob.env.write_text(DOTENV)
    bob.run("push", "--offline", "--force", "-m", "as it was")
    yield window
    assert [line for line in window.said() if VALUE in line] == []


def releases(bob: Teammate) -> list[str]:
    return [row["release"] for row in bob.json("log")["releases"]]


def newest(bob: Teammate) -> str:
    return releases(bob)[0]


def message(bob: Teammate) -> str:
    return str(bob.json("log")["releases"][0]["message"])


def hover(vim: Neovim, words: str) -> str:
    """Ask what is under the cursor, again where a late move has closed the answer; return it."""
    found: list[str] = []

    def is_shown() -> bool:
        if not vim.floats():
            vim.command("lua vim.lsp.buf.hover() vim.wait(200)")
        found[:] = [shown for shown in vim.floats() if words in shown]
        return bool(found)

    vim.until(is_shown)
    return found[0]


# --- what any editor has ---------------------------------------------------------------------------


def test_which_files_are_env_files(vim: Neovim) -> None:
    match = "return vim.tbl_map(function(name) return vim.filetype.match({ filename = name }) or '' end, ...)"
    names = [".env", ".env.dev", "prod.env", ".environment", "app.py"]
    assert vim.lua(match, names) == ["env", "env", "env", "", "python"]


def test_code_has_diagnostics_hover_and_completion(vim: Neovim, bob: Teammate) -> None:
    code = bob.shop / "app.py"
    code.write_text(CODE)
    vim.open(code)
    vim.until(lambda: any("NO_SUCH_NAME" in problem for problem in vim.problems()))
    vim.cursor(3, 20)
    assert "one.example" not in hover(vim, "API_URL")
    vim.keys("Gox = os.environ['<Esc>")
    vim.until(lambda: vim.lines()[-1] == "x = os.environ['")
    vim.cursor(5, 16)
    vim.keys("a<C-x><C-o>")
    vim.until(lambda: vim.lua("return vim.fn.pumvisible()"))
    found = vim.lua("return vim.tbl_map(function(i) return i.word end, vim.fn.complete_info().items)")
    assert {"API_URL", "TOKEN", "URL"} <= set(found)
    vim.keys("<C-e><Esc>")


def test_a_problem_is_mended_by_its_fix(vim: Neovim, bob: Teammate) -> None:
    code = bob.shop / "app.py"
    code.write_text(CODE)
    vim.open(code)
    vim.until(lambda: any("NO_SUCH_NAME" in problem for problem in vim.problems()))
    vim.cursor(4, 20)
    will_answer(vim, "NO_SUCH_NAME")
    vim.command("lua vim.lsp.buf.code_action()")
    added = "return vim.api.nvim_buf_get_lines(vim.fn.bufadd(...), 0, -1, false)"
    vim.until(lambda: any(line.startswith("NO_SUCH_NAME=") for line in vim.lua(added, str(bob.env))))
    vim.command("wall")
    vim.until(lambda: not any("NO_SUCH_NAME is in no" in problem for problem in vim.problems()))


def test_a_hover_over_a_value_shows_it(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.cursor(3, 15)
    hover(vim, VALUE)


def test_a_release_is_rolled_back_to_from_the_line(vim: Neovim, bob: Teammate) -> None:
    bob.env.write_text(DOTENV.replace("one", "two"))
    bob.ok("push", "--offline")
    before = newest(bob)
    vim.open(bob.env)
    vim.until(lambda: before in status_line(vim))
    vim.cursor(1, 0)
    will_answer(vim, "Roll back to")
    vim.command("lua vim.lsp.buf.code_action()")
    vim.until(lambda: before not in status_line(vim))
    vim.until(lambda: "API_URL=https://one.example" in vim.lines())
    assert bob.env.read_text() == DOTENV


# --- commands --------------------------------------------------------------------------------------


def test_a_push_makes_a_release_with_its_message(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.keys("GoNEW=1<CR>MORE=2<Esc>")
    vim.until(lambda: "MORE=2" in vim.lines())
    vim.command("EnvPush too early")
    vim.until(lambda: any("save" in line for line in vim.said()))
    vim.command("write")
    vim.until(lambda: "↑2" in status_line(vim))
    vim.command("EnvPush ++only=NEW only one")
    vim.until(lambda: message(bob) == "only one")
    vim.until(lambda: "↑1" in status_line(vim))
    vim.command("EnvPush one more")
    vim.until(lambda: message(bob) == "one more")
    vim.until(lambda: any("+1 ~0 -0" in line for line in vim.said()))


def test_a_pull_writes_the_file_and_keeps_edits_without_a_bang(vim: Neovim, bob: Teammate) -> None:
    bob.env.write_text(DOTENV.replace("one", "two"))
    bob.ok("push", "--offline")
    bob.env.unlink()
    vim.open(bob.env)
    vim.command("EnvPull")
    vim.until(lambda: "API_URL=https://two.example" in vim.lines())
    assert bob.env.read_text() == DOTENV.replace("one", "two")
    assert not vim.lua("return vim.bo.modified")
    vim.keys(":%s/two/three/<CR>:write<CR>")
    vim.until(lambda: "three" in bob.env.read_text())
    bob.ok("rollback", "~1", "--offline")
    vim.command("EnvPull!")
    vim.until(lambda: "API_URL=https://one.example" in vim.lines())


def test_a_verb_that_looks_answers_in_a_float(vim: Neovim, bob: Teammate) -> None:
    bob.env.write_text(DOTENV.replace("one", "two") + "MORE=1\n")
    bob.ok("push", "--offline", "-m", "moved")
    vim.open(bob.env)
    vim.keys("GoHERE=1<Esc>:write<CR>")
    vim.until(lambda: "HERE=1" in bob.env.read_text())
    for words, lines in {
        "EnvStatus": ("added", "HERE", newest(bob), "admin"),
        "EnvLog": ("moved", "+1 ~1 -0", "Bob"),
        "EnvDiff ~1 ~0": ("~  API_URL", "+  MORE"),
        "EnvAccess list": ("bob@example.com", "admin", "Bob-pc", "you"),
        "Env env.list": ("shop:dev", "shop:staging", "no release yet"),
        "Env list": ("TOKEN", "URL"),
    }.items():
        vim.command(words)
        vim.until(vim.floats)
        (shown,) = vim.floats()
        assert [line for line in lines if line not in shown] == [], shown
        assert VALUE not in shown
        assert vim.lua("return { vim.bo.swapfile, vim.bo.buftype }") == [False, "nofile"]
        vim.keys("q")
        vim.until(lambda: not vim.floats())
    vim.command("EnvLog")
    vim.until(vim.floats)
    vim.keys("j<CR>")
    vim.until(lambda: any(line.startswith("API_URL=••••••") for line in vim.lines()))
    assert "readonly" in vim.lua("return vim.bo.readonly and 'readonly' or ''")


def test_a_value_is_shown_and_copied_for_some_seconds(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.cursor(3, 10)
    vim.command("EnvReveal")
    vim.until(vim.floats)
    assert vim.floats() == [VALUE]
    vim.keys("k")
    vim.until(lambda: not vim.floats())
    vim.command("EnvCopy TOKEN")
    vim.until(lambda: clipboard(vim) == VALUE)
    vim.until(lambda: any("in the clipboard" in line for line in vim.said()))
    vim.command("EnvReveal TOKEN")
    vim.until(vim.floats)
    vim.until(lambda: not vim.floats())
    vim.until(lambda: clipboard(vim) == "")
    vim.command("EnvReveal NO_SUCH_NAME")
    vim.until(lambda: any("does not give that name a value" in line for line in vim.said()))


def test_the_clipboard_of_somebody_else_is_left_alone(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.lua("require('envlsp.private').copy('a-copied-value', 0)")
    vim.until(lambda: clipboard(vim) == "")
    vim.lua("require('envlsp.private').copy('a-copied-value', 1)")
    vim.lua("_G.clipboard = { 'something of another program' }")
    vim.lua("vim.wait(1200)")
    assert clipboard(vim) == "something of another program"


def test_presenting_shows_and_copies_nothing(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.command("EnvMask")
    vim.until(lambda: "unmasked" in status_line(vim))
    vim.command("EnvPresent")
    vim.until(lambda: "presenting" in status_line(vim))
    vim.cursor(3, 10)
    vim.command("EnvReveal")
    vim.until(lambda: len([line for line in vim.said() if "you are presenting" in line]) == 1)
    vim.command("EnvCopy")
    vim.until(lambda: len([line for line in vim.said() if "you are presenting" in line]) == 2)
    assert vim.floats() == []
    vim.command("EnvPresent")
    vim.until(lambda: "presenting" not in status_line(vim))
    vim.command("EnvMask")
    vim.until(lambda: "unmasked" not in status_line(vim))


def test_an_environment_is_chosen_by_its_name_or_from_a_list(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.command("EnvSwitch staging")
    vim.until(lambda: bob.json("status")["env"] == "staging")
    will_answer(vim, "dev")
    vim.command("EnvSwitch")
    vim.until(lambda: bob.json("status")["env"] == "dev")
    assert {"dev", "staging"} <= {words.split()[0] for words in asked(vim)}


def test_the_server_asks_for_a_value_without_showing_it(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    will_answer(vim, "typed-in")
    vim.command("Env set ++name=TOKEN ++offline")
    vim.until(lambda: bob.ok("get", "TOKEN").out.rstrip() == b"typed-in")
    assert "TOKEN" in asked(vim)[0]


def test_words_are_completed(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.until(lambda: newest(bob) in status_line(vim))
    vim.until(lambda: offered(vim, "EnvRollback ") == releases(bob))
    assert offered(vim, "EnvReveal ") == ["API_URL", "TOKEN", "URL"]
    assert offered(vim, "EnvReveal T") == ["TOKEN"]
    assert offered(vim, "EnvPush ++only=API_URL,U") == ["++only=API_URL,URL"]
    assert offered(vim, "EnvSwitch ") == ["dev", "staging"]
    assert offered(vim, "EnvAccess g") == ["grant"]
    assert offered(vim, "EnvAccess grant ") == ["bob@example.com"]
    assert offered(vim, "EnvAccess grant bob@example.com v") == ["viewer"]
    assert offered(vim, "EnvStatus ++t") == ["++target"]
    assert offered(vim, "EnvUnlock ") == ["30m", "8h", "forever"]
    assert "device.list" in offered(vim, "Env device.")


def test_lines_that_differ_have_a_sign(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.until(lambda: newest(bob) in status_line(vim))
    vim.keys(":2s/one/two/<CR>GoMORE=1<Esc>:4d<CR>")
    signs = """
        local place = vim.api.nvim_get_namespaces()['envlsp.signs']
        return vim.tbl_map(function(mark)
          local more = mark[4]
          return { mark[2], more.sign_text and vim.trim(more.sign_text) or more.virt_lines[1][1][1] }
        end, vim.api.nvim_buf_get_extmarks(0, place, 0, -1, { details = true }))
        """
    vim.until(lambda: sorted(vim.lua(signs)) == [[1, "~"], [3, "+"], [3, "- URL"]])
    vim.until(lambda: "↑3" in status_line(vim))


def test_a_wrong_word_is_told_and_nothing_is_done(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.command("EnvLock now")
    vim.command("EnvAccess")
    vim.command("Env no.such.verb")
    vim.until(lambda: len(vim.said()) == 3)
    assert "one word too many: now" in vim.said()[0]
    assert "grant|list" in vim.said()[1]
    assert "no such command" in vim.said()[2]


# --- documents that are never on disk --------------------------------------------------------------


def open_document(vim: Neovim, bob: Teammate, words: str = "EnvOpen") -> None:
    vim.open(bob.env)
    vim.until(lambda: newest(bob) in status_line(vim))
    vim.command(words)
    vim.until(lambda: any(line == "API_URL=••••••" for line in vim.lines()))


def test_a_document_is_read_edited_and_written(vim: Neovim, bob: Teammate) -> None:
    open_document(vim, bob)
    assert VALUE not in "\n".join(vim.lines())
    line = vim.lines().index("API_URL=••••••") + 1
    vim.keys(f"{line}GccAPI_URL=https://typed.example<Esc>Gotyped=1<Esc>")
    vim.until(lambda: vim.lines()[-1] == "typed=1")
    vim.command("%s/^typed/TYPED/")
    before = newest(bob)
    vim.command("write")
    assert not vim.lua("return vim.bo.modified")
    assert newest(bob) != before
    vim.until(lambda: "TYPED=••••••" in vim.lines() and "API_URL=••••••" in vim.lines())
    assert bob.ok("get", "API_URL").text.rstrip() == "https://typed.example"
    assert bob.ok("get", "TOKEN").text.rstrip() == VALUE
    vim.command("silent! undo")
    assert "typed.example" not in "\n".join(vim.lines())


def test_a_document_follows_the_newest_release(vim: Neovim, bob: Teammate) -> None:
    open_document(vim, bob)
    bob.env.write_text(DOTENV + "LATER=1\n")
    bob.ok("push", "--offline")
    vim.until(lambda: "LATER=••••••" in vim.lines())


def test_what_cannot_be_written_stays_modified_and_is_told(vim: Neovim, bob: Teammate) -> None:
    open_document(vim, bob)
    vim.keys("GoMORE=1<Esc>")
    vim.until(lambda: "MORE=1" in vim.lines())
    bob.env.write_text(DOTENV + "LATER=1\n")
    bob.ok("push", "--offline")
    vim.command("checktime")
    vim.until(lambda: newest(bob) in status_line(vim))
    before = newest(bob)
    vim.keys(":write | quit<CR>")
    vim.until(lambda: any(line.startswith("not saved: ") for line in vim.said()))
    assert vim.lua("return vim.bo.modified")
    assert "MORE=1" in vim.lines()
    assert newest(bob) == before


def test_an_older_release_is_only_looked_at(vim: Neovim, bob: Teammate) -> None:
    open_document(vim, bob, "EnvOpen v1")
    assert vim.lua("return { vim.bo.readonly, vim.bo.modifiable }") == [True, False]
    vim.command("write!")
    assert any("only looked at" in line for line in vim.said())


def test_a_document_that_nobody_has_is_told(vim: Neovim, bob: Teammate) -> None:
    vim.open(bob.env)
    vim.command("edit envlsp://tm1nobody/shop/web/dev")
    vim.until(lambda: any("envlsp://tm1nobody/shop/web/dev: " in line for line in vim.said()))
    assert vim.lines() == [""]


# --- with and without a server ---------------------------------------------------------------------


def test_a_command_starts_the_server_where_nothing_is_open(vim: Neovim, bob: Teammate) -> None:
    vim.command("lua vim.lsp.stop_client(vim.lsp.get_clients(), true)")
    vim.until(lambda: vim.lua("return #vim.lsp.get_clients()") == 0)
    vim.command("EnvStatus")
    vim.until(vim.floats)
    assert newest(bob) in vim.floats()[0]


def test_without_a_server_a_command_says_so(vim: Neovim) -> None:
    vim.command("lua vim.lsp.enable('envlsp', false)")
    vim.command("lua vim.lsp.stop_client(vim.lsp.get_clients(), true)")
    vim.until(lambda: vim.lua("return #vim.lsp.get_clients()") == 0)
    vim.command("EnvPush")
    assert any("no server for this file" in line for line in vim.said())
    vim.command("lua vim.lsp.enable('envlsp')")


def test_a_program_that_is_not_there_is_told(vim: Neovim) -> None:
    vim.command("lua vim.lsp.config('envlsp', { cmd = { 'no-such-envlsp', 'lsp' } })")
    vim.command("EnvStatus")
    assert any("there is no program no-such-envlsp" in line for line in vim.said())
    vim.command("lua vim.lsp.config('envlsp', { cmd = { 'envlsp', 'lsp' } })")


# --- and in the end, the device is another one -----------------------------------------------------


def test_a_locked_device_asks_for_its_passphrase_and_nothing_asks_meanwhile(
    vim: Neovim, bob: Teammate
) -> None:
    vim.open(bob.env)
    vim.until(lambda: newest(bob) in status_line(vim))
    will_answer(vim, PASSPHRASE, PASSPHRASE)
    vim.command("Env protect ++with=passphrase")
    vim.until(lambda: len(asked(vim)) == 2 and any("protection passphrase" in said for said in vim.said()))
    vim.command("EnvLock")
    vim.until(lambda: status_line(vim) == "shop: locked")
    will_answer(vim)
    assert offered(vim, "EnvRollback ") == []
    assert offered(vim, "EnvReveal ") == []
    assert asked(vim) == []
    will_answer(vim, "not-this-one")
    before = len(vim.said())
    vim.command("EnvUnlock")
    vim.until(lambda: len(vim.said()) > before)
    assert status_line(vim) == "shop: locked"
    will_answer(vim, PASSPHRASE)
    vim.command("EnvUnlock 8h")
    vim.until(lambda: "shop:dev v" in status_line(vim))
    assert [line for line in vim.said() if PASSPHRASE in line] == []
