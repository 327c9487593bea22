"""Edits tried on a copy of the file before anybody sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.dotenv.tokens import Kind
from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.positions import Position, Range
from envlsp.ide.remembered import common
from envlsp.ide.results import Edit, Place
from envlsp.ide.text import Text

_FEW = 8
"""Edits made one by one, sharing all lines they leave; more are made in one pass over the text."""


def applied(text: Text, edits: Iterable[Edit]) -> Text:
    """Return a text with edits made that do not overlap."""
    ordered = sorted(edits, key=lambda edit: edit.range)
    if len(ordered) <= _FEW:
        for edit in reversed(ordered):
            text = text.replaced(edit.range, edit.new_text)
        return text
    pieces, at = [], Position(0, 0)
    for edit in ordered:
        pieces += [text.between(Range(at, edit.range.start)), edit.new_text]
        at = edit.range.end
    return Text.of("".join([*pieces, text.between(Range(at, text.end()))]), text.encoding)


def tried(env: EnvFile, edits: Sequence[Edit], but: Collection[str] = ()) -> EnvFile | None:
    """Return the file with edits made; None if a name not in `but` came, went or changed its value."""
    new = env.edited(applied(env.text, edits))
    head, tail = common(env.blocks, new.blocks)
    touched = (*env.blocks[head : len(env.blocks) - tail], *new.blocks[head : len(new.blocks) - tail])
    names = {block.name for block in touched if block.name} - set(but)
    return new if all(_same(env.winner(name), new.winner(name), env.dialect) for name in names) else None


def _same(old: Block | None, new: Block | None, dialect: str) -> bool:
    if old is new or old is None or new is None:
        return old is new
    if old.statement.kind is not new.statement.kind:
        return False
    if old.literal == new.literal or old.statement.kind is not Kind.ASSIGNMENT:
        return True
    decode = dialect_named(dialect).decode
    return decode(old.literal) == decode(new.literal)


def lines_range(env: EnvFile, block: int) -> Range:
    """Return the range of a whole statement, its line end included."""
    last = block + 1 == len(env.blocks)
    return Range(env.position_of(block, 0), env.text.end() if last else env.position_of(block + 1, 0))


def appended(place: Place, env: EnvFile, names: Sequence[str]) -> Edit | None:
    """Return the edit that adds `NAME=` for each name at the end of a file.

    None where nothing can be added without changing what is there.
    """
    end, line_end = env.text.end(), line_end_of(env)
    lines = "".join(f"{name}={line_end}" for name in names)
    opening = line_end if end.column else ""
    for start in (opening, opening + line_end):
        edit = Edit(place, Range(end, end), start + lines)
        new = tried(env, [edit], names)
        if new is not None and all(name in new.by_name for name in names):
            return edit
    return None


def line_end_of(env: EnvFile) -> str:
    r"""Return the line ending a file uses: its first one, `\n` if it has none."""
    first = env.text.lines[0] if env.text.lines else ""
    return first[len(first.rstrip("\r\n")) :] or "\n"
