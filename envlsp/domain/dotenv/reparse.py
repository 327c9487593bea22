"""What a change leaves of a file's blocks, and what has to be read again.

A scanner tells what a statement is from the bytes that follow, never from those before.
So the blocks below a change stay as soon as a new statement begins where an old one did;
and those above it stay unless they looked down as far as the change:

- any of them at the start of the next two statements, past blank lines: a name may have
  its `=`, and a value its opening quote, on a line below;
- a block whose `reach` is `FAR` at every quote below it.

Where this cannot be told, the answer is None: read the whole file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count, islice
from operator import itemgetter, ne
from typing import NamedTuple

from envlsp.domain.dotenv.blocks import FAR, OWN, WHOLE, Block, cut
from envlsp.domain.dotenv.tokens import BOM, Kind

_LOOKED_AT = 2
"""How many statements after its own end any scanner looks at, blank lines aside."""
_AHEAD = (2 * _LOOKED_AT, 64)
"""How many statements below a change are read again: a few first, then more."""
_reach_of = itemgetter(Block._fields.index("reach"))


class Piece(NamedTuple):
    """The blocks `first` up to `last` of the old file are replaced."""

    first: int
    last: int
    blocks: list[Block]


class _Change(NamedTuple):
    """Lines: the same from the start up to `first`, and from `old_last` and `new_last` to the end."""

    first: int
    old_last: int
    new_last: int


class Lines(NamedTuple):
    """A file as lines, ends kept, and as blocks, where they are known."""

    lines: Sequence[str]
    blocks: Sequence[Block]
    first_lines: Sequence[int]
    """The line on which each block begins, and the number of line ends in the file."""
    reach: int
    """The furthest of any block, as `reach_of` has it."""

    def block_from(self, line: int) -> int:
        """Return the first block that begins on a line or below it."""
        return min(bisect_left(self.first_lines, line), len(self.blocks))

    def starts_line(self, index: int) -> bool:
        """Return whether a block begins where a line does."""
        return index == 0 or self.blocks[index - 1].ends_line

    def onward(self, index: int, step: int, count: int) -> int:
        """Return the index `count` statements further, blank ones aside, at the start of a line."""
        end = len(self.blocks) if step > 0 else 0
        while index != end and (count > 0 or not self.starts_line(index)):
            passed = self.blocks[index if step > 0 else index - 1]
            count -= passed.statement.kind is not Kind.BLANK
            index += step
        return index


def reach_of(blocks: Iterable[Block]) -> int:
    """Return the furthest that any of some blocks looked down the file."""
    return max(map(_reach_of, blocks), default=OWN)


def reparse(old: Lines, new: Sequence[str], dialect: str) -> Piece | None:
    """Return what to replace in the blocks of a file whose lines are now `new`.

    Raises:
        BadConfig: there is no such dialect.
    """
    change = _change(old.lines, new)
    touched = old.block_from(change.first)
    if not old.starts_line(touched):
        touched -= 1
    if not old.blocks or _may_reach(old, new, change, touched):
        return None
    first = old.onward(touched, -1, _LOOKED_AT)
    resume = old.onward(old.block_from(change.old_last), 1, 0)
    for ahead in _AHEAD:
        piece = _read_again(old, new, dialect, _Span(first, resume, old.onward(resume, 1, ahead)))
        if piece is not None:
            return piece
    return None


class _Span(NamedTuple):
    """Blocks of the old file: read from `first` to `last`; from `resume` on the text is the old one."""

    first: int
    resume: int
    last: int


def _change(old: Sequence[str], new: Sequence[str]) -> _Change:
    most = min(len(old), len(new))
    first = next(_differences(old, new), most)
    last = min(next(_differences(reversed(old), reversed(new)), most), most - first)
    return _Change(first, len(old) - last, len(new) - last)


def _differences(one: Iterable[str], other: Iterable[str]) -> Iterator[int]:
    """Yield the indexes at which two sequences differ; lines that stayed are the same objects."""
    return compress(count(), map(ne, one, other))


def _may_reach(old: Lines, new: Sequence[str], change: _Change, touched: int) -> bool:
    """Return whether a block above the change, or a problem of the file, may be another one now."""
    if old.reach == WHOLE:
        return True
    if old.reach == OWN or reach_of(islice(old.blocks, touched)) == OWN:
        return False
    lines = (*old.lines[change.first : change.old_last], *new[change.first : change.new_last])
    return any(quote in line for line in lines for quote in "'\"`")


def _read_again(old: Lines, new: Sequence[str], dialect: str, span: _Span) -> Piece | None:
    moved = len(new) - len(old.lines)
    is_rest = span.last == len(old.blocks)
    start = old.first_lines[span.first]
    stop = len(new) if is_rest else old.first_lines[span.last] + moved
    data = "".join(new[start:stop]).encode("utf-8", "replace")
    if span.first > 0 and data.startswith(BOM):
        return None
    blocks = cut(data, dialect)
    reach = reach_of(blocks)
    if reach == WHOLE or (reach == FAR and not is_rest):
        return None
    found = _meeting(old, blocks, span, _Slice(start, moved, is_rest))
    if found is not None:
        kept, last = found
        return Piece(span.first, last, blocks[:kept])
    return Piece(span.first, span.last, blocks) if is_rest else None


class _Slice(NamedTuple):
    """Lines of the new file that were read again."""

    start: int
    moved: int
    """How far down the lines below the change have moved."""
    is_rest: bool
    """Whether it goes on to the end of the file."""


def _meeting(old: Lines, blocks: list[Block], span: _Span, lines: _Slice) -> tuple[int, int] | None:
    """Return how many new blocks there are until one begins where an old one did, and which that is."""
    known = {
        old.first_lines[index] + lines.moved: index
        for index in range(span.resume, span.last)
        # A byte order mark is one at the start of a file only.
        if old.starts_line(index) and not (index == 0 and old.blocks[0].data.startswith(BOM))
    }
    line, begins_line = lines.start, True
    left = sum(block.statement.kind is not Kind.BLANK for block in blocks)
    for index, block in enumerate(blocks):
        is_sure = lines.is_rest or left >= _LOOKED_AT
        if begins_line and is_sure and line in known and (index or span.first):
            return index, known[line]
        line, begins_line = line + block.lines, block.ends_line
        left -= block.statement.kind is not Kind.BLANK
    return None
