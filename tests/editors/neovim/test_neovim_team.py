"""Alice and Bob, each at a Neovim, and a real signaling server between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.neovim import Neovim, neovim
from tests.support.neovim_person import asked, desk, status_line, will_answer
from tests.support.processes import Cast, Teammate, cast, shown_words

pytestmark = pytest.mark.slow

DOTENV = b"# Where the API lives\nAPI_URL=https://one.example\nTOKEN=abc\n"
EDITED = DOTENV.replace(b"one", b"two")
GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "neovim.md"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Cast]:
    neovim()
    with cast(tmp_path) as people:
        yield people


def told(vim: Neovim) -> str:
    return "\n".join(vim.said())


def agree(one: Neovim, other: Neovim) -> None:
    """Wait until each was asked whether both screens show the same words, which they do."""
    one.until(lambda: "both screens" in " ".join(asked(one)) + told(one))
    other.until(lambda: "both screens" in " ".join(asked(other)) + told(other))
    screens = ["\n".join([*asked(vim), *vim.said()]) for vim in (one, other)]
    assert shown_words(screens[0]).split(";")[0] == shown_words(screens[1]).split(";")[0]


def lets_in(hers: Neovim, his: Neovim) -> None:
    """Alice invites, and Bob joins by the code that she reads to him."""
    will_answer(hers, "Yes")
    will_answer(his, "Yes")
    hers.command("EnvInvite developer")
    hers.until(lambda: "envlsp join " in told(hers))
    code = re.search(r"envlsp join (\S+)", told(hers))
    assert code
    his.command(f"EnvJoin {code[1]} ++device=desk ++as=Bob\\ <bob@example.com>")
    agree(hers, his)
    his.until(lambda: "you are in the team of Alice" in told(his))
    hers.until(lambda: "has joined" in told(hers))
    assert code[1] not in his.lua("return vim.fn.execute('history cmd')")


def push(alice: Teammate, hers: Neovim, text: bytes) -> None:
    alice.env.write_bytes(text)
    hers.command("checktime")
    hers.command("EnvPush")


def test_a_team_by_two_editors(stage: Cast) -> None:
    alice = stage.founder("Alice", DOTENV)
    alice.ok("push", "--offline")
    bob = stage.clone("Bob", alice)
    bob.extra["ENVLSP_KEY_FILE"] = str(bob.folder / "key")
    with desk(bob) as his:
        with desk(alice) as hers:
            hers.open(alice.env)
            lets_in(hers, his)
            his.open(bob.env)
            his.command("EnvPull")
            his.until(lambda: "TOKEN=abc" in his.lines())
            assert bob.env.read_bytes() == DOTENV
            for one in (hers, his):
                one.until(lambda one=one: "shop:dev v1 1 online" in status_line(one))  # type: ignore[misc]

            push(alice, hers, EDITED)
            his.until(lambda: "shop:dev v2 ↓1" in status_line(his))
            his.command("EnvPull")
            his.until(lambda: "API_URL=https://two.example" in his.lines())
            his.until(lambda: "shop:dev v2 1 online" in status_line(his))

            his.command("EnvSync")
            his.until(lambda: "1 device reached" in told(his))
            rights(hers, his)

        disagree(alice, his)
        leave(alice, his)


def rights(hers: Neovim, his: Neovim) -> None:
    """She makes him a viewer and an admin again, and both see who may do what."""
    hers.command("EnvAccess grant bob@example.com viewer")
    hers.until(lambda: "is viewer" in told(hers))
    his.until(lambda: role(his) == "viewer")
    hers.command("EnvAccess grant Bob admin")
    his.until(lambda: role(his) == "admin")
    his.command("EnvAccess list")
    his.until(his.floats)
    (shown,) = his.floats()
    assert re.search(r"Alice +alice@example.com +admin", shown)
    assert re.search(r"Bob +bob@example.com +admin +desk +you", shown)
    his.keys("q")
    his.until(lambda: not his.floats())


def role(vim: Neovim) -> str:
    return str(vim.lua("local project = require('envlsp.standing').spot(0) return project and project.role"))


def disagree(alice: Teammate, his: Neovim) -> None:
    """Both change one name without having met; he sees it, and settles it."""
    his.until(lambda: "online" not in status_line(his))
    alice.env.write_bytes(DOTENV.replace(b"one", b"hers"))
    alice.ok("push", "--offline")
    his.keys(":%s/two/his/<CR>:write<CR>")
    his.until(lambda: "↑1" in status_line(his))
    his.command("EnvPush ++offline")
    his.until(lambda: "v3" in status_line(his))
    alice.meet()
    his.until(lambda: "✗1" in status_line(his))
    his.until(lambda: any("Alice" in problem for problem in his.problems()))
    assert his.lua("return vim.fn.getcompletion('EnvResolve ', 'cmdline')") == ["API_URL"]
    will_answer(his, "Bob", "Bob")
    his.command("EnvResolve")
    his.until(lambda: "✗" not in status_line(his) and "v4" in status_line(his))
    assert "API_URL=https://his.example" in his.lines()


def leave(alice: Teammate, his: Neovim) -> None:
    """She removes him, and his editor says so."""
    with desk(alice) as hers:
        hers.open(alice.env)
        hers.until(lambda: "1 online" in status_line(hers))
        will_answer(hers, "Yes")
        hers.command("EnvAccess revoke bob@example.com")
        hers.until(lambda: "no longer in the team" in told(hers))
        assert any("remove Bob" in question for question in asked(hers))
        his.until(lambda: "shop: removed" in status_line(his))


def test_the_words_beside_lines_follow_by_the_lines_of_the_guide(stage: Cast) -> None:
    alice = stage.founder("Alice", DOTENV)
    alice.ok("push", "--offline")
    wanted = re.search(r"```lua\n(vim\.lsp\.inlay_hint.+?)```", GUIDE.read_text(), re.DOTALL)
    assert wanted
    with desk(alice, init=wanted[1]) as hers:
        hers.show()
        hers.open(alice.env)
        hers.until(lambda: re.search(r"v1 · Alice · .+ \| Push \| Pull", screen(hers)))
        hers.keys(":%s/one/two/<CR>:write<CR>")
        hers.until(lambda: "•• changed" in screen(hers))
        hers.until(lambda: re.search(r" \| 1 change here \| Push \| Pull", screen(hers)))
        hers.command("EnvPush ++offline")
        hers.until(lambda: "v2 · Alice" in screen(hers) and "•• changed" not in screen(hers))


def screen(vim: Neovim) -> str:
    return vim.screen.now() if vim.drawn() else ""
