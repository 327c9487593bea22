"""A text changed line by line is the text that changing the string would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from envlsp.ide.positions import Encoding, Position, Range, units_of
from envlsp.ide.text import Text, split_lines

PIECES = ("a", "=", "\n", "\r", "\r\n", "é", "e\u0301", "😀", "\u2028", "\x0b", "\ud83d", "\ude00", "漢", "")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
ENCODINGS = st.sampled_from(list(Encoding))
POSITIONS = st.builds(Position, st.integers(0, 8), st.integers(0, 9))


def index_of(text: str, position: Position, encoding: Encoding) -> int:
    """Find a position the slow way: over the whole string, one character after the other."""
    lines = split_lines(text)
    if position.line >= len(lines):
        return len(text)
    start = sum(map(len, lines[: position.line]))
    line = lines[position.line].rstrip("\r\n")
    for index in range(len(line) + 1):
        if units_of(line[: index + 1], encoding) > position.column or index == len(line):
            return start + index
    raise AssertionError


@given(TEXTS, TEXTS, POSITIONS, POSITIONS, ENCODINGS)
def test_replaced_is_the_replacement_of_a_string(
    text: str, new: str, one: Position, other: Position, encoding: Encoding
) -> None:
    place = Range(min(one, other), max(one, other))
    start, end = (index_of(text, position, encoding) for position in place)
    made = Text.of(text, encoding).replaced(place, new)
    assert str(made) == text[:start] + new + text[end:]
    assert list(made.lines) == split_lines(str(made))
    assert Text.of(text, encoding).between(place) == text[start:end]


@given(TEXTS)
def test_lines_end_where_the_protocol_says(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.strip("\r\n") == line.rstrip("\r\n") for line in lines if line.strip("\r\n"))
    assert len(lines) == len(
        text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    ) - (not text)


@given(TEXTS, ENCODINGS)
def test_the_end_is_after_everything(text: str, encoding: Encoding) -> None:
    made = Text.of(text, encoding)
    end = made.end()
    assert str(made.replaced(Range(end, end), "x")) == text + "x"
    assert made.between(Range(Position(0, 0), end)) == text


@given(TEXTS, ENCODINGS, POSITIONS)
def test_offsets_are_those_of_the_bytes(text: str, encoding: Encoding, position: Position) -> None:
    made = Text.of(text, encoding)
    line = made.line(position.line)
    offset = made.offset_at(position)
    assert 0 <= offset <= len(line.encode("utf-8", "replace"))
    back = made.position_at(position.line, offset)
    assert made.nearest(position) == (back if position.line < len(made.lines) else made.end())
    assert made.nearest(made.nearest(position)) == made.nearest(position)
    assert back.column <= position.column
    assert made.offset_at(back) == offset


def test_a_change_leaves_the_other_lines_the_same_objects() -> None:
    before = Text.of("".join(f"NAME_{number}=value {number}\n" for number in range(10_000)))
    place = Position(5_000, 4)
    after = before.replaced(Range(place, place), "X")
    changed = [
        number
        for number, (one, other) in enumerate(zip(before.lines, after.lines, strict=True))
        if one is not other
    ]
    assert changed == [5_000]
    assert after.line(5_000) == "NAMEX_5000=value 5000"


def test_a_newline_behind_a_carriage_return_makes_one_line_end() -> None:
    text = Text.of("a\rb")
    place = Position(1, 0)
    assert list(text.replaced(Range(place, place), "\n").lines) == ["a\r\n", "b"]


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert Text.of("A=\ud83d\n").to_bytes() == b"A=?\n"
