"""What this device alone has seen of others, in words: data lost or kept back, and floods of bytes.

Unlike the ledger's alarms these are local: another device may have met other peers, at
another time. They go by what devices attested themselves (F.4, rules 3 and 4), and by
what was stored here today (F.3). They stop when what was missing has come.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from envlsp.domain.ids import DevicePk
from envlsp.service import own_past, volume
from envlsp.service.people import SHORT_HEX
from envlsp.service.promises import Standing, standings
from envlsp.service.results import AlarmInfo, Newer
from envlsp.service.team import Team
from envlsp.wire.limits import MIB

LOST: Final = "lost-data"
WITHHELD: Final = "withheld"
FLOOD_BYTES: Final = "flood-bytes"
_RECORDS_SHOWN: Final = 8
_MARK_BYTES: Final = 16


class Owed(NamedTuple):
    """An alarm, and what stands for it so that it is told once."""

    mark: bytes
    info: AlarmInfo


def owed(team: Team) -> list[Owed]:
    """Return what teammates' devices have lost, keep back or flood us with; by active devices only."""
    found = [one for standing in standings(team.replica) for one in _of_device(team, standing)]
    return [*found, *_floods(team)]


def newer(team: Team) -> tuple[Newer, ...]:
    """Return which devices say to hold more than anybody has brought here."""
    return tuple(
        Newer(one.dpk.hex()[:SHORT_HEX], owner_words(team, one.dpk), one.newer, one.attested_s)
        for one in standings(team.replica)
        if one.newer
    )


def own_lines(team: Team) -> tuple[str, ...]:
    """Return that this device itself has lost something, and what to do."""
    replica = team.replica
    if not team.store.records.is_rolled_back() and not own_past.is_behind(replica):
        return ()
    way = "envlsp sync; where no device has the rest: envlsp sync --accept-loss"
    return (f"the history on this device is older than it was, so it only reads; {way}",)


def newer_lines(found: Iterable[Newer], alarms: Iterable[AlarmInfo]) -> list[str]:
    """Return what devices say to hold, as sentences; they may just not have been here since.

    Args:
        found: from `newer`.
        alarms: of whoever is in one for withholding, nothing else is said.
    """
    told = {alarm.subject for alarm in alarms if alarm.kind == WITHHELD}
    return [_newer_line(one) for one in found if one.id not in told]


def _newer_line(one: Newer) -> str:
    records = f"{one.records} newer record{'' if one.records == 1 else 's'}"
    said = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.ts))
    return f"{one.name} says to hold at least {records} that nobody has brought here (said {said})"


def device_words(team: Team, dpk: DevicePk) -> str:
    """Return `Bob's device bobs-laptop`."""
    person = team.people.of_device(dpk)
    return f"{person.name}'s device {person.device or dpk.hex()[:SHORT_HEX]}"


def owner_words(team: Team, dpk: DevicePk) -> str:
    """Return `Bob (bobs-laptop)`."""
    person = team.people.of_device(dpk)
    return f"{person.name} ({person.device})" if person.device else person.name


def _of_device(team: Team, one: Standing) -> Iterator[Owed]:
    who, subject = device_words(team, one.dpk), one.dpk.hex()[:SHORT_HEX]
    if one.lost is not None:
        what = f"{who} has lost data: it held {one.lost.count} records, and does not show all of them now"
        advice = "ask its owner: an older copy of its disk may have been put back, or its keys copied"
        shown = tuple(head.hex() for head in one.lost.heads[:_RECORDS_SHOWN])
        info = AlarmInfo(LOST, subject, what, advice, shown, one.lost.count)
        yield Owed(LOST.encode() + one.dpk[:_MARK_BYTES] + one.lost.sig[:_MARK_BYTES], info)
    if one.withheld:
        number = len(one.withheld)
        records, are, them = (
            ("1 newer record exists", "is", "it")
            if number == 1
            else (f"{number} newer records exist", "are", "them")
        )
        what = f"{records} but {are} withheld: {who} named {them} and did not deliver {them}"
        advice = "do not take what is here for the newest; ask its owner, and sync with others: envlsp sync"
        shown = tuple(record.hex() for record in one.withheld[:_RECORDS_SHOWN])
        info = AlarmInfo(WITHHELD, subject, what, advice, shown, number)
        yield Owed(WITHHELD.encode() + one.dpk[:_MARK_BYTES] + one.withheld[0][:_MARK_BYTES], info)


def _floods(team: Team) -> Iterator[Owed]:
    counted = volume.read(team.store.meta)
    if counted is None:
        return
    today = team.replica.now() // volume.DAY_S
    for author, size in counted.loud(today).items():
        if not team.replica.state.is_active(author):
            continue  # it was removed: answered
        subject = author.hex()[:SHORT_HEX]
        what = (
            f"{device_words(team, author)} has written {size // MIB} MiB today, which fills everybody's disk"
        )
        advice = f"ask its owner; if they cannot explain it: envlsp device revoke {subject}"
        mark = FLOOD_BYTES.encode() + author[:_MARK_BYTES] + counted.day.to_bytes(4)
        yield Owed(mark, AlarmInfo(FLOOD_BYTES, subject, what, advice, (), size // MIB))
