"""What a variable is, for the person who points at it: masked, or revealed where that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from envlsp.domain.dotenv.dialects import dialect_named
from envlsp.domain.secret import MASK, SecretText
from envlsp.errors import BadText
from envlsp.ide.ages import ago
from envlsp.ide.envfile import EnvFile
from envlsp.ide.locate import Spot, Under, locate
from envlsp.ide.markdown import block, code, plain
from envlsp.ide.positions import Position
from envlsp.ide.results import Hover, Place
from envlsp.ide.revealing import value_in
from envlsp.ide.scope import Scope, Slot, scope_of, scope_of_open
from envlsp.ide.snapshot import MARK_HEX, EnvironmentFacts, Kind, NameFacts, Snapshot, Standing

NOTHING_REVEALED: Mapping[str, SecretText] = {}


def hover(
    snapshot: Snapshot,
    place: Place,
    position: Position,
    revealed: Mapping[str, SecretText] = NOTHING_REVEALED,
) -> Hover | None:
    """Return what to show at a position of any document; None where there is nothing to say.

    Args:
        snapshot: what is known.
        place: the document.
        position: where in it.
        revealed: name -> the value that the person has just asked to see in this document.
    """
    document = snapshot.documents.get(place)
    if document is not None and document.kind is Kind.CONFIG:
        from envlsp.ide import evyaml

        return evyaml.hover(snapshot, document, position)
    spot = locate(snapshot, place, position)
    if spot is None or not spot.name or spot.under is Under.COMMENT:
        return None
    value = revealed.get(spot.name)
    if value is None and spot.under is Under.VALUE and snapshot.settings.hover_reveal:
        assert document is not None
        value = None if document.env is None else _value_at(document.env, spot)
    said = describe(snapshot, place, spot.name, value)
    return Hover(said, spot.range) if said else None


def describe(snapshot: Snapshot, place: Place, name: str, value: SecretText | None = None) -> str:
    """Return what there is to say about a name, in Markdown; nothing while too little is known.

    Args:
        snapshot: what is known.
        place: the document from which one asks.
        name: of the variable.
        value: shown if given; else there is a mask.
    """
    scope = scope_of_open(snapshot, place) if snapshot.facts.is_unread else scope_of(snapshot, place)
    rows = list(_rows(scope, name))
    parts = [_title(scope, name, rows, value), *_documentation(scope, name)]
    if not parts[0]:
        return ""
    if rows:
        parts.append("\n".join(_line(row, rows) for row in rows))
    return "\n\n".join(parts)


def _title(scope: Scope, name: str, rows: list[_Row], value: SecretText | None) -> str:
    if value is not None and len(value):
        return f"{code(name)}\n\n{block(value.reveal_text())}"
    own = scope.snapshot.env_file(scope.place)
    if own is not None and own.winner(name) is not None:
        return f"{code(name)} {'(empty)' if _is_empty(own, name) else MASK}"
    if rows:
        return f"{code(name)} {'(empty)' if rows[0].is_empty else MASK}"
    described = [scope.shown(place) for place, file in scope.files() if file.winner(name) is not None]
    if described:
        return f"{code(name)} has no value yet: only {plain(described[0])} has it."
    return _nowhere(scope, name)


def _nowhere(scope: Scope, name: str) -> str:
    """Say that a name is nowhere, as far as that is known; nothing where it is not."""
    standing = Standing.LOADING if scope.project is None else scope.project.standing
    if standing is Standing.LOADING:
        return ""
    if standing is Standing.READY:
        return f"{code(name)} is in no env file and in no release."
    if standing in (Standing.LOCKED, Standing.UNOPENABLE, Standing.WAITING):
        return f"{code(name)} is in no env file, and the team's releases cannot be read yet."
    return f"{code(name)} is in no env file."


class _Row(NamedTuple):
    """One environment that has the name."""

    label: str
    is_empty: bool
    value: bytes
    """Fingerprint; empty where it cannot be told."""
    notes: list[str]


def _rows(scope: Scope, name: str) -> Iterator[_Row]:
    slots = list(scope.slots())
    if all(slot.facts is None for slot in slots):
        # Without a team there are only files to tell apart.
        slots = [slot._replace(label=scope.shown(slot.place)) for slot in slots]
    slots += [Slot(scope.shown(place), place, file, None) for place, file in scope.above()]
    for slot in slots:
        local = slot.file is not None and slot.file.winner(name) is not None
        released = slot.facts.names.get(name) if slot.facts is not None else None
        conflicts = slot.facts.conflicts.get(name, ()) if slot.facts is not None else ()
        if local or released is not None or conflicts:
            yield _row(scope, slot, name, released)


def _row(scope: Scope, slot: Slot, name: str, released: NameFacts | None) -> _Row:
    notes = []
    if released is not None:
        who = f"changed by {plain(released.author)}" if released.author else "changed"
        notes.append(f"{who} {ago(released.ts, scope.snapshot.now)} in {plain(released.release)}")
    if slot.facts is not None and not slot.facts.shut:
        sides = [
            f"{plain(side.release)} by {plain(side.author)}" for side in slot.facts.conflicts.get(name, ())
        ]
        if sides:  # until that is settled, no release says what the value should be
            notes.append(f"**conflict**: {' and '.join(sides)}")
        else:
            notes += _differences(scope.snapshot, slot, slot.facts, name)
    is_empty, value = _value_of(scope.snapshot, slot, name, released)
    return _Row(slot.label, is_empty, value, notes)


def _value_of(snapshot: Snapshot, slot: Slot, name: str, released: NameFacts | None) -> tuple[bool, bytes]:
    """Return whether a value is empty, and its fingerprint: of the line here, else of the release."""
    fingerprint, file = snapshot.facts.fingerprint, slot.file
    winner = file.winner(name) if file is not None else None
    if file is None or winner is None:
        return (released.is_empty, released.value) if released is not None else (False, b"")
    if fingerprint is None:
        return _is_empty(file, name), b""
    if released is not None and released.value and fingerprint(winner.literal) == released.literal:
        return released.is_empty, released.value
    try:
        value = value_in(file, name)
    except BadText:  # too much work: masked, and compared with nothing
        return False, b""
    return not value, fingerprint(value.reveal()) if value else b""


def _differences(snapshot: Snapshot, slot: Slot, facts: EnvironmentFacts, name: str) -> Iterator[str]:
    """Say how the line of a file differs from the newest release, if it does."""
    fingerprint, file = snapshot.facts.fingerprint, slot.file
    if fingerprint is None or file is None:
        return
    winner, released = file.winner(name), facts.names.get(name)
    mine = fingerprint(winner.literal) if winner is not None else None
    theirs = released.literal if released is not None else None
    before = facts.base.get(name) if facts.base is not None else None
    if mine == theirs:
        return
    if facts.base is None and mine is not None and theirs is not None:
        yield "differs here"
    elif mine == before:
        yield "not pulled yet" if theirs is not None else "no longer in the newest release"
    elif theirs == before:
        how = "taken out" if mine is None else "new" if theirs is None else "changed"
        yield f"{how} here, not pushed"
    else:
        yield "changed here and by the team"


def _line(row: _Row, rows: list[_Row]) -> str:
    parts = [f"**{plain(row.label)}**"]
    if row.is_empty:
        parts.append("empty")
    elif row.value:
        parts.append(f"`{row.value.hex()[:MARK_HEX]}`")
        same = [plain(other.label) for other in rows if other is not row and other.value == row.value]
        if same:
            parts.append(f"same as {', '.join(same)}")
    return "- " + " · ".join((*parts, *row.notes))


def _documentation(scope: Scope, name: str) -> list[str]:
    """Return the comment above the name: in the document itself, else in the first file that has one."""
    files = sorted((*scope.files(), *scope.above()), key=lambda found: found[0] != scope.place)
    for _, file in files:
        places = file.by_name.get(name)
        lines = [line for line in file.comment_above(places[-1]) if line] if places else []
        if lines:
            return ["  \n".join(map(plain, lines))]
    return []


def _value_at(file: EnvFile, spot: Spot) -> SecretText | None:
    """Return the value of the line pointed at, which is not the one that counts if a later one is."""
    if file.by_name[spot.name][-1] == spot.index:
        with suppress(BadText):
            return value_in(file, spot.name)
        return None
    return SecretText(dialect_named(file.dialect).decode(file.blocks[spot.index].literal))


def _is_empty(file: EnvFile, name: str) -> bool:
    try:
        return not value_in(file, name)
    except BadText:
        return False
