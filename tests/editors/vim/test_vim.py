"""Bob's Vim: the real editor, the real server, the real command line beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.processes import Teammate, cast
from tests.support.vim import Vim, vim_editor

pytestmark = pytest.mark.slow

VALUE = "once-upon-a-secret"
DOTENV = f"""\
# Where the API lives
API_URL=https://one.example
export TOKEN={VALUE}
URL=${{API_URL}}/v1
"""


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    found_program("vim")
    with cast(tmp_path_factory.mktemp("people")) as people:
        bob = people.founder("Bob", DOTENV.encode())
        bob.ok("push", "--offline", "-m", "begun")
        yield bob


@contextmanager
def bobs_editor(bob: Teammate, *files: str) -> Iterator[Vim]:
    """Start his editor, and see in the end that no value was said or kept in a register."""
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), bob.environ(), bob.shop, *files) as vim,
    ):
        yield vim
        assert VALUE not in vim.said()
        assert VALUE not in vim.ask("execute('registers')")


def releases(bob: Teammate) -> list[tuple[str, str]]:
    return [(row["release"], row["message"]) for row in bob.json("log")["releases"]]


def test_a_file_is_pushed_looked_at_and_rolled_back(bob: Teammate) -> None:
    with bobs_editor(bob, ".env") as vim:
        vim.typed(":call setline(2, 'API_URL=https://two.example')\r")
        vim.typed(":EnvPush too early\r")
        vim.until_shows("save or undo first")
        vim.typed(":write\r:EnvPush one more\r")
        vim.until_shows("envlsp: v2: +0 ~1 -0")
        assert releases(bob)[0] == ("v2", "one more")
        vim.typed(":EnvLog\r")
        vim.until_shows("just now  +0 ~1 -0  one more")
        vim.typed("q:EnvStatus\r")
        vim.until_shows("shop:dev  v2")
        vim.typed("q:EnvDiff v1\r")
        vim.until_shows("API_URL")
        vim.until_shows("v1 → ")
        vim.typed("q:EnvRollback\r")
        vim.until_shows("v1 by Bob")  # it asks for which
        vim.typed("\r")
        vim.until_shows("envlsp: v3: +0 ~1 -0")
        vim.typed(":EnvPull\r")
        vim.until(lambda: vim.lines() == DOTENV.splitlines())
        assert bob.env.read_text() == DOTENV
        assert vim.ask("&modified") == 0


def test_a_value_is_shown_or_copied_for_some_seconds(bob: Teammate) -> None:
    with bobs_editor(bob, ".env") as vim:
        vim.until_shows("# Where the API lives")
        vim.typed("3G$:EnvReveal\r")
        vim.until_shows(f"║ {VALUE} ║")
        vim.typed("k")
        assert VALUE not in vim.screen.now()
        before = len(vim.screen.frames)
        vim.typed(":EnvCopy TOKEN\r")
        vim.until_shows("envlsp: TOKEN is copied for 10 seconds")
        assert vim.ask("getreg('\"')") == VALUE
        assert VALUE not in "".join(vim.screen.frames[before:])
        vim.typed(":EnvReveal TOKEN\r")
        vim.until_shows(VALUE)
        vim.until(lambda: VALUE not in vim.screen.now())  # by itself
        assert vim.ask("popup_list()") == []
        vim.until(lambda: vim.ask("getreg('\"')") == "")


def test_a_value_is_shown_where_code_reads_it(bob: Teammate) -> None:
    (bob.shop / "app.py").write_text('import os\ntoken = os.environ["TOKEN"]\n')
    with bobs_editor(bob) as vim:
        vim.showed("filetype on | edit app.py")
        vim.typed("2G22|:EnvReveal\r")
        vim.until_shows(f"║ {VALUE} ║")
        vim.typed("k")
        vim.typed(":EnvStatus\r")
        vim.until_shows("shop:dev  v")
    (bob.shop / "app.py").unlink()


def test_a_value_is_typed_unseen(bob: Teammate) -> None:
    with bobs_editor(bob, ".env") as vim:
        vim.typed(":EnvSet MORE\r")
        vim.until_shows("value of MORE:")
        vim.typed("typed-in\r")
        vim.until_shows("not delivered yet")
        assert bob.ok("get", "MORE").out.rstrip() == b"typed-in"
        assert "typed-in" not in "".join(vim.screen.frames)
        assert "typed-in" not in vim.ask("execute('history input')")


def test_a_file_with_other_line_ends_is_pushed_as_it_is(bob: Teammate) -> None:
    bob.ok("env", "create", "windows", "--offline")
    there = bob.shop / ".env.windows"
    there.write_bytes(b"A=1\r\nB=2\r\n")
    with bobs_editor(bob, ".env.windows") as vim:
        vim.typed(":EnvPush\r")
        vim.until_shows("not delivered yet")
        vim.typed(":EnvPull\r")
        vim.until_shows("envlsp: the file is at v1")
    assert there.read_bytes() == b"A=1\r\nB=2\r\n"


def test_the_file_that_is_shown_says_which_environment_is_meant(bob: Teammate) -> None:
    bob.ok("env", "create", "staging", "--offline")
    (bob.shop / ".env.staging").write_text("STAGE=1\n")
    with bobs_editor(bob, ".env.staging") as vim:
        vim.typed(":EnvPush\r")
        vim.until_shows("not delivered yet")
    assert bob.ok("get", "STAGE", "--env", "staging").out.rstrip() == b"1"


def test_a_document_that_is_never_on_disk_is_saved_as_a_release(bob: Teammate) -> None:
    team = bob.json("status")["team"]
    before = len(releases(bob))
    with bobs_editor(bob) as vim:
        vim.showed(f"edit envlsp://{team}/shop/shop/dev")
        vim.until(lambda: any(line.startswith("API_URL=") for line in vim.lines()))
        assert VALUE not in "\n".join(vim.lines())
        vim.typed("GoADDED=here\x1b")
        vim.typed(":write\r")
        vim.until(lambda: len(releases(bob)) == before + 1)
        vim.until(lambda: vim.ask("&modified") == 0)
    assert bob.ok("get", "ADDED").out.rstrip() == b"here"
    assert bob.ok("get", "TOKEN").out.rstrip() == VALUE.encode()


def test_releases_are_looked_at_and_environments_chosen(bob: Teammate) -> None:
    bob.ok("env", "create", "testing", "--offline")
    with bobs_editor(bob, ".env") as vim:
        vim.typed(":EnvLog\r")
        vim.until(lambda: vim.ask("bufname()") == "envlsp: log (q closes)")
        vim.typed("G\r")
        vim.until(lambda: str(vim.ask("bufname()")).endswith("/shop/shop/dev@v1"))
        vim.until(lambda: any(line.startswith("API_URL=") for line in vim.lines()))
        assert vim.ask("[&readonly, &modifiable]") == [1, 0]
        vim.typed(":edit .env\r:EnvOpen\r")
        vim.until(lambda: str(vim.ask("bufname()")).endswith("/shop/shop/dev"))
        vim.until(lambda: any(line.startswith("API_URL=") for line in vim.lines()))
        assert vim.ask("[&readonly, &modifiable]") == [0, 1]
        vim.typed(":edit .env\r")
        vim.until(lambda: vim.ask("envlsp#Statusline()").startswith("shop:dev v"))
        for wanted in ("testing", "dev"):
            vim.typed(":EnvSwitch\r")
            vim.until(lambda: vim.ask("len(popup_list())"))
            choices = vim.ask("getbufline(winbufnr(popup_list()[0]), 1, '$')")
            (number,) = (line.split()[0] for line in choices if wanted in line.split())
            vim.typed(number)
            vim.until(lambda wanted=wanted: bob.json("status")["env"] == wanted)  # type: ignore[misc]


def test_presenting_shows_and_copies_nothing(bob: Teammate) -> None:
    with bobs_editor(bob, ".env") as vim:
        standing = "envlsp#Statusline()"
        vim.until(lambda: vim.ask(standing).startswith("shop:dev v"))
        vim.typed(":EnvPresent\r")
        vim.until(lambda: vim.ask(standing).endswith(" presenting"))
        vim.typed("3G:EnvReveal\r")
        vim.until(lambda: vim.said().count("you are presenting") == 1)
        vim.typed(":EnvCopy\r")
        vim.until(lambda: vim.said().count("you are presenting") == 2)
        assert vim.ask("popup_list()") == []
        vim.typed(":EnvPresent\r")
        vim.until(lambda: "presenting" not in vim.ask(standing))
        assert VALUE not in "".join(vim.screen.frames)
        vim.do("call envlsp#Run('mask.toggle')")
        vim.until_shows(VALUE)
        vim.until(lambda: vim.ask(standing).endswith(" unmasked"))
        vim.typed(":EnvMask\r")
        vim.until(lambda: VALUE not in vim.screen.now())


def test_without_a_program_a_command_says_so(bob: Teammate) -> None:
    with bobs_editor(bob) as vim:
        vim.do("let g:envlsp_command = ['no-such-program']")
        vim.typed(":EnvPush\r")
        vim.until_shows("no-such-program is not installed or not on the PATH")
