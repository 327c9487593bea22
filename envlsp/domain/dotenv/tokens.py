"""A `.env` file as a tree of offsets: what every reader of one shares.

The tree holds byte offsets and nothing else, so that nothing in it can leak a
value into a log. It knows no dialect: which bytes are a name and where a value
ends is the scanner's answer. Every byte belongs to exactly one statement, and
`tokens` deals the bytes of a statement out to exactly one token each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

NOWHERE = -1
"""The offset of a part that a statement does not have."""

BOM = b"\xef\xbb\xbf"

_LINE_END = re.compile(rb"\r\n|\n|\r")
_ODD_LINE_END = re.compile(r"\r\n?")


class Kind(IntEnum):
    """What a statement is to its loader."""

    BLANK = 0  # one line or a run of them
    COMMENT = 1
    ASSIGNMENT = 2
    BARE = 3  # a name without a value, where the loader knows such a thing
    BROKEN = 4  # the loader skips it


class Statement(NamedTuple):
    """One statement: whole lines, with the offsets of its parts.

    A part that is not there starts and ends at `NOWHERE`. An empty literal has
    `value_start == value_end`, at the place where a value would be written.
    """

    kind: Kind
    start: int
    end: int
    name_start: int = NOWHERE
    name_end: int = NOWHERE
    value_start: int = NOWHERE
    value_end: int = NOWHERE
    comment_start: int = NOWHERE
    comment_end: int = NOWHERE
    export_start: int = NOWHERE


class Problem(NamedTuple):
    """Something to tell the author of the file; the message never quotes it."""

    code: str
    line: int
    """Counted from 1."""
    message: str


class Part(IntEnum):
    """What a token is."""

    SPACE = 0
    LINE_END = 1
    COMMENT = 2
    EXPORT = 3
    NAME = 4
    SEPARATOR = 5  # from the name to the literal, blanks included
    LITERAL = 6
    BROKEN = 7


class Token(NamedTuple):
    """A range of bytes that means one thing."""

    part: Part
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file, and what its dialect makes of it."""

    data: bytes = field(repr=False)
    dialect: str
    statements: tuple[Statement, ...] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    faults: tuple[tuple[str, int], ...] = ()
    """(code, byte offset) of each problem, in the same order."""
    _line_starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def line_at(self, offset: int) -> int:
        r"""Return the line of a byte offset, counted from 1; `\r\n`, `\n` and `\r` end lines."""
        if not self._line_starts:
            self._line_starts.extend([0, *(m.end() for m in _LINE_END.finditer(self.data))])
        return bisect_right(self._line_starts, offset)

    def name_of(self, statement: Statement) -> str:
        """Return the name that a statement gives, as its loader reads it."""
        name = self.data[statement.name_start : statement.name_end].decode("utf-8", "replace")
        return _ODD_LINE_END.sub("\n", name) if "\r" in name else name

    def literal_of(self, statement: Statement) -> bytes:
        """Return the bytes of a statement's value as they stand in the file."""
        return self.data[statement.value_start : statement.value_end]


def tokens(document: Document) -> Iterator[Token]:
    """Yield every byte of the file once, in order, as tokens that are never empty."""
    for statement in document.statements:
        yield from _tokens_of(document.data, statement)


def printed(document: Document) -> bytes:
    """Return the file put together again from its tokens."""
    return b"".join(document.data[token.start : token.end] for token in tokens(document))


def line_end_at(data: bytes, end: int) -> int:
    """Return where the line ending begins that stops at `end`; `end` itself if there is none."""
    if data[end - 2 : end] == b"\r\n":
        return end - 2
    return end - 1 if data[end - 1 : end] in (b"\n", b"\r") else end


def _tokens_of(data: bytes, statement: Statement) -> Iterator[Token]:
    if statement.kind is Kind.BLANK:
        yield Token(Part.SPACE, statement.start, statement.end)
        return
    stop = line_end_at(data, statement.end)
    at = statement.start
    rest = Part.BROKEN if statement.kind is Kind.BROKEN else Part.SPACE
    for part, start, end, before in _parts(statement):
        if start < at:
            continue
        if start > at:
            yield Token(before, at, start)
        if end > start:
            yield Token(part, start, end)
        at = max(at, end)
    if at < stop:
        yield Token(rest, at, stop)
    if max(at, stop) < statement.end:
        yield Token(Part.LINE_END, max(at, stop), statement.end)


def _parts(statement: Statement) -> Iterator[tuple[Part, int, int, Part]]:
    """Yield the parts that are there, each with what the bytes before it are."""
    export = statement.export_start
    if export != NOWHERE:
        yield Part.EXPORT, export, export + len(b"export"), Part.SPACE
    yield Part.NAME, statement.name_start, statement.name_end, Part.SPACE
    yield Part.LITERAL, statement.value_start, statement.value_end, Part.SEPARATOR
    yield Part.COMMENT, statement.comment_start, statement.comment_end, Part.SPACE
