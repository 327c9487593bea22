"""To whom of many devices links are kept (PROTOCOL F.5): all of a few, five of more.

Up to eight devices are a full mesh. Of more, each draws five of those that are there, by
chance and anew every hour, and takes whatever link another one draws to it: with five at
random from each, all hear of everything within a few steps, whoever is away.

Pure: the time and the chance are arguments. Rules:

- Chance alone decides, so nobody can choose to be drawn. Whoever comes, goes or comes again
  takes no other one's place: a place is free when its device has gone, or the hour is over.
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


class Mesh:
    """Which devices this one keeps links to.

    Args:
        chance: nobody must be able to foresee it.
        now: seconds on any clock that never goes back.
    """

    def __init__(self, chance: Random, now: float) -> None:
        self._chance = chance
        self._drawn_at = now
        self._chosen: set[DevicePk] = set()

    def look(self, present: Collection[DevicePk], now: float) -> frozenset[DevicePk]:
        """Return whom to keep links to now.

        Args:
            present: teammates' devices that are there, this one left out.
            now: seconds.
        """
        if now >= self._drawn_at + DRAW_S:
            self._drawn_at = now
            self._chosen.clear()
        self._chosen &= set(present)
        room = len(present) if len(present) < FULL_MAX else DRAWN
        others = sorted(set(present) - self._chosen)
        free = max(0, min(room - len(self._chosen), len(others)))
        self._chosen.update(self._chance.sample(others, free))
        return frozenset(self._chosen)
