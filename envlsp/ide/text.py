"""A text as lines, changed without touching the lines that stay.

Immutable: a change makes a new `Text` that shares the lines, so a snapshot taken before
stays as it was. Costs per change: the lines changed, plus one copy of a list of pointers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from envlsp.ide.positions import (
    Encoding,
    Position,
    Range,
    to_column,
    to_index,
    to_offset,
    to_utf8,
    units_of,
)

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


def split_lines(text: str) -> list[str]:
    r"""Return the lines of a text, ends kept; only `\r\n`, `\n` and `\r` end one."""
    return _LINES.findall(text)


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and how its positions are counted."""

    lines: Sequence[str] = field(repr=False)
    """Ends kept; the empty line after a last line end is not in here."""
    encoding: Encoding

    @classmethod
    def of(cls, text: str, encoding: Encoding = Encoding.UTF16) -> Text:
        """Return a text cut into lines."""
        return cls(split_lines(text), encoding)

    def __str__(self) -> str:
        """Return the whole text."""
        return "".join(self.lines)

    def to_bytes(self) -> bytes:
        """Return the whole text in UTF-8; half a surrogate pair becomes a question mark."""
        return to_utf8(str(self))

    def line(self, number: int) -> str:
        """Return a line without its end; empty past the last one."""
        return self.lines[number].rstrip("\r\n") if 0 <= number < len(self.lines) else ""

    def end(self) -> Position:
        """Return the place after the last character."""
        if not self.lines or self.lines[-1].endswith(("\n", "\r")):
            return Position(len(self.lines), 0)
        last = len(self.lines) - 1
        return Position(last, units_of(self.lines[last], self.encoding))

    def offset_at(self, position: Position) -> int:
        """Return the byte offset of a position inside its line."""
        return to_offset(self.line(position.line), position.column, self.encoding)

    def nearest(self, position: Position) -> Position:
        """Return a position that is in the text, and between two characters."""
        if position.line >= len(self.lines):
            return self.end()
        return self.position_at(position.line, self.offset_at(position))

    def position_at(self, line: int, offset: int) -> Position:
        """Return the position of a byte offset inside a line."""
        return Position(line, to_column(self.line(line), offset, self.encoding))

    def between(self, place: Range) -> str:
        """Return the text of a range."""
        start, end = self._index(place.start), self._index(place.end)
        if start[0] == end[0]:
            return self._whole(start[0])[start[1] : end[1]]
        middle = self.lines[start[0] + 1 : end[0]]
        return "".join((self._whole(start[0])[start[1] :], *middle, self._whole(end[0])[: end[1]]))

    def replaced(self, place: Range, new: str) -> Text:
        """Return the text with `new` in place of a range."""
        start, end = self._index(place.start), self._index(place.end)
        head, tail = self._whole(start[0])[: start[1]], self._whole(end[0])[end[1] :]
        first, last = start[0], min(end[0] + 1, len(self.lines))
        if not head and first > 0 and self.lines[first - 1].endswith("\r"):
            # A "\n" may have come right behind a "\r", and then the two are one line end.
            first, head = first - 1, self.lines[first - 1]
        lines = list(self.lines)
        lines[first:last] = split_lines(head + new + tail)
        return Text(lines, self.encoding)

    def _whole(self, number: int) -> str:
        return self.lines[number] if number < len(self.lines) else ""

    def _index(self, position: Position) -> tuple[int, int]:
        if position.line >= len(self.lines):
            position = self.end()
            if position.line == len(self.lines):
                return position
        return position.line, to_index(self.line(position.line), position.column, self.encoding)
