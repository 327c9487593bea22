"""Who came by an invitation link, told once on each device (PROTOCOL E.2).

No person said yes to them: the link did. So everybody is told who came, by whose link,
through whose device, and with which key; whoever is not who they say is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from envlsp.crypto.device import fingerprint
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import Admit
from envlsp.errors import LimitExceeded, Malformed
from envlsp.service.people import SHORT_HEX
from envlsp.service.team import Team
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB
from envlsp.wire.text import fingerprint_text

_TOLD: Final = b"arrivals-told"
_TOLD_MAX: Final = 256
_MARK_BYTES: Final = 16


def arrival_lines(team: Team) -> list[str]:
    """Return a sentence for each arrival that nobody was told of on this device, and count them as told."""
    if not len(team.replica.ledger):
        return []
    known = _told(team)
    fresh = [identity for identity in _arrivals(team) if identity[:_MARK_BYTES] not in known]
    if fresh:
        marks = [*known, *(identity[:_MARK_BYTES] for identity in fresh)]
        team.store.meta.put(_TOLD, encode(tuple(marks[-_TOLD_MAX:])))
    return [_line(team, identity) for identity in fresh]


def _arrivals(team: Team) -> Iterator[RecordId]:
    """Yield the admits that count and that came after this device did."""
    ledger, own = team.replica.ledger, team.replica.state.devices.get(team.replica.keys.dpk)
    if own is None:
        return
    for invite in team.replica.state.invites.values():
        for use in invite.uses:
            if use != own.intro and not ledger.is_ancestor(use, own.intro):
                yield use


def _line(team: Team, identity: RecordId) -> str:
    record = team.replica.record(identity)
    pub, user = record.header.pub, record.introduces
    assert isinstance(pub, Admit)
    assert user is not None
    people = team.people
    inviter = people.of_user(team.replica.ledger.author_of(pub.invite))
    return (
        f"{people.of_user(user).display_name} came by a link of {inviter.name},"
        f" let in by {people.of_device(record.header.author).name}'s device; their key is"
        f" {fingerprint_text(fingerprint(pub.dpk, pub.xpk))};"
        f" if it is not them: envlsp access revoke {user.hex()[:SHORT_HEX]}"
    )


def _told(team: Team) -> list[bytes]:
    data = team.store.meta.get(_TOLD)
    try:
        marks = decode_untrusted(data, limit_bytes=16 * KIB) if data else []
    except (Malformed, LimitExceeded):
        return []  # being told twice is better than never
    return [mark for mark in marks if isinstance(mark, bytes)] if isinstance(marks, list) else []
