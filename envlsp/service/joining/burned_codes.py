"""How many invitation codes were burned lately: a guesser must not go unnoticed (PROTOCOL E.1)."""

from __future__ import annotations

from envlsp.errors import CodeRefused
from envlsp.service.ports import Clock
from envlsp.store.team import TeamStore
from envlsp.sync.join import ATTEMPTS_PER_HOUR
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB

HOUR_S = 3600
_NAME = b"burned-codes"


class BurnedCodes:
    """The times at which codes of this device were burned in the last hour."""

    def __init__(self, store: TeamStore, clock: Clock) -> None:
        self._meta = store.meta
        self._clock = clock

    def check(self) -> None:
        """Make sure that another code may be tried.

        Raises:
            CodeRefused: so many were burned within an hour that a person must look.
        """
        if len(self._recent()) >= ATTEMPTS_PER_HOUR:
            raise CodeRefused(
                f"{ATTEMPTS_PER_HOUR} codes were burned within an hour: somebody may be guessing",
                fix="call your teammate on another line, and invite again in an hour",
            )

    def note(self) -> None:
        """Remember that a code was burned now."""
        self._meta.put(_NAME, encode([*self._recent(), int(self._clock())]))

    def _recent(self) -> list[int]:
        data, now = self._meta.get(_NAME), self._clock()
        times = decode_untrusted(data, limit_bytes=KIB) if data else []
        assert isinstance(times, list)
        return [t for t in times if isinstance(t, int) and now - HOUR_S < t <= now]
