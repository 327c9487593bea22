"""When a link was last alive, when that is in doubt, and when it counts as dead (PROTOCOL A5).

A beat goes out after five seconds without a word of ours, and every second while something
we sent waits for its acknowledgement. Three seconds without a sound after a beat make the
peer stale, which is told and ends nothing: a lost packet alone costs that long. Fifteen
seconds of silence of any kind end the link; three are enough where there is a reason to
doubt it (`doubt`).
"""

from __future__ import annotations

from typing import Final

from envlsp.errors import LimitExceeded
from envlsp.sync.flow import NEVER, Bucket

BEAT_S: Final = 5.0
WAITING_BEAT_S: Final = 1.0  # while an acknowledgement is due
STALE_S: Final = 3.0  # SCTP repeats a lost packet after one second at the earliest
DOUBT_S: Final = 3.0
SILENCE_MAX_S: Final = 15.0  # of any kind: data counts
PINGS_PER_S: Final = 2
PINGS_BURST: Final = 20


class Pulse:
    """Both directions of one link. Times are seconds on the session's clock."""

    def __init__(self, now: float) -> None:
        self._heard_at = self._spoke_at = now
        self._unanswered_at = NEVER
        """When the first beat went out that no sound has followed."""
        self._doubted_until = NEVER
        self._beats = 0
        self._is_due = False
        self._may_ping = Bucket(PINGS_PER_S, PINGS_BURST, now)

    def heard(self, now: float) -> None:
        """Note that something came."""
        self._heard_at = now
        self._unanswered_at = self._doubted_until = NEVER

    def spoke(self, now: float) -> None:
        """Note that something was sent."""
        self._spoke_at = now

    def doubt(self, now: float) -> None:
        """Demand a sign of life soon: the machine slept, or its addresses have changed."""
        self._is_due = True
        self._doubted_until = min(self._doubted_until, now + DOUBT_S)

    def is_stale(self, now: float) -> bool:
        """Return whether the peer has missed a beat."""
        return now >= self._unanswered_at + STALE_S

    def is_dead(self, now: float) -> bool:
        """Return whether the peer has been silent for too long."""
        return now >= min(self._heard_at + SILENCE_MAX_S, self._doubted_until)

    def next_beat(self, now: float, *, waiting: bool) -> int | None:
        """Return the number of the beat that is due, if one is.

        Args:
            now: seconds.
            waiting: whether something we sent is not acknowledged yet.
        """
        if not self._is_due and now < self._beat_at(waiting=waiting):
            return None
        self._is_due = False
        self._unanswered_at = min(self._unanswered_at, now)
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

    def wake_at(self, now: float, *, waiting: bool) -> float:
        """Return when a beat is due, or the peer is to be called stale or dead."""
        if self._is_due:
            return now
        stale_at = self._unanswered_at + STALE_S
        moments = (self._heard_at + SILENCE_MAX_S, self._doubted_until, self._beat_at(waiting=waiting))
        return min(*moments, stale_at if now < stale_at else NEVER)

    def _beat_at(self, *, waiting: bool) -> float:
        return self._spoke_at + (WAITING_BEAT_S if waiting else BEAT_S)
