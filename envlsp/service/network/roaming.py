"""Whether this machine has slept, or has other addresses than a moment ago.

Looked at every two seconds, in a wake-up that the node has anyway. `compare` decides, from
two looks; `Whereabouts` takes them. A clock that was put forward looks like sleep: then
links are asked for a sign of life that need not be, which costs a beat.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from envlsp.transport.addresses import host_addresses

SLEPT_S: Final = 10.0
"""Between two looks; a busy machine takes less, and a peer has given us up after fifteen."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one moment.

    Attributes:
        passed_s: a clock that goes on while the machine sleeps, where it has one.
        wall_s: seconds since 1970, where it has none.
        addresses: those that a peer could be dialled from.
    """

    passed_s: float
    wall_s: float
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """What has happened between two looks.

    Attributes:
        slept: this process has not run for a while.
        gone: addresses that were here; whatever was connected from them is not.
        new: addresses that are here now.
    """

    slept: bool
    gone: frozenset[str]
    new: frozenset[str]

    @property
    def addresses_changed(self) -> bool:
        """Return whether a dial would begin otherwise now."""
        return bool(self.gone or self.new)


def compare(before: Look, now: Look) -> Moved | None:
    """Return what has happened between two looks; None for nothing."""
    passed_s = max(now.passed_s - before.passed_s, now.wall_s - before.wall_s)
    moved = Moved(
        slept=passed_s > SLEPT_S,
        gone=before.addresses - now.addresses,
        new=now.addresses - before.addresses,
    )
    return moved if moved.slept or moved.addresses_changed else None


def look() -> Look:
    """Look around."""
    return Look(_passed_s(), time.time(), frozenset(host_addresses()))


class Whereabouts:
    """Remembers the last look."""

    def __init__(self, look: Callable[[], Look] = look) -> None:
        """Look for the first time."""
        self._look = look
        self._seen = look()

    def moved(self) -> Moved | None:
        """Return what has happened since this was asked last; None for nothing."""
        before, self._seen = self._seen, self._look()
        return compare(before, self._seen)


def _passed_s() -> float:
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # of Linux; a monotonic clock stands still in sleep
    return time.monotonic() if boot is None else time.clock_gettime(boot)
