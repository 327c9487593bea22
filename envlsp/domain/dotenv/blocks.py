"""A `.env` file cut into blocks: each statement with its own bytes, offsets counted from its own start.

What stands in a block stays true wherever the block moves, so an editor keeps the blocks
that a keystroke did not touch. `reparse` says which those are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from envlsp.domain.dotenv.dialects import Reference, dialect_named
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.tokens import BOM, NOWHERE, Document, Kind, Statement

_QUOTES = (b"'", b'"', b"`")
_OPEN_ENDED = frozenset({"unterminated-quote", "text-after-quote"})

OWN = 0
"""The block means what it means because of its own bytes, and the start of the next two."""
FAR = 1
"""A quote anywhere further down may change what the block means."""
WHOLE = 2
"""The block has a problem that is told once for the whole file."""


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
    references: tuple[Reference, ...] = ()
    """The names its value refers to; offsets count from the start of the literal."""
    reach: int = OWN
    """How far down the scanner looked to tell what this is: `OWN`, `FAR` or `WHOLE`."""

    @property
    def is_named(self) -> bool:
        """Whether it gives a name, with or without a value."""
        return self.statement.kind in (Kind.ASSIGNMENT, Kind.BARE)

    @property
    def literal(self) -> bytes:
        """The bytes of the value as they stand there."""
        return self.data[self.statement.value_start : self.statement.value_end]

    @property
    def ends_line(self) -> bool:
        """Whether the next block starts on a line of its own."""
        return self.data.endswith((b"\n", b"\r"))


def cut(data: bytes, dialect: str) -> list[Block]:
    """Return the blocks of a file, or of any run of whole statements.

    Raises:
        BadConfig: there is no such dialect.
    """
    return list(_blocks(parse(data, dialect)))


def as_document(block: Block, dialect: str) -> Document:
    """Return a block as a file of its own."""
    return Document(block.data, dialect, (block.statement,))


def line_ends(data: bytes) -> int:
    r"""Return how many `\r\n`, `\n` and `\r` there are."""
    count = data.count(b"\n")
    return count + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else count


def _blocks(document: Document) -> Iterator[Block]:
    data, new, assignment, nowhere = document.data, tuple.__new__, Kind.ASSIGNMENT, NOWHERE
    find = dialect_named(document.dialect).references
    # What is nowhere in the file is not looked for in each statement.
    has_returns, has_dollars, has_backslashes = b"\r" in data, b"$" in data, b"\\" in data
    text = data.decode("ascii") if data.isascii() and not has_returns else None
    faults = iter(document.faults)
    fault = next(faults, None)
    for statement in document.statements:
        kind, start, end, name_start, name_end, value_start, value_end, comment, _, export = statement
        chunk, name = data[start:end], ""
        mine: tuple[tuple[str, int], ...] = ()
        while fault is not None and fault[1] < end:
            mine += ((fault[0], fault[1] - start),)
            fault = next(faults, None)
        if name_start >= 0:
            name = document.name_of(statement) if text is None else text[name_start:name_end]
        references: tuple[Reference, ...] = ()
        if has_dollars and value_start >= 0 and b"$" in chunk:
            references = tuple(find(data[value_start:value_end]))
        if kind is assignment and comment < 0 and export < 0:
            parts = (name_start - start, name_end - start, value_start - start, value_end - start)
            moved = new(Statement, (kind, 0, end - start, *parts, nowhere, nowhere, nowhere))
        else:
            moved = _moved(statement, start)
        lines = line_ends(chunk) if has_returns else chunk.count(b"\n")
        reach = _reach(chunk, moved, mine) if mine or (has_backslashes and b"\\" in chunk) else OWN
        # The plain constructor of a tuple: that of a named one would take a third of the time.
        yield new(Block, (chunk, moved, name, mine, lines, references, reach))


def _moved(statement: Statement, by: int) -> Statement:
    kind, *places = statement
    return Statement(kind, *(place - by if place >= 0 else NOWHERE for place in places))


def _reach(data: bytes, statement: Statement, faults: tuple[tuple[str, int], ...]) -> int:
    codes = {code for code, _ in faults}
    if "nul-byte" in codes:
        return WHOLE
    literal = data[statement.value_start : statement.value_end]
    if codes & _OPEN_ENDED or (literal.startswith(_QUOTES) and literal[-2:-1] == b"\\"):
        return FAR
    # An assignment above, still without a value, may be looking for one that opens here.
    return FAR if faults and data.removeprefix(BOM).lstrip().startswith(_QUOTES) else OWN
