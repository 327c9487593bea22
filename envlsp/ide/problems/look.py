"""What the families of problems look at, and what they find."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, count
from typing import NamedTuple

from envlsp.domain.dotenv.tokens import BOM, Kind
from envlsp.domain.secret import is_secret_name
from envlsp.ide.drift import Drift, drift
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.positions import Position, Range, line_range
from envlsp.ide.problems.notes import NOTES, Note
from envlsp.ide.results import Place, Related, Severity
from envlsp.ide.snapshot import Snapshot, Where
from envlsp.ide.words import file_name

FILE = -1
"""Stands for the file as a whole, where a block is meant otherwise."""
_PLAIN_START = re.compile(rb"[ -~\t]*")
_EXAMPLES = (".example", ".sample", ".template", ".dist", ".schema", ".defaults")


class Finding(NamedTuple):
    """A problem before it has a range: thousands are found, few are shown."""

    code: str
    block: int
    message: str
    severity: Severity
    related: tuple[Related, ...] = ()
    is_unnecessary: bool = False
    name: str = ""
    """The name it is about, where that is not the block's own."""
    meant: Sequence[str] = ()
    """Names that are close to it."""


@dataclass(frozen=True)
class Look:
    """An env file with all there is to know about it."""

    snapshot: Snapshot
    place: Place
    env: EnvFile
    where: Where | None
    notes: Sequence[Note | None]
    """What is worth a second look, for each block; None for the plain ones."""
    noted: Sequence[tuple[int, Note]]
    """Those that are not None, with their blocks."""
    only: Collection[int] | None = None
    """The blocks that are asked about, where it is not all of them."""

    @classmethod
    def at(cls, snapshot: Snapshot, place: Place, env: EnvFile, only: Collection[int] | None = None) -> Look:
        """Return a look at an env file, or at some blocks of it."""
        notes = NOTES.of(place, env.blocks, env.dialect)
        at_notes = compress(count(), notes)
        noted = [(index, note) for index in at_notes if (note := notes[index]) is not None]
        return cls(snapshot, place, env, snapshot.where(place), notes, noted, only)

    def names(self) -> Iterable[tuple[str, Sequence[int]]]:
        """Return the names that are asked about, each with the blocks that give it."""
        if self.only is None:
            return self.env.by_name.items()
        asked = dict.fromkeys(self.env.blocks[index].name for index in sorted(self.only) if index >= 0)
        return [(name, self.env.by_name[name]) for name in asked if name]

    def is_asked(self, block: int) -> bool:
        """Return whether a block is one of those that are asked about."""
        return self.only is None or block in self.only

    @cached_property
    def drift(self) -> Drift | None:
        """How the file differs from the newest release."""
        return drift(self.snapshot, self.place)

    @property
    def is_environment(self) -> bool:
        """Whether the file is the working copy of an environment, not an example."""
        if self.where is None:
            return not is_example(self.place)
        return self.where.env is not None

    @property
    def named_blocks(self) -> int:
        """How many assignments there are."""
        return sum(map(len, self.env.by_name.values()))

    def range_of(self, block: int) -> Range:
        """Return where a problem of a block is drawn: its name, else the first character."""
        if block == FILE:
            return Range(Position(0, 0), Position(0, min(1, len(self.env.text.line(0)))))
        found = self.env.blocks[block]
        if not found.is_named:
            return self._first_character(block)
        start, end = found.statement.name_start, found.statement.name_end
        if _PLAIN_START.fullmatch(found.data, 0, end) and (
            block == 0 or self.env.blocks[block - 1].ends_line
        ):
            # The usual line, where bytes are columns: asking the text costs ten times as much.
            return line_range(self.env.first_lines[block], start, end)
        return self.env.name_range(block)

    def line_of(self, block: int) -> int:
        """Return the line of a block's name as people count, from 1."""
        return self.range_of(block).start.line + 1

    def _first_character(self, block: int) -> Range:
        data = self.env.blocks[block].data
        text = data.removeprefix(BOM).decode("utf-8", "replace")
        blanks = len(text) - len(text.lstrip(" \t"))
        start = len(data) - len(data.removeprefix(BOM)) + blanks
        first = text[blanks : blanks + 1]
        size = 0 if first in ("\r", "\n") else len(first.encode("utf-8", "replace"))
        return self.env.range_of(block, start, start + size)

    def is_ignored(self, finding: Finding) -> bool:
        """Return whether a comment right above a block, or at the top for the file, silences a code."""
        block = finding.block
        step = -1
        if block == FILE:
            block, step = -1, 1
        while 0 <= (block := block + step) < len(self.env.blocks):
            if self.env.blocks[block].statement.kind is not Kind.COMMENT:
                break
            note = self.notes[block]
            if (
                note is not None
                and note.ignores is not None
                and (not note.ignores or finding.code in note.ignores)
            ):
                return True
        return False


def is_example(place: Place) -> bool:
    """Return whether a file only describes names, by what it is called."""
    return file_name(place).endswith(_EXAMPLES)


def named(block: Block) -> str:
    """Return the name of a block, or words for one that may not be quoted.

    A word alone on its line is a name to some loaders, and may be a stray value all the same.
    """
    return (
        block.name if block.statement.kind is Kind.ASSIGNMENT and is_secret_name(block.name) else "this name"
    )
