"""What the ledger says about an export: the note of an `env` record (PROTOCOL A8).

    ci export to ci1… until 2026-12-22 of <release> <release>…

A release stands as all 52 letters of its id. The note is for people too, and a claim: whoever
may write one may write a false one, and a bundle can be made without any. It adds to
the exposure list and takes nothing away.
"""

from __future__ import annotations

import datetime as dt
import re
from base64 import b32decode
from dataclasses import dataclass

from envlsp.domain.ids import BoxPk, RecordId
from envlsp.domain.versions import id_text
from envlsp.errors import BadText
from envlsp.service.ci.keys import from_key_text, key_text

_NOTE = re.compile(
    r"ci export to (?P<key>ci1[02-9ac-hj-np-z]+) until (?P<day>\d{4}-\d\d-\d\d) of(?P<ids>(?: [a-z2-7]{52})+)"
)


@dataclass(frozen=True, slots=True)
class ExportNote:
    """That some releases were sealed to a CI key."""

    key: BoxPk
    until: str
    """A day, UTC: `2026-12-22`."""
    releases: tuple[RecordId, ...]


def day(ts: int) -> str:
    """Return a claimed time as a day, UTC; the last there is where it is beyond all calendars."""
    try:
        return dt.datetime.fromtimestamp(ts, dt.UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return "9999-12-31"


def to_note(note: ExportNote) -> str:
    """Return the text of a note."""
    ids = " ".join(id_text(release) for release in note.releases)
    return f"ci export to {key_text(note.key)} until {note.until} of {ids}"


def from_note(text: str) -> ExportNote | None:
    """Return the export that a note tells of; None where it is another note."""
    found = _NOTE.fullmatch(text)
    if found is None:
        return None
    try:
        key = from_key_text(found["key"])
    except BadText:
        return None
    ids = tuple(RecordId(b32decode(f"{word.upper()}====")) for word in found["ids"].split())
    return ExportNote(key, found["day"], ids)
