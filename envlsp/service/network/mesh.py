"""To whom of many devices links are kept (PROTOCOL F.5): all of a few, five of more.

Up to eight devices are a full mesh. Of more, each draws five of those that are there, by
chance and anew every hour, and takes whatever link another one draws to it: with five at
random from each, all hear of everything within a few steps, whoever is away.

Pure: the time and the chance are arguments. Rules:

- Chance alone decides, so nobody can choose to be drawn: each device has one lot for the hour,
  however often it comes, and who answers first gains nothing, since a draw takes ten seconds.
- After that nobody takes another one's place: one is free when its device has gone, or the
  hour is over.
- Refuses to know who is a teammate, and what a link is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

    from envlsp.domain.ids import DevicePk

FULL_MAX: Final = 8
"""Devices of a full mesh, this one among them."""
DRAWN: Final = 5
DRAW_S: Final = 3600.0
GATHER_S: Final = 10.0
"""From the first device that is heard: by then all have answered who are there."""


class Mesh:
    """Which devices this one keeps links to.

    Args:
        chance: nobody must be able to foresee it.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._drawn_at: float | None = None
        self._lots: dict[DevicePk, float] = {}
        self._chosen: set[DevicePk] = set()

    def look(self, present: Collection[DevicePk], now: float) -> frozenset[DevicePk]:
        """Return whom to keep links to now.

        Args:
            present: teammates' devices that are there, this one left out.
            now: seconds on any clock that never goes back.
        """
        if not present:
            self._chosen.clear()
            return frozenset()
        if self._drawn_at is None or now >= self._drawn_at + DRAW_S:
            self._drawn_at = now
            self._lots.clear()
            self._chosen.clear()
        if now < self._drawn_at + GATHER_S:
            self._chosen.clear()
        self._chosen &= set(present)
        room = len(present) if len(present) < FULL_MAX else DRAWN
        others = sorted(set(present) - self._chosen, key=self._lot)
        self._chosen.update(others[: max(0, room - len(self._chosen))])
        return frozenset(self._chosen)

    def _lot(self, dpk: DevicePk) -> tuple[float, DevicePk]:
        if dpk not in self._lots:
            self._lots[dpk] = self._chance.random()
        return self._lots[dpk], dpk
