"""What looks like a copied key, a flood, a leaked link or lost data, in words; shown, and told once.

The ledger raises alarms and decides nothing by them; neither does anybody here: a person
looks, asks, and perhaps removes a device. An alarm about a device that was removed is
answered, and so is one about a key that a device was left without on purpose. What this
device alone has seen, of what others attest and how much they write, is in `owed`.

Spec: docs/protocol.md, "C.4 Fold", "C.5 What this yields", "F.3 Framing, backpressure,
limits" and "F.4 Freshness, rollback, withholding".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.state import Alarm, AlarmKind
from envlsp.errors import LimitExceeded, Malformed
from envlsp.service.access.owed import device_words, owed
from envlsp.service.access.rotation import suspects_of
from envlsp.service.people import RECOVERY_WORDS, SHORT_HEX
from envlsp.service.results import AlarmInfo
from envlsp.service.team import Team
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB

_TOLD: Final = b"alarms-told"
_TOLD_MAX: Final = 256
"""So many are remembered as told; of more, the oldest are told again where they still hold."""
_MARK_BYTES: Final = 16
SHOWN_RECORDS: Final = 8
"""Ids of records that are given with an alarm; a flood has thousands."""


def alarms(team: Team) -> tuple[AlarmInfo, ...]:
    """Return what the people of a team should know now, in a fixed order."""
    if not len(team.replica.ledger):
        return ()
    of_ledger = (_info(team, alarm) for alarm in team.replica.ledger.alarms() if _stands(team, alarm))
    return (*of_ledger, *(one.info for one in owed(team)))


def fresh_alarms(team: Team) -> tuple[AlarmInfo, ...]:
    """Return the alarms that nobody was told of on this device, and count them as told."""
    if not len(team.replica.ledger):
        return ()
    known = _told(team)
    found = {
        _mark(alarm): _info(team, alarm) for alarm in team.replica.ledger.alarms() if _stands(team, alarm)
    }
    found |= {one.mark: one.info for one in owed(team)}
    fresh = [mark for mark in found if mark not in known]
    if fresh:
        team.store.meta.put(_TOLD, encode(tuple([*known, *fresh][-_TOLD_MAX:])))
    return tuple(found[mark] for mark in fresh)


def alarm_lines(found: Iterable[AlarmInfo]) -> list[str]:
    """Return one sentence for each alarm: what happened, and what to do."""
    return [f"{one.what}; {one.advice}" for one in found]


def _told(team: Team) -> list[bytes]:
    data = team.store.meta.get(_TOLD)
    try:
        marks = decode_untrusted(data, limit_bytes=64 * KIB) if data else []
    except (Malformed, LimitExceeded):
        return []  # being told twice is better than never
    return [mark for mark in marks if isinstance(mark, bytes)] if isinstance(marks, list) else []


def _mark(alarm: Alarm) -> bytes:
    """Return what stands for an alarm; a flood or an invitation that grows is the same one still."""
    growing = alarm.kind in {AlarmKind.FLOOD, AlarmKind.INVITE_OVERUSED}
    records = () if growing else alarm.records[:2]
    parts = (alarm.subject, *records)
    return alarm.kind.value.encode() + b"".join(part[:_MARK_BYTES] for part in parts)


def _stands(team: Team, alarm: Alarm) -> bool:
    state = team.replica.state
    match alarm.kind:
        case AlarmKind.INVITE_OVERUSED:
            invite = state.invites.get(RecordId(alarm.subject))
            return invite is not None and not invite.cancelled
        case AlarmKind.EPOCH_OMITS:
            scope = next((e.scope for e in state.epochs.values() if e.record in alarm.records), None)
            return scope is not None and DevicePk(alarm.subject) not in suspects_of(team.replica, scope)
        case _:
            return alarm.subject == state.root.root_sign or state.is_active(DevicePk(alarm.subject))


def _info(team: Team, alarm: Alarm) -> AlarmInfo:
    what, advice = _words(team, alarm)
    return AlarmInfo(
        kind=alarm.kind.value,
        subject=alarm.subject.hex()[:SHORT_HEX],
        what=what,
        advice=advice,
        records=tuple(record.hex() for record in alarm.records[:SHOWN_RECORDS]),
        count=len(alarm.records),
    )


def _words(team: Team, alarm: Alarm) -> tuple[str, str]:
    """Return what happened, with who, and what to do about it."""
    subject = DevicePk(alarm.subject)
    remove = f"envlsp device revoke {alarm.subject.hex()[:SHORT_HEX]}"
    ask = f"ask its owner; if they cannot explain it: {remove}"
    match alarm.kind:
        case AlarmKind.FORK if subject == team.replica.state.root.root_sign:
            return (
                f"{RECOVERY_WORDS} were used in two places at once",
                "if that was not you both: envlsp recover",
            )
        case AlarmKind.FORK if subject == team.replica.keys.dpk:
            return f"this device {_FORKED}", f"envlsp device add, on another device of yours; then: {remove}"
        case AlarmKind.FORK:
            return f"{device_words(team, subject)} {_FORKED}, or malice", ask
        case AlarmKind.FLOOD:
            return f"{device_words(team, subject)} {_FLOODED.format(count=len(alarm.records))}", ask
        case AlarmKind.INVITE_OVERUSED:
            author = team.people.of_user(team.replica.ledger.author_of(RecordId(alarm.subject))).name
            return f"an invitation by {author} {_OVERUSED}", "invite again, by another way"
        case AlarmKind.EPOCH_OMITS:
            by = team.people.of_device(team.replica.record(alarm.records[0]).header.author).name
            what = f"the newest key, started by {by}, was not given to {device_words(team, subject)}"
            return what, "a developer's next push or sync gives it; if it happens again, ask why"


_FORKED = (
    "wrote two different records as its next one: its keys were copied, or an old backup of them was put back"
)
_FLOODED = "wrote {count} records side by side about who may do what, which slows everybody down"
_OVERUSED = "was used by more people than it was for, and let in nobody: somebody else may have the link"
