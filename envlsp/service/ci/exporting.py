"""A bundle for a CI machine: the newest values of one environment, sealed to its key.

Every member would see who made it, for which key and until when: the same step writes
an `env` record whose note says so. That record needs a developer, so a viewer cannot export.

Spec: docs/protocol.md, "E.5 CI bundles".
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from envlsp.crypto.bundle import Export, seal_bundle
from envlsp.domain.environment import Triple
from envlsp.domain.ids import BoxPk
from envlsp.domain.ledger.records import EnvNote
from envlsp.errors import BadText, LimitExceeded, Misuse
from envlsp.service.ci.keys import key_text, signer_text
from envlsp.service.ci.notes import ExportNote, day, to_note
from envlsp.service.deriving import view_snapshot
from envlsp.service.pushing import make_ready
from envlsp.service.reading import conflict_error, no_release
from envlsp.service.team import Team
from envlsp.wire.bodies import EnvBody

DAY_S: Final = 86_400
LIFE_MAX_S: Final = 366 * DAY_S
"""A bundle that outlives everybody's memory of it is a leak in waiting."""
HEADS_NOTED: Final = 64
"""Newest releases that a note of 4 KiB has room for; the rest is below none of them, and rare."""
_LIFE = re.compile(r"(?P<count>[1-9][0-9]{0,5})(?P<unit>[hdw])")
_UNITS: Final = {"h": 3600, "d": DAY_S, "w": 7 * DAY_S}


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle, and what it is."""

    text: str
    """One line of base64: what a CI variable holds."""
    triple: Triple
    release: str
    """The label of the newest release in it."""
    id: str
    """64 hex digits."""
    n: int
    names: int
    key: str
    signer: str
    """This device, as `ci apply --signer` wants it."""
    not_after: int
    """Seconds since 1970."""


def life_seconds(text: str) -> int:
    """Return how long `30d`, `12h` or `4w` is.

    Raises:
        BadText: it is none of these, or longer than a year.
    """
    found = _LIFE.fullmatch(text.strip())
    seconds = int(found["count"]) * _UNITS[found["unit"]] if found else 0
    if not 0 < seconds <= LIFE_MAX_S:
        raise BadText("for how long is written 30d, 12h or 4w, at most 366d", fix="--for 30d")
    return seconds


def export(team: Team, triple: Triple, reader: BoxPk, life_s: int) -> Exported:
    """Seal the newest values of an environment to a CI key, and say so in the ledger.

    Raises:
        NoAccess: we may only read.
        NotFound, WaitingForKey: there is nothing to export, or no key to it yet.
        ConflictedName: releases disagree about a name.
        Misuse: it is larger than a bundle may be.
    """
    replica = team.replica
    with replica.writing():
        make_ready(team, triple)
        found = team.releases.of(triple)
        view = found.view()
        if not view.heads:
            raise no_release(team, triple)
        if view.conflicts:
            raise conflict_error(tuple(sorted(view.conflicts)))
        head, now = view.heads[-1], replica.now()
        n = max(map(found.versions.number, view.heads))
        facts = Export(head, n, triple, now, now + life_s)
        snapshot = view_snapshot(found, view)
        try:
            data = seal_bundle(facts, snapshot, replica.keys.sign, reader)
        except LimitExceeded as exc:
            raise Misuse(f"{triple} is larger than a bundle may be", fix="export a smaller one") from exc
        note = to_note(ExportNote(reader, day(facts.not_after), view.heads[-HEADS_NOTED:]))
        archived = int(team.releases.environments().get(triple, False))
        replica.append(
            EnvNote(team.releases.scope_of(triple)),
            EnvBody(now, triple.project, triple.app, triple.env, archived, note),
        )
    return Exported(
        text=b64encode(data).decode(),
        triple=triple,
        release="+".join(found.versions.label(head) for head in view.heads),
        id=head.hex(),
        n=facts.n,
        names=len(snapshot.entries),
        key=key_text(reader),
        signer=signer_text(replica.keys.dpk),
        not_after=facts.not_after,
    )
