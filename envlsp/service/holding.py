"""What opens device.key, held by one process for all of its threads, until a moment.

Refuses to know files, nodes and people. Its rules:

- The moment is absolute: it does not move because somebody works, and least of all
  because a machine does. Time goes on while the machine sleeps.
- Forgetting wipes. Who has opened something with the key sees by `turn` that it was
  forgotten, and lets go of it too, in its own thread.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from envlsp.crypto.memory import Key, SecretBuffer

FOREVER: Final = math.inf


def since_boot() -> float:
    """Return seconds on a clock that nobody can set and that runs while the machine sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_MONOTONIC"):  # macOS: there it counts sleep, and time.monotonic does not
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


class Hold:
    """The key that opens device.key, for a time.

    Args:
        lasts: whether this process goes on after what it is doing: a node, an editor's server.
        clock: seconds that only grow.
    """

    def __init__(self, *, lasts: bool = False, clock: Callable[[], float] = since_boot) -> None:
        self.lasts = lasts
        self._clock = clock
        self._guard = threading.Lock()
        self._kek: SecretBuffer | None = None
        self._until = 0.0
        self._turn = 0
        self._resting_until = 0.0

    def keep(self, kek: Key, for_s: float = FOREVER) -> None:
        """Hold a key for so many seconds, instead of the one that is held."""
        with self._guard:
            if self._kek is not None:
                self._kek.close()
            self._kek = SecretBuffer(kek)
            self._until = self._clock() + for_s
            self._resting_until = 0.0

    def kek(self) -> SecretBuffer | None:
        """Return the key, for the caller to close; None where there is none any more."""
        with self._guard:
            self._forget_if_due()
            return None if self._kek is None else SecretBuffer(self._kek)

    def left_s(self) -> float:
        """Return for how long the key stays; 0 where there is none."""
        with self._guard:
            self._forget_if_due()
            return 0.0 if self._kek is None else self._until - self._clock()

    def rest(self, for_s: float) -> None:
        """Ask the system's keyring no more for a while, unless a key is held before."""
        self._resting_until = self._clock() + for_s

    @property
    def is_resting(self) -> bool:
        """Whether the keyring is left alone now."""
        return self._clock() < self._resting_until

    def forget(self) -> None:
        """Wipe the key at once."""
        with self._guard:
            self._forget()

    @property
    def turn(self) -> int:
        """How often a key was forgotten: what was opened in another turn must be let go."""
        with self._guard:
            self._forget_if_due()
            return self._turn

    def _forget_if_due(self) -> None:
        if self._kek is not None and self._clock() >= self._until:
            self._forget()

    def _forget(self) -> None:
        if self._kek is not None:
            self._kek.close()
            self._kek = None
            self._turn += 1
