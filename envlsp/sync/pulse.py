"""When a link was last alive, and when it counts as dead (PROTOCOL A5)."""

from __future__ import annotations

from typing import Final

from envlsp.errors import LimitExceeded
from envlsp.sync.flow import Bucket

BEAT_S: Final = 5.0
SILENCE_MAX_S: Final = 15.0  # of any kind: data counts
PINGS_PER_S: Final = 2
PINGS_BURST: Final = 20


class Pulse:
    """Both directions of one link. Times are seconds on the session's clock."""

    def __init__(self, now: float) -> None:
        self._heard_at = self._spoke_at = now
        self._beats = 0
        self._may_ping = Bucket(PINGS_PER_S, PINGS_BURST, now)

    def heard(self, now: float) -> None:
        """Note that something came."""
        self._heard_at = now

    def spoke(self, now: float) -> None:
        """Note that something was sent."""
        self._spoke_at = now

    def is_dead(self, now: float) -> bool:
        """Return whether the peer has been silent for too long."""
        return now >= self._heard_at + SILENCE_MAX_S

    def next_beat(self, now: float) -> int | None:
        """Return the number of the beat that is due, if one is."""
        if now < self._spoke_at + BEAT_S:
            return None
        self._beats += 1
        return self._beats

    def on_ping_untrusted(self, now: float) -> None:
        """Count a beat of the peer.

        Raises:
            LimitExceeded: too many; each costs an answer.
        """
        if not self._may_ping.has(1, now):
            raise LimitExceeded("beats")
        self._may_ping.take(1, now)

    def wake_at(self) -> float:
        """Return when a beat is due, or the peer counts as dead."""
        return min(self._heard_at + SILENCE_MAX_S, self._spoke_at + BEAT_S)
