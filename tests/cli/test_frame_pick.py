"""A pick at the terminal: numbered, on stderr, and never guessed."""

from __future__ import annotations

import io
import sys

import pytest

from envlsp.cli.talk import Talk
from envlsp.errors import BadText, UsageError
from envlsp.service.ports import Choice

OPTIONS = (Choice("v2-aaaa", "v2-aaaa by Alice", "two\nlines"), Choice("v2-bbbb", "v2-bbbb by Bob"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def picked(monkeypatch: pytest.MonkeyPatch, typed: str) -> tuple[str, str]:
    err = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", err)
    return Talk().pick("which?", OPTIONS), err.getvalue()


def test_a_number_picks(monkeypatch: pytest.MonkeyPatch) -> None:
    value, shown = picked(monkeypatch, "2\n")
    assert value == "v2-bbbb"
    assert shown.splitlines() == ["  1. v2-aaaa by Alice  two?lines", "  2. v2-bbbb by Bob", "which? [1-2] "]


@pytest.mark.parametrize("typed", ("0\n", "3\n", "\n", "Bob\n", "²\n"))
def test_anything_else_does_not(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    with pytest.raises(BadText):
        picked(monkeypatch, typed)


def test_nobody_there() -> None:
    with pytest.raises(UsageError):
        Talk().pick("which?", OPTIONS)
