"""The exports that the ledger tells of: to which key, by whom, until when.

A void record counts as well, since the bundle was made all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from envlsp.domain.ids import BoxPk, DevicePk, ScopeId
from envlsp.domain.ledger.records import EnvNote
from envlsp.errors import AmbiguousName
from envlsp.service.ci.keys import PREFIX, key_text
from envlsp.service.ci.notes import ExportNote, from_note
from envlsp.service.results import ExportInfo
from envlsp.service.team import Team

LETTERS_MIN = 8
"""Of a key, to be meant by them."""


@dataclass(frozen=True, slots=True)
class KnownExport:
    """One export."""

    author: DevicePk
    scope: ScopeId
    note: ExportNote
    told: ExportInfo


def exports(team: Team) -> Iterator[KnownExport]:
    """Yield the exports of a team, the oldest first."""
    for record, body in team.releases.notes():
        note, pub = from_note(body.note), record.header.pub
        if note is None or not isinstance(pub, EnvNote):
            continue
        author = record.header.author
        told = ExportInfo(
            key=key_text(note.key),
            until=note.until,
            triple=body.triple,
            by=team.people.of_device(author).name,
            ts=body.ts,
        )
        yield KnownExport(author, pub.scope, note, told)


def exports_by(
    team: Team, devices: Collection[DevicePk], scope: ScopeId | None = None
) -> Iterator[ExportInfo]:
    """Yield what some devices exported; with a scope, that scope's environments alone."""
    for export in exports(team):
        if export.author in devices and scope in (None, export.scope):
            yield export.told


def key_exports(team: Team, key: BoxPk) -> list[KnownExport]:
    """Return the exports to one key."""
    return [export for export in exports(team) if export.note.key == key]


def find_key(team: Team, words: str) -> BoxPk | None:
    """Return the key that these letters begin, of those that something was exported to.

    Raises:
        AmbiguousName: several.
    """
    wanted = words.strip().lower()
    if not wanted.startswith(f"{PREFIX}1") or len(wanted) < LETTERS_MIN:
        return None
    found = {export.note.key for export in exports(team) if export.told.key.startswith(wanted)}
    if len(found) > 1:
        raise AmbiguousName("several CI keys begin so", fix="give more of it")
    return next(iter(found), None)
