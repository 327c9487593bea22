"""Every bound of the signaling server, and the two ways of counting against one.

Knows no sockets and no clock: time comes in as seconds of any monotonic clock.

Spec: docs/signaling.md, "Limits".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

KIB: Final = 1024

ROOM_BYTES: Final = 16
TAG_BYTES: Final = 16
BLOB_SIZES: Final = frozenset((KIB, 4 * KIB, 16 * KIB))  # any other size would tell peers apart
FRAME_MAX_BYTES: Final = 16 * KIB + 128  # the largest blob and the array around it
MAILBOX_NUMBERS: Final = 1_000_000  # six digits

HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one stranger may use. The defaults are the protocol's; an operator may change some."""

    connections: int = 10_000
    """In all. About 20 KiB each, and a file descriptor."""
    connections_per_address: int = 30
    """A /64 counts as one address in IPv6: it is what one customer gets."""
    rooms_per_connection: int = 256
    subscribers_per_room: int = 128
    frames_per_s: float = 20
    frames_burst: int = 100
    bytes_per_s: float = 128 * KIB
    bytes_burst: int = 2 * 1024 * KIB
    """Of one connection, in frames received: a hundred of the largest at once, eight a second for ever."""
    address_bytes_per_s: float = 512 * KIB
    address_bytes_burst: int = 8 * 1024 * KIB
    """Of one address, all its connections together."""
    half_open: int = 1_000
    """Sockets that have not finished their handshake, in all."""
    half_open_per_address: int = 60
    """Of one address: twice the connections,
    so that an office can come back at once, and nobody holds the descriptors of all."""
    refusals_max: int = 200
    """Refused frames of one connection before it is closed."""
    rest_s: float = 0.01
    """After a frame beyond its pace nothing is read of a connection for so long: a flood of
    frames costs a hundred looks a second."""
    idle_s: float = 60
    """Without a room, a mailbox or a frame for so long, a connection has no business here."""
    idle_in_room_s: float = 26 * HOUR_S
    """Rooms change every day, so a client that lives sends a frame at least that often."""
    mailbox_s: float = 600
    """An open number waits so long for its second party, and a pairing lasts so long."""
    mailbox_frames: int = 256
    """Both ways together: a join needs about twenty."""
    mailboxes: int = 10_000
    """In all: the numbers stay sparse, so that guessing one takes a hundred tries."""
    allocations_per_hour: int = 10
    """Per address."""
    missed_claims_per_hour: int = 20
    """Per address: claims of numbers that are not open."""
    queue_max_bytes: int = 512 * KIB
    """Waiting for one connection; beyond it, it is too slow and is closed."""


class Bucket:
    """A token bucket: `burst` at once, `rate` per second for ever."""

    __slots__ = ("_burst", "_level", "_rate", "_then")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate, self._burst = rate, float(burst)
        self._level, self._then = float(burst), now

    def take(self, now: float, amount: int = 1) -> bool:
        """Return whether so much more is allowed now, and count it if so."""
        self._fill(now)
        if self._level < amount:
            return False
        self._level -= amount
        return True

    def is_full(self, now: float) -> bool:
        """Return whether this bucket remembers nothing: a new one would be the same."""
        self._fill(now)
        return self._level >= self._burst

    def _fill(self, now: float) -> None:
        self._level = min(self._burst, self._level + (now - self._then) * self._rate)
        self._then = now


class Budgets:
    """A bucket for each address, remembered for as long as it is not full."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: dict[str, Bucket] = {}

    def take(self, address: str, now: float, amount: int) -> bool:
        """Return whether this address may use so much more now, and count it if so."""
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(self._rate, self._burst, now)
        return bucket.take(now, amount)

    def sweep(self, now: float) -> None:
        """Forget addresses that have their whole budget again."""
        for address in [key for key, bucket in self._buckets.items() if bucket.is_full(now)]:
            del self._buckets[address]


class Hourly:
    """How often each address did something within the last hour."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: dict[str, deque[float]] = {}

    def spent(self, address: str, now: float) -> bool:
        """Return whether this address has used up its hour."""
        times = self._times.get(address)
        if times is None:
            return False
        while times and times[0] <= now - HOUR_S:
            times.popleft()
        return len(times) >= self._limit

    def count(self, address: str, now: float) -> None:
        """Count one, now."""
        self._times.setdefault(address, deque(maxlen=self._limit)).append(now)

    def sweep(self, now: float) -> None:
        """Forget addresses that were quiet for an hour."""
        for address in [key for key, times in self._times.items() if times[-1] <= now - HOUR_S]:
            del self._times[address]
