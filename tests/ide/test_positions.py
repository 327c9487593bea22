"""Columns and bytes say the same place, in every encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.ide.positions import (
    Encoding,
    Position,
    Range,
    line_range,
    to_column,
    to_index,
    to_offset,
    units_of,
)

LINES = st.text(st.sampled_from("ab= é\u0301漢😀\u2028\ud83d\ude00\ufeff"), max_size=12)
ENCODINGS = st.sampled_from(list(Encoding))


@given(LINES, ENCODINGS)
def test_every_character_has_its_place(line: str, encoding: Encoding) -> None:
    for index in range(len(line) + 1):
        column = units_of(line[:index], encoding)
        offset = len(line[:index].encode("utf-8", "replace"))
        assert to_index(line, column, encoding) == index
        assert to_offset(line, column, encoding) == offset
        assert to_column(line, offset, encoding) == column


@given(LINES, ENCODINGS, st.integers(-2, 60))
def test_any_column_is_a_place_in_the_line(line: str, encoding: Encoding, column: int) -> None:
    index = to_index(line, column, encoding)
    assert 0 <= index <= len(line)
    assert units_of(line[:index], encoding) <= max(0, column)
    assert to_offset(line, column, encoding) == len(line[:index].encode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("encoding", "column"), ((Encoding.UTF8, 8), (Encoding.UTF16, 5), (Encoding.UTF32, 4))
)
def test_the_same_place_counted_three_ways(encoding: Encoding, column: int) -> None:
    line = "é😀=x"
    assert to_column(line, len("é😀=x".encode()), encoding) == column


def test_a_column_inside_a_character_means_its_start() -> None:
    assert to_index("a😀b", 2, Encoding.UTF16) == 1
    assert to_index("aéb", 2, Encoding.UTF8) == 1


def test_a_caret_at_either_end_touches_a_range() -> None:
    place = line_range(3, 2, 5)
    assert Position(3, 2) in place
    assert Position(3, 5) in place
    assert Position(3, 6) not in place


def test_ranges_that_touch_overlap() -> None:
    assert line_range(0, 0, 2).overlaps(line_range(0, 2, 4))
    assert not line_range(0, 0, 1).overlaps(line_range(0, 2, 4))
    assert Range(Position(0, 5), Position(2, 0)).overlaps(line_range(1, 9, 9))
