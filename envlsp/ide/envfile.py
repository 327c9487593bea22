"""A `.env` file in an editor: its statements, each with what never changes while its bytes stay.

A `Block` is one statement with offsets counted from its own start, so a keystroke makes
one new block and moves none of the others. Where a block begins is kept beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import Document, Kind, Statement
from envlsp.ide.positions import Position, Range
from envlsp.ide.text import Text


class Block(NamedTuple):
    """One statement: its bytes, its parts, and what is wrong with it."""

    data: bytes
    statement: Statement
    """Offsets count from the start of `data`."""
    name: str
    """Empty where there is none."""
    faults: tuple[tuple[str, int], ...]
    """(code, offset) as `domain.dotenv.parse` found them."""
    lines: int
    """How many line ends are in it."""

    @property
    def is_named(self) -> bool:
        """Whether it gives a name, with or without a value."""
        return self.statement.kind in (Kind.ASSIGNMENT, Kind.BARE)

    @property
    def literal(self) -> bytes:
        """The bytes of the value as they stand there."""
        return self.data[self.statement.value_start : self.statement.value_end]


class Mention(NamedTuple):
    """A reference `${NAME}` inside a value."""

    name: str
    range: Range


@dataclass(frozen=True)
class EnvFile:
    """A `.env` file, parsed, with places as the editor counts them."""

    text: Text
    dialect: str
    blocks: Sequence[Block] = field(repr=False)

    @classmethod
    def of(cls, text: Text, dialect: str) -> EnvFile:
        """Return a file, parsed from scratch. Never raises, whatever the text."""
        document = parse(text.to_bytes(), dialect)
        return cls(text, dialect, tuple(_blocks(document)))

    def edited(self, text: Text) -> EnvFile:
        """Return the file with a new text; what did not change is not parsed again."""
        return EnvFile.of(text, self.dialect)

    @cached_property
    def first_lines(self) -> Sequence[int]:
        """The line on which each block begins, and the number of lines at the end."""
        return list(accumulate((block.lines for block in self.blocks), initial=0))

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[int]]:
        """Name -> the blocks that give it, in file order; the last one counts."""
        found: dict[str, list[int]] = {}
        for index, block in enumerate(self.blocks):
            if block.is_named:
                found.setdefault(block.name, []).append(index)
        return found

    @property
    def names(self) -> Mapping[str, Sequence[int]]:
        """The names that the file gives."""
        return self.by_name

    def winner(self, name: str) -> Block | None:
        """Return the block that gives a name its value."""
        places = self.by_name.get(name)
        return self.blocks[places[-1]] if places else None

    def block_at(self, line: int) -> int:
        """Return the block that a line is in; -1 in an empty file."""
        return min(bisect_right(self.first_lines, line), len(self.blocks)) - 1

    def name_range(self, index: int) -> Range:
        """Return the range of a block's name."""
        statement = self.blocks[index].statement
        return self.range_of(index, statement.name_start, statement.name_end)

    def value_range(self, index: int) -> Range:
        """Return the range of a block's literal, quotes included; empty where a value would stand."""
        statement = self.blocks[index].statement
        if statement.value_start < 0:
            return self.range_of(index, statement.name_end, statement.name_end)
        return self.range_of(index, statement.value_start, statement.value_end)

    def mentions(self, index: int) -> Iterator[Mention]:
        """Yield the references in a block's value."""
        block = self.blocks[index]
        if block.is_named and b"$" in block.literal:
            for name, start, end in dialect_named(self.dialect).references(block.literal):
                first = block.statement.value_start
                yield Mention(name, self.range_of(index, first + start, first + end))

    def comment_above(self, index: int) -> list[str]:
        """Return the comment lines right above a block, without their marks: its documentation."""
        found: list[str] = []
        while index > 0 and self.blocks[index - 1].statement.kind is Kind.COMMENT:
            index -= 1
            found.append(self.blocks[index].data.decode("utf-8", "replace").strip().lstrip("#").strip())
        return found[::-1]

    def range_of(self, index: int, start: int, end: int) -> Range:
        """Return the range of bytes of a block."""
        return Range(self.position_of(index, start), self.position_of(index, end))

    def position_of(self, index: int, offset: int) -> Position:
        """Return the place of a byte of a block."""
        before = self.blocks[index].data[:offset]
        last = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
        return self.text.position_at(self.first_lines[index] + _line_ends(before), offset - last)


def _blocks(document: Document) -> Iterator[Block]:
    """Yield the statements of a file, offsets counted from each one's start."""
    faults = iter(document.faults)
    fault = next(faults, None)
    start = 0
    for statement in document.statements:
        mine = []
        while fault is not None and fault[1] < statement.end:
            mine.append((fault[0], fault[1] - start))
            fault = next(faults, None)
        data = document.data[start : statement.end]
        yield Block(
            data, _moved(statement, start), document.name_of(statement), tuple(mine), _line_ends(data)
        )
        start = statement.end


def _moved(statement: Statement, by: int) -> Statement:
    kind, start, end, *parts = statement
    return Statement(kind, start - by, end - by, *(part if part < 0 else part - by for part in parts))


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
