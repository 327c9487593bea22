"""Names to type: in code, in an env file, and inside its values. A value is never offered.

A keystroke looks up prefixes in tables that were sorted when the names last changed; only
the names that are shown cost anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import filterfalse, islice
from typing import NamedTuple

from envlsp.code.languages import language_for
from envlsp.ide.envfile import EnvFile
from envlsp.ide.hover import describe
from envlsp.ide.locate import Spot, Under, in_env
from envlsp.ide.names import Names
from envlsp.ide.positions import Position, Range, line_range, to_index, units_of
from envlsp.ide.results import Completion, Edit, Item, ItemKind, Json, Place
from envlsp.ide.scope import Scope, scope_of
from envlsp.ide.snapshot import Document, Kind, Snapshot
from envlsp.ide.source import site_in

ITEMS_MAX = 100
"""Items in one answer; who wants another one types a letter more."""
_NOTHING = Completion()

_NAME_BEFORE = re.compile(r"\s*(?:export\s+)?([\w.-]*)", re.ASCII)
_NAME_AFTER = re.compile(r"[\w.-]*", re.ASCII)
_REFERENCE_BEFORE = re.compile(r"(?<!\\)\$(\{?)([A-Za-z_][\w.]*)?\Z", re.ASCII)
_REFERENCE_AFTER = re.compile(r"[\w.]*", re.ASCII)


def complete(snapshot: Snapshot, place: Place, position: Position) -> Completion:
    """Return the names that may stand at a position of any document."""
    document = snapshot.documents.get(place)
    if document is None:
        return _NOTHING
    if document.kind is Kind.CONFIG:
        from envlsp.ide import evyaml

        return evyaml.complete(snapshot, document, position)
    if document.kind is Kind.CODE:
        return _in_code(snapshot, document, position)
    if document.env is not None:
        return _in_env(snapshot, document, document.env, position)
    return _NOTHING


def resolve(snapshot: Snapshot, item_data: Mapping[str, Json]) -> str:
    """Return the documentation of an item, in Markdown: what a hover over the name would say."""
    place, name = item_data.get("place"), item_data.get("name")
    if not isinstance(place, str) or not isinstance(name, str):
        return ""
    return describe(snapshot, place, name)


class _Source(NamedTuple):
    """Names from one place."""

    label: str
    names: Names
    is_fit: Callable[[str], bool] | None = None
    """Which of them are meant; all where it is None."""


class _Blank(NamedTuple):
    """What is to be filled in."""

    place: Place
    typed: str
    range: Range
    before: str = ""
    """What to put before and after the name."""
    after: str = ""
    taken: frozenset[str] = frozenset()
    """Names that stand there already: offered last."""
    excluded: Container[str] = ()
    """Names that make no sense here."""


def _in_code(snapshot: Snapshot, document: Document, position: Position) -> Completion:
    language = language_for(document.place, document.language)
    if language is None or not any(word in document.source for word in language.prefilter):
        return _NOTHING
    found = site_in(language, document.text, position, document.source)
    if found is None:
        return _NOTHING
    site, where = found
    typed = document.text.between(Range(where.start, min(position, where.end)))
    blank = _Blank(document.place, typed, where, taken=site.taken)
    return _answer(blank, list(_of_app(scope_of(snapshot, document.place))))


def _in_env(snapshot: Snapshot, document: Document, file: EnvFile, position: Position) -> Completion:
    spot = in_env(file, position)
    line = document.text.line(position.line)
    at = to_index(line, position.column, snapshot.encoding)
    before, after = line[:at], line[at:]
    if spot.under in (Under.VALUE, Under.REFERENCE):
        opened = _REFERENCE_BEFORE.search(before)
        return _NOTHING if opened is None else _reference(document, file, position, opened, after)
    typed = _NAME_BEFORE.fullmatch(before)
    if typed is None or spot.under is Under.COMMENT:
        return _NOTHING
    rest = _NAME_AFTER.match(after)
    rest_of_name = rest[0] if rest is not None else ""
    blank = _Blank(
        document.place,
        typed[1],
        _around(position, typed[1], rest_of_name, snapshot),
        after="" if after[len(rest_of_name) :].lstrip().startswith("=") else "=",
        excluded=_given_elsewhere(file, spot),
    )
    return _answer(blank, list(_lacking(scope_of(snapshot, document.place))))


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
    blank = _Blank(
        document.place,
        typed,
        Range(start, end),
        before="" if brace else "{",
        after="" if is_closed else "}",
        excluded=(file.blocks[file.block_of(position)].name,),
    )
    return _answer(blank, [_Source("", file.sorted_names)])


def _around(position: Position, before: str, after: str, snapshot: Snapshot) -> Range:
    start = position.column - units_of(before, snapshot.encoding)
    return line_range(position.line, start, position.column + units_of(after, snapshot.encoding))


def _of_app(scope: Scope) -> Iterable[_Source]:
    """Yield every name there is: of env files and of the newest releases."""
    seen = set()
    for slot in scope.slots():
        seen.add(slot.place)
        if slot.file is not None:
            yield _Source(slot.label, slot.file.sorted_names)
        if slot.facts is not None:
            yield _Source(slot.label, slot.facts.sorted_names)
    for place, file in scope.files():
        if place not in seen:
            yield _Source(scope.shown(place), file.sorted_names)


def _lacking(scope: Scope) -> Iterable[_Source]:
    """Yield names that a file might lack: of other files and releases, and those that code reads."""
    for place, file in scope.files():
        if place != scope.place:
            yield _Source(scope.shown(place), file.sorted_names)
    for slot in scope.slots():
        if slot.facts is not None:
            yield _Source(f"team, {slot.label}", slot.facts.sorted_names)
    usages = scope.snapshot.usages
    is_shared = scope.project is not None and len(scope.project.apps) > 1
    yield _Source(
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


def _answer(blank: _Blank, sources: list[_Source]) -> Completion:
    best = _found(blank, sources, Names.beginning, ITEMS_MAX)
    others: dict[str, list[str]] = {}
    if blank.typed and len(best) <= ITEMS_MAX:
        others = _found(blank, sources, Names.holding, ITEMS_MAX)
    ranked = [(0, name, best) for name in best] + [(1, name, others) for name in others if name not in best]
    ranked.sort(key=lambda found: (found[0], found[1] in blank.taken, found[1].lower(), found[1]))
    shown = ranked[:ITEMS_MAX]
    items = tuple(
        _item(blank, name, labels[name], 2 * rank + (name in blank.taken)) for rank, name, labels in shown
    )
    return Completion(items, is_incomplete=len(ranked) > ITEMS_MAX)


def _found(
    blank: _Blank, sources: list[_Source], search: Callable[[Names, str], Iterable[str]], most: int
) -> dict[str, list[str]]:
    """Return names that fit, each with where it is from; of each source enough to fill the answer."""
    found: dict[str, list[str]] = {}
    enough = most + 1 + len(blank.taken)
    for label, names, is_fit in sources:
        fitting: Iterable[str] = filterfalse(blank.excluded.__contains__, search(names, blank.typed))
        if is_fit is not None:
            fitting = filter(is_fit, fitting)
        for name in islice(fitting, enough):
            labels = found.setdefault(name, [])
            if label and label not in labels:
                labels.append(label)
    return found


def _item(blank: _Blank, name: str, labels: list[str], rank: int) -> Item:
    return Item(
        name,
        Edit(blank.place, blank.range, f"{blank.before}{name}{blank.after}"),
        ItemKind.VARIABLE,
        detail=", ".join(labels),
        sort=f"{rank}{name.lower()}",
        data={"place": blank.place, "name": name},
    )
