"""What one statement shows by itself: remembered for as long as it stays as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from envlsp.domain.dotenv.dialects import Dialect, dialect_named
from envlsp.domain.dotenv.tokens import BOM, Kind
from envlsp.ide.envfile import Block
from envlsp.ide.problems.characters import invisible_in
from envlsp.ide.problems.quoting import is_unsafe
from envlsp.ide.problems.wellknown import PUBLIC_PREFIXES, is_public_secret
from envlsp.ide.remembered import Remembered


class Mentioned(NamedTuple):
    """A reference in a value."""

    name: str
    in_braces: bool
    has_default: bool


class Note(NamedTuple):
    """What is worth a second look in a statement; most have nothing, and no note."""

    faults: tuple[str, ...] = ()
    invisible: tuple[str, ...] = ()
    """Characters nobody can see, in order."""
    is_unsafe: bool = False
    is_empty: bool = False
    """An assignment of nothing."""
    is_public_secret: bool = False
    mentions: tuple[Mentioned, ...] = ()
    ignores: frozenset[str] | None = None
    """Codes that this comment silences for the line below; empty for all of them."""


_PUBLIC = "|".join(re.escape(prefix) for prefix in PUBLIC_PREFIXES).encode()
# A whole statement with nothing to note. Whatever does not match takes the long way.
_DULL = re.compile(
    rb"""
    [ \t]*+
    (?:
      (?:export[ \t]++)?+ (?! """
    + _PUBLIC
    + rb""" ) [A-Za-z0-9_.-]{1,128}+ [ \t]*+ = [ \t]*+
      (?: [A-Za-z0-9_./:@%+,=?^~!*{}\[\]-]++
        | "[^"\\$\x00-\x1f\x7f-\xff]++" | '[^'\\$\x00-\x1f\x7f-\xff]++' )
      (?: [ \t]++ (?: \# [^\r\n]*+ )?+ )?+
    | \# (?! [^\r\n]* envlsp-ignore ) [^\r\n]*+
    )?+
    (?: \r\n | \n | \r )?+
    """,
    re.VERBOSE,
)
_IGNORES = re.compile(r"#\s*envlsp-ignore(?:\s*:\s*([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*))?\s*")


def _notes(blocks: Sequence[Block], dialect: str) -> list[Note | None]:
    is_dull, rules = _DULL.fullmatch, dialect_named(dialect)
    return [
        None if not block.faults and is_dull(block.data) is not None else _note(block, rules)
        for block in blocks
    ]


def _note(block: Block, rules: Dialect) -> Note | None:
    kind = block.statement.kind
    if kind is Kind.BLANK and not block.faults:
        return None
    if kind is Kind.COMMENT:
        note = Note(faults=_codes(block), ignores=_ignores(block))
    else:
        note = Note(
            faults=_codes(block),
            invisible=tuple(char for char, _ in invisible_in(block)),
            is_unsafe=is_unsafe(block, rules),
            is_empty=kind is Kind.ASSIGNMENT and rules.decode(block.literal) == "",
            is_public_secret=block.is_named and is_public_secret(block.name),
            mentions=_mentions(block, rules),
        )
    return None if note == _NOTHING else note


_NOTHING = Note()


def _codes(block: Block) -> tuple[str, ...]:
    """Return the codes of the faults; a byte order mark alone is no broken line."""
    return tuple(dict.fromkeys(code for code, _ in block.faults))


def _mentions(block: Block, rules: Dialect) -> tuple[Mentioned, ...]:
    literal = block.literal if block.is_named else b""
    if b"$" not in literal:
        return ()
    return tuple(
        Mentioned(
            name,
            in_braces := literal[start - 1 : start] == b"{",
            in_braces and literal[end : end + 1] != b"}",
        )
        for name, start, end in rules.references(literal)
    )


def _ignores(block: Block) -> frozenset[str] | None:
    text = block.data.removeprefix(BOM).decode("utf-8", "replace").strip()
    match = _IGNORES.fullmatch(text)
    if match is None:
        return None
    return frozenset(code.strip() for code in (match[1] or "").split(",") if code.strip())


NOTES: Remembered[Note | None, str] = Remembered(_notes)
