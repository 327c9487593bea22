"""A `.env` file in an editor: its statements, each with what never changes while its bytes stay.

A `Block` is one statement with offsets counted from its own start, so a keystroke makes
one new block and moves none of the others. Where a block begins is kept beside it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import accumulate, count
from operator import itemgetter
from typing import NamedTuple

from envlsp.domain.dotenv.blocks import OWN, Block, cut, line_ends
from envlsp.domain.dotenv.dialects import Budget, Expansion, OverBudget, dialect_named
from envlsp.domain.dotenv.parse import parse
from envlsp.domain.dotenv.reaching import are_plain, expand_all, expand_one, is_certain
from envlsp.domain.dotenv.reparse import Lines, reach_of, reparse
from envlsp.domain.dotenv.tokens import Document, Kind
from envlsp.domain.secret import SecretText, is_secret_name
from envlsp.ide.documentation import documentation
from envlsp.ide.names import Names
from envlsp.ide.positions import Position, Range
from envlsp.ide.text import Text

__all__ = ["Block", "EnvFile", "Mention"]

_name_of, _lines_of, _references_of, _faults_of = (
    itemgetter(Block._fields.index(part)) for part in ("name", "lines", "references", "faults")
)
_ALONE_MAX = 1 << 14
"""Longer files are not written by people, and what is kept for them would be large."""
EDITOR_UNITS = 900_000
"""How much work may go into references while an editor waits: some 50 ms."""
_OPEN_QUOTE = "unterminated-quote"


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
        return cls(text, dialect, tuple(cut(text.to_bytes(), dialect)))

    def edited(self, text: Text) -> EnvFile:
        """Return the file with a new text; what did not change is not parsed again."""
        if text == self.text:
            return self
        old = Lines(self.text.lines, self.blocks, self.first_lines, self._reach)
        piece = reparse(old, text.lines, self.dialect)
        if piece is None:
            return EnvFile.of(text, self.dialect)
        first, last, blocks = piece
        new = EnvFile(text, self.dialect, (*self.blocks[:first], *blocks, *self.blocks[last:]))
        self._hand_on(new, self.blocks[first:last], blocks)
        return new

    def _hand_on(self, new: EnvFile, before: Sequence[Block], after: Sequence[Block]) -> None:
        """Give a new file the tables of this one that are still right."""
        tables, same = self.__dict__, ["_reach"] if self._reach == reach_of(after) == OWN else []
        if [block.lines for block in before] == [block.lines for block in after]:
            same.append("first_lines")
        if [block.references for block in before] == [block.references for block in after]:
            same.append("mentioned")
        if [block.name for block in before] == [block.name for block in after]:
            same.append("by_name")
        new.__dict__.update({table: tables[table] for table in same if table in tables})
        if tables.get("_has_plain_references"):
            new.__dict__["_has_plain_references"] = are_plain(after)
        if "sorted_names" in tables:
            gone = [name for name in filter(None, map(_offered, before)) if not new.offers(name)]
            come = [name for name in filter(None, map(_offered, after)) if not self.offers(name)]
            new.__dict__["sorted_names"] = tables["sorted_names"].changed(gone, come)

    @cached_property
    def _reach(self) -> int:
        return reach_of(self.blocks)

    @cached_property
    def first_lines(self) -> Sequence[int]:
        """The line on which each block begins, and the number of line ends in the file."""
        return list(accumulate(map(_lines_of, self.blocks), initial=0))

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[int]]:
        """Name -> the blocks that give it, in file order; the last one counts."""
        names = list(map(_name_of, self.blocks))
        found: dict[str, tuple[int, ...]] = dict(zip(names, _each_alone(len(names)), strict=False))
        if len(found) - ("" in found) < len(names) - names.count(""):
            found = dict.fromkeys(names, ())
            for index, name in enumerate(names):
                found[name] = (*found[name], index)
        found.pop("", None)
        return found

    @cached_property
    def sorted_names(self) -> Names:
        """The names that may be offered elsewhere, ready to be searched.

        A name that no release could carry, or that has no `=`, may be a stray line of a value.
        """
        return Names.of(dict.fromkeys(filter(None, map(_offered, self.blocks))))

    @cached_property
    def mentioned(self) -> Mapping[str, Sequence[int]]:
        """Name -> the blocks whose values refer to it, in file order."""
        found: dict[str, list[int]] = {}
        for index, references in enumerate(map(_references_of, self.blocks)):
            for name in dict.fromkeys(reference.name for reference in references):
                found.setdefault(name, []).append(index)
        return found

    @cached_property
    def document(self) -> Document:
        """The whole file as `domain.dotenv` has it; parsed anew, since few ask."""
        return parse(self.text.to_bytes(), self.dialect)

    def value(self, name: str) -> SecretText | None:
        """Return the value that a name has for a program; None where it has none.

        Its references are resolved with the file's own values.

        Raises:
            OverBudget: that would take longer than an editor can wait.
        """
        block = self.winner(name)
        if block is None or block.statement.kind is not Kind.ASSIGNMENT:
            return None
        # Without a reference to resolve, the rest of the file has no say in it.
        if b"$" not in block.literal:
            return SecretText(dialect_named(self.dialect).decode(block.literal))
        if name not in self._resolved:
            self._resolved[name] = self._resolve(name)
        resolved = self._resolved[name]
        if resolved is None:
            raise OverBudget
        return resolved

    @cached_property
    def _resolved(self) -> dict[str, SecretText | None]:
        """Name -> its value, as far as somebody asked; None where that is too much work."""
        return {}

    def _resolve(self, name: str) -> SecretText | None:
        try:
            if self.dialect == "python" or self._is_certain:
                value = expand_one(name, self.blocks, self.by_name, self.dialect, Budget(EDITOR_UNITS))
            else:
                expansion = self._expansion
                value = None if expansion is None else expansion.values[name]
        except OverBudget:
            return None
        return None if value is None else SecretText(value)

    @cached_property
    def _expansion(self) -> Expansion | None:
        """All values, references resolved; None where that is too much work."""
        try:
            return expand_all(self.blocks, self.dialect, Budget(EDITOR_UNITS))
        except OverBudget:
            return None

    @cached_property
    def _is_certain(self) -> bool:
        return self._has_plain_references and is_certain(self.blocks, self.by_name, self.mentioned)

    @cached_property
    def _has_plain_references(self) -> bool:
        return are_plain(self.blocks)

    @property
    def names(self) -> Mapping[str, Sequence[int]]:
        """The names that the file gives."""
        return self.by_name

    def offers(self, name: str) -> bool:
        """Return whether the name is one of `sorted_names`."""
        return any(_offered(self.blocks[index]) for index in self.by_name.get(name, ()))

    def winner(self, name: str) -> Block | None:
        """Return the block that gives a name its value."""
        places = self.by_name.get(name)
        return self.blocks[places[-1]] if places else None

    def block_at(self, line: int) -> int:
        """Return the block that a line is in, the last one if it has several; -1 in an empty file."""
        return min(bisect_right(self.first_lines, line), len(self.blocks)) - 1

    def block_of(self, position: Position) -> int:
        """Return the block that a place is in, or behind the end of; -1 in an empty file."""
        index = self.block_at(position.line)
        while index > 0 and position < self.position_of(index, 0):
            index -= 1
        return index

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
        first = block.statement.value_start
        for name, start, end in block.references:
            yield Mention(name, self.range_of(index, first + start, first + end))

    def comment_above(self, index: int) -> list[str]:
        """Return the comment lines right above a block, without their marks: its documentation.

        What may be a value in it is left out: see `ide.documentation`.
        """
        return documentation(self.blocks, index) if index <= self.told_apart else []

    @cached_property
    def told_apart(self) -> int:
        """Up to which block comments are comments.

        Below a quote that is never closed, what looks like one may be the rest of a value.
        """
        for index, faults in enumerate(map(_faults_of, self.blocks)):
            if faults and any(code == _OPEN_QUOTE for code, _ in faults):
                return index
        return len(self.blocks)

    def range_of(self, index: int, start: int, end: int) -> Range:
        """Return the range of bytes of a block."""
        return Range(self.position_of(index, start), self.position_of(index, end))

    def position_of(self, index: int, offset: int) -> Position:
        """Return the place of a byte of a block."""
        before = self.blocks[index].data[:offset]
        last = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
        lead = 0 if last else self._lead(index)
        return self.text.position_at(self.first_lines[index] + line_ends(before), lead + offset - last)

    def _lead(self, index: int) -> int:
        """Return how many bytes of other blocks stand before a block on its first line.

        Hardly ever any: some loaders end a statement where no editor ends a line.
        """
        lead = 0
        while index > 0 and not self.blocks[index - 1].ends_line:
            index -= 1
            data = self.blocks[index].data
            last = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
            lead += len(data) - last
            if last:
                break
        return lead


def _each_alone(number: int) -> Iterable[tuple[int, ...]]:
    """Return `(0,)`, `(1,)` and so on, at least so many."""
    return _kept_alone(number.bit_length()) if number <= _ALONE_MAX else zip(count())


@cache
def _kept_alone(bits: int) -> Sequence[tuple[int, ...]]:
    # Ten thousand new tuples on each keystroke would also have Python look for garbage each time.
    return tuple(zip(range(1 << bits)))


def _offered(block: Block) -> str:
    """Return the name of an assignment that a release could carry; else nothing."""
    is_plain = block.statement.kind is Kind.ASSIGNMENT and is_secret_name(block.name)
    return block.name if is_plain else ""
