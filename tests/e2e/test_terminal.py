"""What is asked on a terminal: passphrases, recovery words, yes or no."""

from __future__ import annotations

import re

import pytest

from tests.support.cli import failed
from tests.support.processes import DOTENV, Cast, Teammate, shown_words
from tests.support.terminals import Terminal

pytestmark = pytest.mark.slow

PASSPHRASE = "correct horse battery staple"


def _at_a_terminal(person: Teammate, *words: str) -> Terminal:
    return Terminal([*words], person.shop, person.environ())


@pytest.fixture
def alice(stage: Cast) -> Teammate:
    """Somebody with a folder and no team."""
    alice = stage.person("Alice")
    alice.shop.mkdir()
    alice.env.write_bytes(DOTENV)
    return alice


def _choose_passphrase(terminal: Terminal, again: str = PASSPHRASE) -> None:
    terminal.expect(r"passphrase[^\n]*: ")
    terminal.type(PASSPHRASE)
    terminal.expect(r"again[^\n]*: ")
    terminal.type(again)


def _words_shown(terminal: Terminal) -> dict[int, str]:
    terminal.expect(r"recovery words")
    terminal.expect(r"24\. [a-z]+\n")
    return {int(number): word for number, word in re.findall(r"(\d+)\. ([a-z]+)\n", terminal.screen)}


def _retype(terminal: Terminal, words: dict[int, str]) -> None:
    for _ in range(3):
        asked = terminal.expect(r"word (\d+): ")
        terminal.type(words[int(asked[1])])


def _founded(alice: Teammate) -> str:
    with _at_a_terminal(alice, "init", "--as", "Alice <alice@example.com>") as terminal:
        _choose_passphrase(terminal)
        words = _words_shown(terminal)
        assert sorted(words) == [*range(1, 25)]
        _retype(terminal, words)
        assert terminal.finish() == 0, terminal.screen
        return terminal.screen


def test_a_passphrase_and_recovery_words(alice: Teammate) -> None:
    screen = _founded(alice)
    assert PASSPHRASE not in screen
    assert "shop in a new team" in screen

    failed(alice.run("push"), 4)  # no terminal, no agent: nobody to ask
    failed(alice.run("list"), 4)
    with _at_a_terminal(alice, "push") as terminal:
        terminal.expect(r"passphrase[^\n]*: ")
        terminal.type(PASSPHRASE)
        assert terminal.finish() == 0, terminal.screen
        assert "v1" in terminal.screen
    with _at_a_terminal(alice, "list") as terminal:
        terminal.expect(r"passphrase[^\n]*: ")
        terminal.type("a guess")
        assert terminal.finish() == 4, terminal.screen
        assert "guess" not in terminal.screen


def test_an_agent_lends_the_unlocked_key_to_other_commands(alice: Teammate) -> None:
    _founded(alice)
    with _at_a_terminal(alice, "agent") as agent:
        agent.expect(r"passphrase[^\n]*: ")
        agent.type(PASSPHRASE)
        agent.expect("ready")
        alice.ok("push")
        assert alice.ok("get", "TOKEN").out == b"a b#c\n"
        agent.process.terminate()
        assert agent.finish() == 0
    failed(alice.run("get", "TOKEN"), 4)


def test_a_slip_of_the_finger_makes_nothing(alice: Teammate) -> None:
    with _at_a_terminal(alice, "init", "--as", "Alice") as terminal:
        _choose_passphrase(terminal, again="another")
        assert terminal.finish() == 2, terminal.screen
        assert "the two answers differ" in terminal.screen
    assert not (alice.shop / "ev.yaml").exists()


def test_recovery_words_that_were_not_written_down_make_no_team(alice: Teammate) -> None:
    with _at_a_terminal(alice, "init", "--as", "Alice") as terminal:
        _choose_passphrase(terminal)
        _words_shown(terminal)
        terminal.expect(r"word (\d+): ")
        terminal.type("forgotten")
        assert terminal.finish() == 2, terminal.screen
        assert "no team was made" in terminal.screen
    assert not (alice.shop / "ev.yaml").exists()
    failed(alice.run("status"), 3)


def test_recovery_words_are_never_written_to_a_pipe(alice: Teammate) -> None:
    result = alice.run("init", *alice.who)
    assert result.code == 2, result.talk
    assert "--no-recovery" in result.talk
    assert not (alice.shop / "ev.yaml").exists()


@pytest.mark.parametrize(("answer", "code", "people"), (("y", 0, 2), ("n", 9, 1), ("", 9, 1)))
def test_whoever_invites_is_asked_whether_the_words_agree(
    stage: Cast, answer: str, code: int, people: int
) -> None:
    alice = stage.founder("Alice")
    bob = stage.clone("Bob", alice)
    with _at_a_terminal(alice, "invite") as terminal:
        spoken = terminal.expect(r"(\d{6}(?:-[a-z]+)+)\n")[1]
        joining = bob.start("join", spoken, *bob.who)
        terminal.expect(r"Bob <bob@example.com> wants to join")
        shown = terminal.expect(r"both screens must show: [a-z ]+\n")[0]
        terminal.expect(r"\[y/N\] ")
        terminal.type(answer)
        assert terminal.finish() == code, terminal.screen
    joined = joining.finish()
    assert joined.code == code, joined.talk
    assert shown_words(joined.talk) == shown_words(shown)
    assert len(alice.json("members")["members"]) == people


def test_a_value_is_typed_unseen(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    with _at_a_terminal(alice, "set", "TOKEN") as terminal:
        terminal.expect(r"TOKEN[^\n]*: ")
        terminal.type("canary-value")
        assert terminal.finish() == 0, terminal.screen
        assert "canary" not in terminal.screen
    assert alice.ok("get", "TOKEN").out == b"canary-value\n"


def test_colour_is_for_terminals(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    alice.ok("set", "NEW", stdin=b"1")
    with _at_a_terminal(alice, "diff", "v1..v2") as terminal:
        assert terminal.finish() == 0
        assert "\x1b[" in terminal.screen
    alice.extra["NO_COLOR"] = "1"
    with _at_a_terminal(alice, "diff", "v1..v2") as terminal:
        assert terminal.finish() == 0
        assert "\x1b[" not in terminal.screen
    assert b"\x1b[" not in alice.ok("diff", "v1..v2").out
