"""Questions are asked only where somebody can answer, and secrets are not shown."""

from __future__ import annotations

import io
import sys

import pytest

from envlsp.cli.talk import Talk
from envlsp.errors import BadText, UsageError
from envlsp.service import ports


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typing(monkeypatch: pytest.MonkeyPatch, text: str) -> Terminal:
    shown = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(text))
    monkeypatch.setattr(sys, "stderr", shown)
    return shown


def test_it_is_what_the_service_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    talk: ports.Talk = Talk()
    talk.say("hello \x1b[2J")
    assert capsys.readouterr() == ("", "hello ?[2J\n")


@pytest.mark.parametrize(
    ("typed", "default", "answer"),
    (
        ("y\n", False, True),
        ("YES\n", False, True),
        ("\n", False, False),
        ("\n", True, True),
        ("no\n", True, False),
        ("yep\n", False, False),
    ),
)
def test_only_yes_is_yes(typed: str, default: bool, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = typing(monkeypatch, typed)
    assert Talk().confirm("Go?", default=default) is answer
    assert shown.getvalue() == f"Go? [{'Y/n' if default else 'y/N'}] "


def test_the_flag_answers_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert Talk(yes=True).confirm("Go?")


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError) as refused:
        Talk().confirm("Go?")
    assert refused.value.fix == "add --yes"
    with pytest.raises(UsageError) as refused:
        Talk().ask("Who are you", flag="--as")
    assert refused.value.fix == "add --as"
    with pytest.raises(UsageError) as refused:
        Talk(yes=True).ask_hidden("Passphrase")
    assert refused.value.fix == "add --key-file PATH"


def test_what_is_shown_once_needs_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError):
        Talk(yes=True).show_once("the recovery words", ["abandon", "ability"])
    assert capsys.readouterr() == ("", "")
    shown = typing(monkeypatch, "")
    Talk().show_once("the recovery words", ["abandon", "ability"])
    assert shown.getvalue() == "\nthe recovery words\n\n    abandon\n    ability\n\n"


def test_a_question_goes_to_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = typing(monkeypatch, "Alice\n\n")
    assert Talk().ask("Who are you", flag="--as") == "Alice"
    assert Talk().ask("Which app", default="web") == "web"
    assert shown.getvalue() == "Who are you: Which app [web]: "


def test_a_hidden_answer_that_is_chosen_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(("hunter2", "hunter2", "one", "two", ""))
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_named: next(answers))
    typing(monkeypatch, "")
    assert Talk().ask_hidden("Passphrase", twice=True) == b"hunter2"
    with pytest.raises(BadText, match="differ") as refused:
        Talk().ask_hidden("Passphrase", twice=True)
    assert "two" not in str(refused.value).replace("the two", "")
    with pytest.raises(BadText, match="nothing"):
        Talk().ask_hidden("Passphrase")


def test_ending_the_input_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "")
    with pytest.raises(UsageError, match="ended"):
        Talk().ask("Which app", default="web")

    def ended(*_args: object, **_named: object) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    with pytest.raises(UsageError, match="ended"):
        Talk().ask_hidden("Passphrase")
