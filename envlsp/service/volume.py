"""How much each author has stored here in a day (PROTOCOL F.3): local, and loud.

Counts the records of others as they come, by the day of our clock, in the transaction
that stores them. An author beyond the limit is told of for the rest of the day and stops
nothing: a quota that decided would let two devices see two histories. Its records are
passed on like any others, since whatever anybody writes afterwards builds upon them.

Whoever was away for ten days is given ten days' worth at once, so the limit grows with the
days since the last record came. What comes on the first day of a store is all the history
there is, and counts for nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from envlsp.domain.ids import DevicePk
from envlsp.errors import LimitExceeded, Malformed
from envlsp.store.meta import Meta
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import KIB, MIB

LIMIT_BYTES: Final = 50 * MIB
DAY_S: Final = 24 * 3600
_NAME: Final = b"volume"
_MAX_BYTES: Final = 64 * KIB


@dataclass(frozen=True, slots=True)
class Volume:
    """What came on the last day on which anything came."""

    day: int
    """Days since 1970."""
    days: int
    """How many days' worth it may be; 0: any amount, the store was new."""
    by_author: Mapping[DevicePk, int] = field(default_factory=dict)
    """Bytes of records."""

    def loud(self, today: int) -> dict[DevicePk, int]:
        """Return who stored more than the limit today, and how much."""
        if today != self.day or not self.days:
            return {}
        return {author: size for author, size in self.by_author.items() if size > LIMIT_BYTES * self.days}


def count(meta: Meta, came: Mapping[DevicePk, int], now_s: int) -> None:
    """Add what has just come; part of the transaction that stores it.

    Args:
        meta: of the team's store.
        came: bytes of records by author, our own left out.
        now_s: seconds since 1970 by our clock.
    """
    if not came:
        return
    before, today = read(meta), now_s // DAY_S
    if before is None:
        now = Volume(today, 0)
    elif before.day == today:
        now = before
    else:
        now = Volume(today, max(1, today - before.day))  # a clock that went back gives one day
    sums = dict(now.by_author)
    for author, size in came.items():
        sums[author] = sums.get(author, 0) + size
    rows: list[Value] = [[author, size] for author, size in sums.items()]
    meta.put(_NAME, encode([now.day, now.days, rows]))


def read(meta: Meta) -> Volume | None:
    """Return what was counted; None where nothing has ever come, or the note does not read."""
    data = meta.get(_NAME)
    try:
        match decode_untrusted(data, limit_bytes=_MAX_BYTES) if data else None:
            case [int(day), int(days), list(rows)]:
                return Volume(day, days, dict(_pair(row) for row in rows))
    except (Malformed, LimitExceeded):
        pass  # one day's count is lost, and nothing else
    return None


def _pair(row: Value) -> tuple[DevicePk, int]:
    match row:
        case [bytes(author), int(size)]:
            return DevicePk(author), size
    raise Malformed("not a count")
