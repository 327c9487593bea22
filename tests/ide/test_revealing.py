"""The value of a name, references resolved, for the few answers that may carry one."""

from __future__ import annotations

import time

import pytest

from envlsp.domain.secret import SecretText
from envlsp.errors import BadText
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Position, Range
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


def check_refused(text: str, name: str, dialect: str) -> None:
    start = time.monotonic()
    with pytest.raises(BadText, match="cannot be shown here: its references are too many"):
        value_in(EnvFile.of(Text.of(text), dialect), name)
    assert time.monotonic() - start < 5  # it takes a hundredth of that where nothing else runs


@pytest.mark.parametrize("dialect", ("node", "python"))
def test_what_would_keep_an_editor_waiting_is_refused(dialect: str) -> None:
    chain = "".join(f"A{n}=${{A{n - 1}}}x\n" for n in range(1, 10_000))
    check_refused(f"A0=x\n{chain}", "A9999", dialect)


def test_values_that_double_are_refused() -> None:
    double = "".join(f"A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 60))
    check_refused(f"A0=x\n{double}", "A59", "python")


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ("node", "python"))
def test_what_many_lines_share_is_shown_in_each_of_them(dialect: str) -> None:
    lines = "".join(f"N{n}=${{BASE}}/p{n}\n" for n in range(10_000))
    check_value(f"BASE=http://x.test\n{lines}A=${{BASE}}/a\n", "http://x.test/a", dialect=dialect)
    lines = "".join(f"B{n}=${{LONG}}…\n" for n in range(20_000))
    check_value(f"LONG={'x' * 900_000}\n{lines}A=${{LONG}}\n", "x" * 900_000, dialect=dialect)


def test_names_that_refer_to_nothing_are_shown_beside_a_chain() -> None:
    chain = "".join(f"A{n}=${{A{n - 1}}}x\n" for n in range(1, 10_000))
    check_value(f"A=1\nA0=x\n{chain}", "1")


def test_an_edit_is_seen_by_what_refers_to_it() -> None:
    file = EnvFile.of(Text.of("B=1\nC=${B}\nA=${C}\n"), "node")
    assert value_in(file, "A") == SecretText("1")
    for text in ("2", "$A", "\\$", "pa$$word", "3"):
        line = len(file.text.line(0).rstrip("\n"))
        file = file.edited(file.text.replaced(Range(Position(0, 2), Position(0, line)), text))
        fresh = EnvFile.of(file.text, "node")
        assert value_in(file, "A") == value_in(fresh, "A")
