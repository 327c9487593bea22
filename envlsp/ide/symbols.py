"""The outline of a document: names under their headings, and names of the whole workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from envlsp.domain.dotenv.tokens import Kind as StatementKind
from envlsp.domain.secret import MASK, is_secret_name
from envlsp.ide.ages import counted
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.headings import Heading, headings
from envlsp.ide.positions import Position, Range, line_range, units_of
from envlsp.ide.results import Place, Symbol, Target
from envlsp.ide.snapshot import Kind, Snapshot
from envlsp.ide.text import Text

if TYPE_CHECKING:
    from envlsp.ide.evyaml.outline import Named

WORKSPACE_MAX = 100
"""Names that a search of the workspace answers with."""
_PLAIN_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_EMPTY = (b"", b'""', b"''", b"``")


def symbols(snapshot: Snapshot, place: Place) -> tuple[Symbol, ...]:
    """Return the outline of an env file or of `ev.yaml`; empty for other documents."""
    env = snapshot.readable(place)
    if env is not None:
        return _outline(env, place)
    document = snapshot.documents.get(place)
    if document is not None and document.kind is Kind.CONFIG:
        from envlsp.ide.evyaml.outline import names_in

        return tuple(_fields(document.text, names_in(document.text)))
    return ()


def workspace_symbols(snapshot: Snapshot, query: str) -> list[tuple[str, Target]]:
    """Return names of env files in which the query occurs, at most `WORKSPACE_MAX`.

    Case does not count. Names that begin with the query come first, then by name and file.
    """
    wanted = query.lower()
    opened = [place for place, document in snapshot.documents.items() if document.env is not None]
    found: list[tuple[bool, str, Place]] = []
    for place in dict.fromkeys((*opened, *snapshot.facts.disk)):
        env = snapshot.env_file(place)
        for name in env.names if env is not None else ():
            at = name.lower().find(wanted)
            if at >= 0 and env is not None and _is_shown(env.blocks[env.by_name[name][-1]]):
                found.append((at > 0, name, place))
    best = sorted(found)[:WORKSPACE_MAX]
    return [(name, Target(place, _place_of(snapshot, place, name))) for _, name, place in best]


def _place_of(snapshot: Snapshot, place: Place, name: str) -> Range:
    env = snapshot.env_file(place)
    assert env is not None
    return env.name_range(env.by_name[name][-1])


def _outline(env: EnvFile, place: Place) -> tuple[Symbol, ...]:
    parts = headings(place, env)
    named = _Named(env, iter(range(len(env.blocks))))
    found = named.until(parts[0].first if parts else len(env.blocks))
    found += [_part(env, part, named.until(part.end)) for part in parts]
    return tuple(found)


class _Named(NamedTuple):
    """The names of a file as symbols, taken piece by piece."""

    env: EnvFile
    indexes: Iterator[int]

    def until(self, end: int) -> list[Symbol]:
        """Return the symbols of the blocks up to `end` that were not taken yet."""
        env = self.env
        at = next(self.indexes, end)
        if at >= end:
            return []
        list(islice(self.indexes, end - at - 1))
        return [
            _symbol(env, index, block)
            for index, block in enumerate(env.blocks[at:end], at)
            if block.is_named and _is_shown(block)
        ]


def _is_shown(block: Block) -> bool:
    """Whether a name looks like one: a line without `=` may be a value that was pasted there."""
    if block.statement.kind is StatementKind.BARE:
        return _PLAIN_NAME.fullmatch(block.name) is not None
    return is_secret_name(block.name)


def _symbol(env: EnvFile, index: int, block: Block) -> Symbol:
    statement = block.statement
    if block.lines <= block.ends_line and block.data.isascii():  # a byte is a column
        line, new = env.first_lines[index], tuple.__new__  # as in `semantic`: there are many
        start, end = new(Position, (line, statement.name_start)), new(Position, (line, statement.name_end))
        last = new(Position, (line, max(statement.value_end, statement.name_end)))
        name, whole = new(Range, (start, end)), new(Range, (start, last))
    else:
        name = env.name_range(index)
        whole = Range(name.start, env.value_range(index).end)
    return Symbol(block.name, _detail(block), whole, name)


def _detail(block: Block) -> str:
    if block.statement.kind is StatementKind.BARE:
        return "no value"
    return "empty" if block.literal in _EMPTY else MASK


def _part(env: EnvFile, part: Heading, children: Sequence[Symbol]) -> Symbol:
    last = last_line(env, part.end)
    title = line_range(env.first_lines[part.at], 0, _length(env.text, env.first_lines[part.at]))
    whole = Range(Position(env.first_lines[part.first], 0), Position(last, _length(env.text, last)))
    return Symbol(part.title, counted(len(children), "name"), whole, title, tuple(children))


def last_line(env: EnvFile, end: int) -> int:
    """Return the last line before a block that is not blank."""
    while end > 0 and env.blocks[end - 1].statement.kind is StatementKind.BLANK:
        end -= 1
    block = env.blocks[end - 1]
    return env.first_lines[end - 1] + block.lines - block.ends_line


def _length(text: Text, line: int) -> int:
    return units_of(text.line(line), text.encoding)


def _fields(text: Text, named: Sequence[Named]) -> Iterator[Symbol]:
    """Yield the names of an `ev.yaml` that stand side by side, each with what stands under it."""
    at = 0
    while at < len(named):
        one, end = named[at], at + 1
        inner = (*one.path, one.name)
        while end < len(named) and named[end].path[: len(inner)] == inner:
            end += 1
        line = text.line(one.line)
        start = units_of(line[: one.start], text.encoding)
        stop = start + units_of(one.name, text.encoding)
        last = named[end - 1].line
        whole = Range(Position(one.line, start), Position(last, _length(text, last)))
        children = tuple(_fields(text, named[at + 1 : end]))
        yield Symbol(one.name, "", whole, line_range(one.line, start, stop), children)
        at = end
