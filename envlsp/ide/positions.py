r"""Places in a text as an editor counts them, and the one crossing from bytes to them.

    offset      bytes of UTF-8, counted inside one line or one statement: what parsers speak
    column      units of the encoding negotiated with the editor (UTF-8, UTF-16 or UTF-32)
    line        counted from 0; a line ends with "\r\n", "\n" or "\r", as LSP has it

A column past the end of its line means the end of the line, and one inside a character
means its start, so that no position of an editor is ever refused.

Half a surrogate pair, which JSON can carry and UTF-8 cannot, counts as the question mark
that it becomes in bytes: one unit in every encoding.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Encoding(Enum):
    """What a column counts."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Position(NamedTuple):
    """A place between two characters."""

    line: int
    column: int


class Range(NamedTuple):
    """From one position up to another."""

    start: Position
    end: Position

    def __contains__(self, position: object) -> bool:
        """Return whether a caret at `position` touches the range; at its end it does."""
        return isinstance(position, Position) and self.start <= position <= self.end

    def overlaps(self, other: Range) -> bool:
        """Return whether the two share a place; touching is enough."""
        return self.start <= other.end and other.start <= self.end


def line_range(line: int, start: int, end: int) -> Range:
    """Return a range inside one line."""
    return Range(Position(line, start), Position(line, end))


def units_of(text: str, encoding: Encoding) -> int:
    """Return how many columns a text takes up."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(to_utf8(text))
    return len(text) + sum(char > "\uffff" for char in text)


def to_utf8(text: str) -> bytes:
    """Return a text in UTF-8; half a surrogate pair becomes a question mark, one byte long."""
    return text.encode("utf-8", "replace")


def to_column(line: str, offset: int, encoding: Encoding) -> int:
    """Return the column of a byte offset in a line."""
    if line.isascii():
        return min(offset, len(line))
    before = to_utf8(line)[:offset].decode("utf-8", "ignore")
    return units_of(before, encoding)


def to_offset(line: str, column: int, encoding: Encoding) -> int:
    """Return the byte offset of a column in a line."""
    if line.isascii():
        return max(0, min(column, len(line)))
    return len(to_utf8(line[: to_index(line, column, encoding)]))


def to_index(line: str, column: int, encoding: Encoding) -> int:
    """Return the number of code points before a column of a line."""
    if column <= 0:
        return 0
    if encoding is Encoding.UTF8 and not line.isascii():
        return len(to_utf8(line)[:column].decode("utf-8", "ignore"))
    if encoding is not Encoding.UTF16 or max(line, default="") <= "\uffff":
        return min(column, len(line))
    used = 0
    for index, char in enumerate(line):
        used += 1 + (char > "\uffff")
        if used > column:
            return index
    return len(line)
