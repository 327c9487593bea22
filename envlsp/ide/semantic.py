"""What each stretch of a `.env` file is, for colours.

A statement's stretches are computed once and kept while its bytes stay; a request only
adds the line on which each statement begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.positions import Encoding, Range, units_of
from envlsp.ide.remembered import Remembered
from envlsp.ide.results import Place, Token, TokenKind
from envlsp.ide.snapshot import Snapshot

_LINE_END = re.compile(rb"\r\n|\n|\r")
_EXPORT = len(b"export")


class _How(NamedTuple):
    """What a statement's stretches depend on, besides its bytes."""

    encoding: Encoding
    dialect: str


def tokens(snapshot: Snapshot, place: Place, within: Range | None = None) -> list[Token]:
    """Return the stretches of an env file, in order, none longer than its line.

    Args:
        snapshot: what is known.
        place: which file; nothing is said of other documents.
        within: only lines that this range touches.
    """
    env = snapshot.env_file(place)
    if env is None:
        return []
    how = _How(snapshot.encoding, env.dialect)
    if within is not None:
        return _some(env, how, within)
    found: list[Token] = []
    for first, mine in zip(env.first_lines, _STRETCHES.of(place, env.blocks, how), strict=False):
        for line, column, length, kind in mine:
            found.append(Token(first + line, column, length, kind))
    return found


def _some(env: EnvFile, how: _How, within: Range) -> list[Token]:
    first = max(env.block_at(within.start.line), 0)
    last = env.block_at(within.end.line) + 1
    return [
        Token(start + line, column, length, kind)
        for start, mine in zip(
            env.first_lines[first:last], _stretches(env.blocks[first:last], how), strict=True
        )
        for line, column, length, kind in mine
        if within.start.line <= start + line <= within.end.line
    ]


def _stretches(blocks: Sequence[Block], how: _How) -> list[tuple[Token, ...]]:
    """Return the stretches of each statement, lines counted from its own first one."""
    shapes: dict[Sequence[int], tuple[Token, ...]] = {}
    found: list[tuple[Token, ...]] = []
    for block in blocks:
        statement = block.statement
        if statement.kind not in _COLOURED:
            found.append(())
        elif _is_simple(block):
            # What is drawn follows from the offsets alone, and most lines share theirs with others.
            shape = statement[_FIRST_PART:]
            if shape not in shapes:
                shapes[shape] = tuple(_placed(block, how))
            found.append(shapes[shape])
        else:
            found.append(tuple(_placed(block, how)))
    return found


def _is_simple(block: Block) -> bool:
    data = block.data
    return (
        _is_plain_line(block)
        and b"$" not in data
        and block.statement.value_start <= block.statement.name_end + 1
    )


def _is_plain_line(block: Block) -> bool:
    """Whether a statement is one line in which a byte is a column."""
    data = block.data
    return data.isascii() and (not block.lines or (block.lines == 1 and data[-1] in b"\r\n"))


_COLOURED = frozenset({Kind.ASSIGNMENT, Kind.BARE, Kind.COMMENT})
_FIRST_PART = 3
"""The parts of a `Statement` come after its kind, start and end."""
_STRETCHES: Remembered[tuple[Token, ...], _How] = Remembered(_stretches)


def _placed(block: Block, how: _How) -> Iterator[Token]:
    """Yield a statement's parts as stretches of lines."""
    data = block.data
    if _is_plain_line(block):
        for start, end, kind in _parts(block, how.dialect):
            yield Token(0, start, end - start, kind)
        return
    starts = [0, *(match.end() for match in _LINE_END.finditer(data))]
    for start, end, kind in _parts(block, how.dialect):
        for line, first in enumerate(starts):
            stop = starts[line + 1] if line + 1 < len(starts) else len(data)
            piece = data[max(start, first) : min(end, stop)].rstrip(b"\r\n")
            if piece and max(start, first) < stop:
                column = _units(data[first : max(start, first)], how.encoding)
                yield Token(line, column, _units(piece, how.encoding), kind)


def _parts(block: Block, dialect: str) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield the coloured parts of a statement: (start, end, kind), offsets in its bytes."""
    statement = block.statement
    if statement.export_start >= 0:
        yield statement.export_start, statement.export_start + _EXPORT, TokenKind.KEYWORD
    if statement.name_start >= 0:
        yield statement.name_start, statement.name_end, TokenKind.VARIABLE
    if statement.value_start >= 0:
        between = block.data[statement.name_end : statement.value_start]
        mark = between.strip()
        if mark:
            at = statement.name_end + between.index(mark)
            yield at, at + len(mark), TokenKind.OPERATOR
        yield from _value(block, dialect)
    if 0 <= statement.comment_start < statement.comment_end:
        yield statement.comment_start, statement.comment_end, TokenKind.COMMENT


def _value(block: Block, dialect: str) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield a literal, cut at the names that it refers to."""
    first, at, end = block.statement.value_start, block.statement.value_start, block.statement.value_end
    literal = block.literal
    if b"$" in literal:
        for _, start, stop in dialect_named(dialect).references(literal):
            if first + start > at:
                yield at, first + start, TokenKind.STRING
            yield first + start, first + stop, TokenKind.PARAMETER
            at = first + stop
    if at < end:
        yield at, end, TokenKind.STRING


def _units(data: bytes, encoding: Encoding) -> int:
    return units_of(data.decode("utf-8", "replace"), encoding)
