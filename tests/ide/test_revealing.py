"""The value of a name, references resolved, for the few answers that may carry one."""

from __future__ import annotations

import pytest

from envlsp.domain.secret import SecretText
from envlsp.ide.envfile import EnvFile
from envlsp.ide.revealing import value_in
from envlsp.ide.text import Text


def check_value(text: str, expected: str | None, *, dialect: str = "node") -> None:
    found = value_in(EnvFile.of(Text.of(text), dialect), "A")
    assert found == (None if expected is None else SecretText(expected))


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_quotes_and_escapes_are_undone(dialect: str) -> None:
    check_value('A="x\\ny"\n', "x\ny", dialect=dialect)
    check_value("A='x y' # why\n", "x y", dialect=dialect)
    check_value("A=\n", "", dialect=dialect)
    check_value('A="two\nlines"\n', "two\nlines", dialect=dialect)


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_references_are_resolved(dialect: str) -> None:
    check_value("B=1\nC=${B}2\nA=${C}3\n", "123", dialect=dialect)
    check_value("A=${NOPE}x\n", "x", dialect=dialect)
    check_value("A=${NOPE:-d}\n", "d", dialect=dialect)


def test_the_last_line_counts() -> None:
    check_value("A=1\nA=2\n", "2")


def test_a_name_without_a_value_has_none() -> None:
    check_value("B=1\n", None)
    check_value("A=1\nA\n", None, dialect="python")


def test_a_value_never_shows_by_accident() -> None:
    file = EnvFile.of(Text.of("A=hunter2\n"), "node")
    assert "hunter2" not in repr(value_in(file, "A"))
    assert "hunter2" not in repr(file)
