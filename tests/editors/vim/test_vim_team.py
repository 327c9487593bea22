"""Alice and Bob, each at a Vim, and a real signaling server between them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.on_screen import found_program
from tests.support.processes import Cast, Teammate, cast
from tests.support.vim import Vim, vim_editor

pytestmark = pytest.mark.slow

DOTENV = b"# Where the API lives\nAPI_URL=https://one.example\nTOKEN=abc\n"
PASSPHRASE = "a-long-enough-passphrase"
STATUS_LINE = "set laststatus=2 statusline=%f%=%{envlsp#Statusline()}\n"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Cast]:
    found_program("vim")
    with cast(tmp_path) as people:
        yield people


@contextmanager
def desk(person: Teammate) -> Iterator[Vim]:
    """Start somebody's editor with their file, and see in the end that it never failed."""
    with (
        tempfile.TemporaryDirectory(prefix="vim-") as folder,
        vim_editor(Path(folder), person.environ(), person.shop, ".env", rc=STATUS_LINE) as vim,
    ):
        yield vim
        assert re.findall(r"(?m)^E\d+:.*", vim.said()) == []


def status_line(vim: Vim) -> str:
    return str(vim.ask("envlsp#Statusline()"))


def popups(vim: Vim) -> str:
    """Return what stands in popups."""
    return str(vim.ask("join(map(popup_list(), {_, id -> join(getbufline(winbufnr(id), 1, '$'))}))"))


def told(vim: Vim) -> str:
    return popups(vim) + vim.said()


def offered(vim: Vim, typed: str) -> list[str]:
    """Return what <Tab> offers behind a colon and some words."""
    return list(vim.ask(f"getcompletion('{typed}', 'cmdline')"))


def window(vim: Vim) -> str:
    """Return what the window says that a command opened, and close it."""
    vim.until(lambda: str(vim.ask("bufname()")).startswith("envlsp: "))
    shown = "\n".join(vim.lines())
    vim.typed("q")
    return shown


def answer(vim: Vim, question: str, choice: str) -> None:
    """Wait for a question and take what is called so, by its number."""
    choices = rf"(\d)  (?:v\S+ by )?{choice}\b"
    vim.until(lambda: question in popups(vim) and re.search(choices, popups(vim)))
    vim.typed(re.findall(choices, popups(vim))[0])


def lets_in(hers: Vim, his: Vim) -> None:
    """Alice invites, and Bob joins by the code that she reads to him."""
    hers.typed(":EnvInvite developer\r")
    hers.until(lambda: "envlsp join " in popups(hers))
    code = re.search(r"envlsp join (\S+)", popups(hers))
    assert code
    his.typed(f":EnvJoin {code[1]} ++device=desk ++as=Bob\\ <bob@example.com>\r")
    words = []
    for one in (hers, his):
        one.until(lambda one=one: "both screens must show: " in told(one))  # type: ignore[misc]
        words += re.findall(r"both screens must show: +((?:[a-z]+ +){4}[a-z]+)", told(one))[:1]
    assert " ".join(words[0].split()) == " ".join(words[1].split())
    answer(hers, "do they read the same words to you?", "Yes")
    his.until(lambda: "you are in the team of Alice" in told(his))
    hers.until(lambda: "has joined" in told(hers))
    for kept in (his.said() + hers.said(), his.ask("execute('history')")):
        assert code[1] not in kept


def test_a_team_by_two_vims(stage: Cast) -> None:
    alice = stage.founder("Alice", DOTENV)
    alice.ok("push", "--offline")
    bob = stage.clone("Bob", alice)
    bob.extra["ENVLSP_KEY_FILE"] = str(bob.folder / "key")
    with desk(bob) as his:
        with desk(alice) as hers:
            lets_in(hers, his)
            his.typed(":EnvPull\r")
            his.until(lambda: "TOKEN=abc" in his.lines())
            for one in (hers, his):
                one.until(lambda one=one: "shop:dev v1 1 online" in status_line(one))  # type: ignore[misc]
                one.until_shows("shop:dev v1 1 online")
            hers.typed(":%s/one/two/\r:write\r")
            hers.until(lambda: "v1 ↑1" in status_line(hers))
            hers.typed(":EnvPush\r")
            hers.until(lambda: "shop:dev v2 1" in status_line(hers))
            his.until(lambda: "shop:dev v2 ↓1" in status_line(his))
            his.typed(":EnvPull\r")
            his.until(lambda: "API_URL=https://two.example" in his.lines())
            his.until(lambda: "shop:dev v2 1 online" in status_line(his))
            his.typed(":EnvSync\r")
            his.until(lambda: "1 device reached" in told(his))
            words_are_completed(his)
            rights(hers, his)
        disagree(alice, his)
        locks(his)


def words_are_completed(his: Vim) -> None:
    his.until(lambda: offered(his, "EnvRollback ") == ["v2", "v1"])
    his.until(lambda: offered(his, "EnvReveal T") == ["TOKEN"])
    his.until(lambda: offered(his, "EnvPush ++only=TOKEN,A") == ["++only=TOKEN,API_URL"])
    his.until(lambda: offered(his, "EnvAccess grant ") == ["alice@example.com", "bob@example.com"])
    assert offered(his, "EnvSwitch ") == ["dev"]
    assert offered(his, "EnvStatus ++target=") == ["++target=:dev"]
    assert offered(his, "EnvAccess g") == ["grant"]
    assert offered(his, "EnvAccess grant bob@example.com v") == ["viewer"]
    assert offered(his, "EnvUnlock ") == ["30m", "8h", "forever"]
    assert offered(his, "EnvStatus ++t") == ["++target"]
    assert "device.list" in offered(his, "Env device.")
    his.type(":EnvReveal T\t")
    his.until_shows(":EnvReveal TOKEN")
    his.typed("\x03")


def rights(hers: Vim, his: Vim) -> None:
    """Links, and who may do what, as both see it."""
    hers.typed(":EnvInvite ++link ++uses=2\r")
    link = re.search(r"envlsp://join#\S+", window(hers))
    assert link
    assert link[0] not in hers.said()
    hers.typed(":EnvInvite list\r")
    assert "0 of 2 used" in window(hers)
    hers.until(lambda: len(offered(hers, "EnvInvite cancel ")) == 1)
    hers.typed(f":EnvInvite cancel {offered(hers, 'EnvInvite cancel ')[0]}\r")
    hers.until(lambda: "changed yes" in told(hers))
    hers.typed(":EnvInvite\r")
    hers.until(lambda: "read this to them" in popups(hers))
    hers.typed(":EnvStop\r")
    hers.until(lambda: "stopped" in told(hers))
    hers.typed(":EnvAccess grant bob@example.com viewer\r")
    hers.until(lambda: "is viewer" in told(hers))
    hers.typed(":EnvAccess grant Bob admin\r")
    hers.until(lambda: "is admin" in told(hers))
    his.typed(":EnvAccess list\r")
    shown = window(his)
    assert re.search(r"Alice +alice@example.com +admin", shown)
    assert "bob@example.com" in shown
    his.typed(":EnvAccess\r")
    his.until(lambda: "say which: :EnvAccess confirm|contest|exposure|grant|list" in told(his))
    his.typed(":EnvLock now\r:Env no.such.verb\r")
    his.until(lambda: "one word too many: now" in told(his) and "no such command" in told(his))


def disagree(alice: Teammate, his: Vim) -> None:
    """Both change one name without having met; he sees it, and settles it."""
    his.until(lambda: "online" not in status_line(his))
    alice.env.write_bytes(DOTENV.replace(b"one", b"hers"))
    alice.ok("push", "--offline")
    his.typed(":%s/two/his/\r:write\r")
    his.until(lambda: "↑1" in status_line(his))
    his.typed(":EnvPush ++offline\r")
    his.until(lambda: "v3" in status_line(his))
    alice.meet()
    his.until(lambda: "✗1" in status_line(his))
    assert offered(his, "EnvResolve ") == ["API_URL"]
    his.typed(":EnvResolve\r")
    answer(his, "take which side of API_URL?", "Bob")
    his.until(lambda: "✗" not in status_line(his) and "v4" in status_line(his))
    assert "API_URL=https://his.example" in his.lines()


def locks(his: Vim) -> None:
    """His device gets a passphrase: it is typed unseen, and nothing but the unlocking asks for it."""
    his.typed(":Env protect ++with=passphrase\r")
    for _ in range(2):
        his.until(lambda: re.search(r"passphrase.*: *$", last_line(his)))
        his.typed(f"{PASSPHRASE}\r")
    his.until(lambda: "protection passphrase" in told(his))
    his.typed(":EnvLock\r")
    his.until(lambda: status_line(his) == "shop: locked")
    assert offered(his, "EnvRollback ") == []
    his.typed(":EnvUnlock 8h\r")
    his.until(lambda: re.search(r"passphrase.*: *$", last_line(his)))
    his.typed(f"{PASSPHRASE}\r")
    his.until(lambda: "shop:dev v4" in status_line(his))
    assert not [frame for frame in his.screen.frames if PASSPHRASE in frame]
    assert PASSPHRASE not in his.said() + his.ask("execute('history all')")


def last_line(vim: Vim) -> str:
    vim.drawn()
    return vim.screen.now().rstrip("\n").rsplit("\n", 1)[-1]
