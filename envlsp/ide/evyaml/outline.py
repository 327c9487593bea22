"""Where a caret is in an `ev.yaml`, told by lines, indentation and brackets.

Reads text that is no YAML yet, because that is what one completes in. It understands
what the format needs: block and flow tables, lists, quotes, comments; no block scalars.
Columns in here are code points, but for the range of a `Site`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from envlsp.ide.positions import Position, Range, line_range, to_index, units_of
from envlsp.ide.text import Text

_WORD = r"""(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,{}\[\]#:'"](?:[^\s,{}\[\]:]|:(?=\S))*)"""
_TOKEN = re.compile(rf"(?P<comment>#.*)|(?P<mark>[{{}}\[\],]|:(?=\s|$)|-(?=\s|$))|(?P<word>{_WORD})")
_BLOCK = ""


class Named(NamedTuple):
    """A name that stands in the file, and where."""

    path: tuple[str, ...]
    """Of the table that it is in."""
    name: str
    line: int
    start: int


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a word stands, or may be written."""

    path: tuple[str, ...]
    """For a name, of the table that it is in; for a value, with the value's name."""
    is_name: bool
    word: str
    """What is there of it, without quotes."""
    range: Range
    """Of the whole word."""
    start: int
    is_glued: bool = False
    """Right behind a colon: a blank has to go in between."""
    has_colon: bool = False
    """Whether its colon is there already."""


@dataclass(slots=True)
class _Frame:
    """A table or list that is open."""

    bracket: str
    """`{`, `[`, or nothing for a block table."""
    indent: int = 0
    name: str | None = None
    """The name whose value comes next."""
    is_filled: bool = False
    """Whether a word, or a whole table, is there already."""


@dataclass(slots=True)
class _Reader:
    """Goes through a file and knows at every token what it is in."""

    frames: list[_Frame] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)

    def line(self, number: int, text: str, stop: int | None = None) -> bool:
        """Read a line, or its tokens that end before `stop`; return whether there were any."""
        word, is_first = None, True
        for match in _TOKEN.finditer(text, 0, len(text) if stop is None else stop):
            if match.lastgroup == "comment":
                break
            if is_first:
                self.begin(match.start(), is_item=match[0] == "-")
                is_first = False
            if match.lastgroup == "word":
                word = match
                self.frames[-1].is_filled = True
            else:
                self._mark(match[0], number, word)
                word = None
        return not is_first

    def begin(self, indent: int, *, is_item: bool = False) -> None:
        """Begin a line: close the block tables it does not belong to, open the one it does."""
        if self.frames and self.frames[-1].bracket:
            return
        while self.frames and self.frames[-1].indent > indent:
            self.frames.pop()
        if is_item and self.frames:
            self.frames[-1].is_filled = False
        elif not self.frames or self.frames[-1].indent < indent:
            self.frames.append(_Frame(_BLOCK, indent))
        else:
            self.frames[-1] = _Frame(_BLOCK, indent)

    def path(self) -> tuple[str, ...]:
        """Return the names that lead to the table or list that is open."""
        return tuple(frame.name for frame in self.frames[:-1] if frame.name is not None)

    def _mark(self, mark: str, number: int, word: re.Match[str] | None) -> None:
        top = self.frames[-1]
        if mark == ":" and word is not None and top.bracket != "[":
            name = unquoted(word[0])
            self.named.append(Named(self.path(), name, number, word.start()))
            top.name, top.is_filled = name, False
        elif mark in {"{", "["}:
            self.frames.append(_Frame(mark))
        elif mark in {"}", "]"} and top.bracket:
            self.frames.pop()
            self.frames[-1].is_filled = True
        elif mark == "," and top.bracket:
            top.name, top.is_filled = None, False


def site_at(text: Text, position: Position) -> Site | None:
    """Return what a caret stands at; None in a comment and behind a value."""
    reader = _Reader()
    for number in range(min(position.line, len(text.lines))):
        reader.line(number, text.line(number))
    line = text.line(position.line)
    caret = to_index(line, position.column, text.encoding)
    start, end = caret, caret
    for match in _TOKEN.finditer(line):
        if match.lastgroup == "comment" and match.start() < caret:
            return None
        if match.lastgroup == "word" and match.start() <= caret <= match.end():
            start, end = match.span()
            break
    if not reader.line(position.line, line, start):
        reader.begin(start)
    top = reader.frames[-1]
    if top.is_filled:
        return None
    is_name = top.name is None and top.bracket != "["
    path = reader.path() if top.name is None else (*reader.path(), top.name)
    columns = (units_of(line[:index], text.encoding) for index in (start, end))
    where = line_range(position.line, *columns)
    return Site(
        path,
        is_name,
        unquoted(line[start:end]),
        where,
        start,
        is_glued=line[start - 1 : start] == ":",
        has_colon=line[end:].lstrip().startswith(":"),
    )


def names_in(text: Text) -> list[Named]:
    """Return every name of the file, as far as lines and brackets tell."""
    reader = _Reader()
    for number in range(len(text.lines)):
        reader.line(number, text.line(number))
    return reader.named


def unquoted(word: str) -> str:
    """Return a word without its quotes."""
    return word.strip("\"'") if word[:1] in {'"', "'"} else word
