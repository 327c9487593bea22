"""Whom to knock at on a LAN, and when: pure, for one team on one LAN.

Two that see each other's posters would both knock: the one whose own poster has the lower
name does it at once, the other a little later, if it still has to. A door that does not open
is tried again after longer and longer pauses, and then no more until its poster changes.

Time is an argument, in monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from envlsp.transport.lan_discovery import Sighting
from envlsp.wire.signaling_messages import RoomId

HESITATE_S: Final = 1.5
"""For the other side to knock first; a greeting takes milliseconds."""
PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Before the next try; after the last there is none."""
AGAIN_S: Final = 0.5
"""After a neighbour was lost; its door may be closing behind it."""
SEEN_MAX: Final = 64
"""Posters that we recognise; more than there can be members is a forgery."""


@dataclass(slots=True)
class _Seen:
    sighting: Sighting
    rooms: tuple[RoomId, ...]
    due_s: float
    failures: int = 0
    is_open: bool = False


class Plan:
    """The posters that show rooms of ours."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def saw(self, sighting: Sighting, rooms: Collection[RoomId], own_name: str, now: float) -> None:
        """Take note of a poster, or of one that has changed, and of our rooms among those it shows."""
        before = self._seen.pop(sighting.name, None)
        if not rooms:
            return
        if before is not None and before.sighting == sighting and before.rooms == tuple(rooms):
            self._seen[sighting.name] = before
            return
        if len(self._seen) >= SEEN_MAX:
            del self._seen[next(iter(self._seen))]
        pause = 0.0 if own_name < sighting.name else HESITATE_S
        self._seen[sighting.name] = _Seen(sighting, tuple(rooms), now + pause)

    def lost(self, name: str) -> None:
        """Forget a poster that was taken down."""
        self._seen.pop(name, None)

    def due(self, now: float) -> list[tuple[Sighting, tuple[RoomId, ...]]]:
        """Return whom to knock at now; each stays away from the list until one of the answers is told."""
        due = [one for one in self._seen.values() if not one.is_open and one.due_s <= now]
        for one in due:
            one.is_open = True
        return [(one.sighting, one.rooms) for one in due]

    def next_s(self) -> float | None:
        """Return when somebody is due next."""
        return min((one.due_s for one in self._seen.values() if not one.is_open), default=None)

    def failed(self, name: str, now: float) -> None:
        """Take note that a door did not open."""
        if (one := self._seen.get(name)) is not None:
            one.is_open = False
            if one.failures == len(PAUSES_S):
                del self._seen[name]
                return
            one.due_s = now + PAUSES_S[one.failures]
            one.failures += 1

    def left(self, addresses: Collection[str], port: int, now: float) -> None:
        """Take note that the neighbour at a door is gone, whoever had knocked."""
        for one in self._seen.values():
            if one.is_open and one.sighting.port == port and not addresses_differ(one.sighting, addresses):
                one.is_open = False
                one.failures = 0
                one.due_s = now + AGAIN_S


def addresses_differ(sighting: Sighting, addresses: Collection[str]) -> bool:
    """Return whether a poster names none of these addresses; scopes do not count."""
    plain = {address.partition("%")[0] for address in addresses}
    return plain.isdisjoint(address.partition("%")[0] for address in sighting.addresses)
