"""What each stretch of a `.env` file is, for colours.

A statement's stretches are computed once and kept while its bytes stay; a request only
adds the line on which each statement begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.positions import Encoding, Range, units_of
from envlsp.ide.remembered import Remembered
from envlsp.ide.results import Place, Token, TokenKind
from envlsp.ide.snapshot import Snapshot

_LINE_END = re.compile(rb"\r\n|\n|\r")
_EXPORT = len(b"export")


def tokens(snapshot: Snapshot, place: Place, within: Range | None = None) -> list[Token]:
    """Return the stretches of an env file, in order, none longer than its line.

    Args:
        snapshot: what is known.
        place: which file; nothing is said of other documents.
        within: only lines that this range touches.
    """
    env = snapshot.readable(place)
    if env is None:
        return []
    if within is not None:
        return _some(env, snapshot.encoding, within)
    new = tuple.__new__  # that of a named tuple takes twice as long, and there are many
    return [
        new(Token, (first + line, column, length, kind))
        for first, mine in zip(
            env.first_lines, _STRETCHES.of(place, env.blocks, snapshot.encoding), strict=False
        )
        for line, column, length, kind in mine
    ]


def _some(env: EnvFile, encoding: Encoding, within: Range) -> list[Token]:
    first = max(env.block_at(within.start.line), 0)
    last = env.block_at(within.end.line) + 1
    pieces = zip(env.first_lines[first:last], _stretches(env.blocks[first:last], encoding), strict=True)
    return [
        Token(start + line, column, length, kind)
        for start, mine in pieces
        for line, column, length, kind in mine
        if within.start.line <= start + line <= within.end.line
    ]


def _stretches(blocks: Sequence[Block], encoding: Encoding) -> list[tuple[Token, ...]]:
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
                shapes[shape] = tuple(_placed(block, encoding))
            found.append(shapes[shape])
        else:
            found.append(tuple(_placed(block, encoding)))
    return found


def _is_simple(block: Block) -> bool:
    """Whether a statement is one line that holds at most a name, `=`, a value and a comment."""
    statement = block.statement
    is_tight = statement.value_start <= statement.name_end + len(b"=")
    return is_tight and not block.references and _is_plain_line(block)


def _is_plain_line(block: Block) -> bool:
    """Whether a statement is one line in which a byte is a column."""
    return block.data.isascii() and block.lines <= block.ends_line


_COLOURED = frozenset({Kind.ASSIGNMENT, Kind.BARE, Kind.COMMENT})
_FIRST_PART = 3
"""The parts of a `Statement` come after its kind, start and end."""
_STRETCHES: Remembered[tuple[Token, ...], Encoding] = Remembered(_stretches)


def _placed(block: Block, encoding: Encoding) -> Iterator[Token]:
    """Yield a statement's parts as stretches of lines."""
    data = block.data
    if _is_plain_line(block):
        for start, end, kind in _parts(block):
            yield Token(0, start, end - start, kind)
        return
    starts = [0, *(match.end() for match in _LINE_END.finditer(data))]
    for start, end, kind in _parts(block):
        for line, first in enumerate(starts):
            stop = starts[line + 1] if line + 1 < len(starts) else len(data)
            piece = data[max(start, first) : min(end, stop)].rstrip(b"\r\n")
            if piece and max(start, first) < stop:
                column = _units(data[first : max(start, first)], encoding)
                yield Token(line, column, _units(piece, encoding), kind)


def _parts(block: Block) -> Iterator[tuple[int, int, TokenKind]]:
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
        yield from _value(block)
    if 0 <= statement.comment_start < statement.comment_end:
        yield statement.comment_start, statement.comment_end, TokenKind.COMMENT


def _value(block: Block) -> Iterator[tuple[int, int, TokenKind]]:
    """Yield a literal, cut at the names that it refers to."""
    first, at, end = block.statement.value_start, block.statement.value_start, block.statement.value_end
    for _, start, stop in block.references:
        if first + start > at:
            yield at, first + start, TokenKind.STRING
        yield first + start, first + stop, TokenKind.PARAMETER
        at = first + stop
    if at < end:
        yield at, end, TokenKind.STRING


def _units(data: bytes, encoding: Encoding) -> int:
    return units_of(data.decode("utf-8", "replace"), encoding)
