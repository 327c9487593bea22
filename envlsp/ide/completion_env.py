"""What may be typed in an env file: names it lacks, names to refer to, values that a comment lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from envlsp.ide.documentation import choices
from envlsp.ide.envfile import EnvFile
from envlsp.ide.locate import Spot, Under, in_env
from envlsp.ide.offers import Blank, Source, offer
from envlsp.ide.positions import Position, Range, line_range, to_index, units_of
from envlsp.ide.results import Completion, Edit, Item, ItemKind
from envlsp.ide.scope import Scope, scope_of
from envlsp.ide.snapshot import Document, Snapshot

_NAME_BEFORE = re.compile(r"\s*(?:export\s+)?([\w.-]*)", re.ASCII)
_NAME_AFTER = re.compile(r"[\w.-]*", re.ASCII)
_VALUE_BEFORE = re.compile(r"\s*(?:export\s+)?[\w.-]+\s*[=:]", re.ASCII)
_REFERENCE_BEFORE = re.compile(r"(?<!\\)\$(\{?)([A-Za-z_][\w.]*)?\Z", re.ASCII)
_QUOTED = re.compile(rb"(['\"`]).*\1")
_REFERENCE_AFTER = re.compile(r"[\w.]*", re.ASCII)


def in_env_file(snapshot: Snapshot, document: Document, file: EnvFile, position: Position) -> Completion:
    """Return what may stand at a position of an env file."""
    spot = in_env(file, position)
    line = document.text.line(position.line)
    at = to_index(line, position.column, snapshot.encoding)
    before, after = line[:at], line[at:]
    if spot.under is Under.COMMENT:
        return Completion()
    if spot.under is not Under.NAME:
        # A quote that is not closed yet may keep a loader from seeing a value.
        is_value = spot.under is not Under.BLANK or _VALUE_BEFORE.match(before)
        opened = _REFERENCE_BEFORE.search(before) if is_value else None
        if opened is not None:
            return _reference(document, file, position, opened, after)
        if spot.under is Under.VALUE:
            return _choices(scope_of(snapshot, document.place), file, spot, position)
    typed = _NAME_BEFORE.fullmatch(before) if spot.under in (Under.NAME, Under.BLANK) else None
    if typed is None:
        return Completion()
    rest = _NAME_AFTER.match(after)
    rest_of_name = rest[0] if rest is not None else ""
    blank = Blank(
        document.place,
        typed[1],
        _around(position, typed[1], rest_of_name, snapshot),
        after="" if after[len(rest_of_name) :].lstrip().startswith("=") else "=",
        excluded=_given_elsewhere(file, spot),
    )
    return offer(blank, list(_lacking(scope_of(snapshot, document.place))))


def _reference(
    document: Document, file: EnvFile, position: Position, opened: re.Match[str], after: str
) -> Completion:
    brace, typed = opened[1], opened[2] or ""
    rest = _REFERENCE_AFTER.match(after) if brace else None
    rest_of_name = rest[0] if rest is not None else ""
    start = Position(position.line, position.column - len(typed))
    end = Position(position.line, position.column + len(rest_of_name))
    # `:-` and the like go on inside the braces.
    is_closed = bool(brace) and after[len(rest_of_name) :].startswith(("}", ":", "-", "+"))
    blank = Blank(
        document.place,
        typed,
        Range(start, end),
        before="" if brace else "{",
        after="" if is_closed else "}",
        excluded=(file.blocks[file.block_of(position)].name,),
    )
    return offer(blank, [Source("", file.sorted_names)])


def _choices(scope: Scope, file: EnvFile, spot: Spot, position: Position) -> Completion:
    """Return the words that the comment above lists: what the value may be, not what it is."""
    start, end = spot.range
    literal = file.blocks[spot.index].literal
    quotes = (
        1 if literal[:1] in (b"'", b'"', b"`") and literal[-1:] == literal[:1] and len(literal) > 1 else 0
    )
    where = Range(Position(start.line, start.column + quotes), Position(end.line, end.column - quotes))
    if position not in where or start.line != end.line:
        return Completion()
    own = file.comment_above(spot.index)
    others = (
        other.comment_above(other.by_name[spot.name][-1])
        for _, other in scope.files()
        if spot.name in other.by_name
    )
    words = next(filter(None, map(choices, (own, *others))), [])
    return Completion(
        tuple(
            Item(word, Edit(scope.place, where, word), ItemKind.VALUE, "listed in the comment", f"{order:02}")
            for order, word in enumerate(words)
        )
    )


def _around(position: Position, before: str, after: str, snapshot: Snapshot) -> Range:
    start = position.column - units_of(before, snapshot.encoding)
    return line_range(position.line, start, position.column + units_of(after, snapshot.encoding))


def _lacking(scope: Scope) -> Iterable[Source]:
    """Yield names that a file might lack: of other files and releases, and those that code reads."""
    for place, file in scope.files():
        if place != scope.place:
            yield Source(scope.shown(place), file.sorted_names)
    for slot in scope.slots():
        if slot.facts is not None:
            yield Source(f"team, {slot.label}", slot.facts.sorted_names)
    usages = scope.snapshot.usages
    is_shared = scope.project is not None and len(scope.project.apps) > 1
    yield Source(
        "read by code",
        usages.sorted_names,
        (lambda name: any(map(scope.covers, usages.by_name[name]))) if is_shared else None,
    )


def _given_elsewhere(file: EnvFile, spot: Spot) -> Mapping[str, object]:
    """Return the names that a file gives, without the one that is being typed."""
    if spot.under is not Under.NAME or file.by_name[spot.name] != (spot.index,):
        return file.by_name
    others = dict(file.by_name)
    del others[spot.name]
    return others
