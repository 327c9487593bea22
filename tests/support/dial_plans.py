"""Two devices whose dial plans are tested: a low dpk controls. Sessions have numbers."""

from __future__ import annotations

from itertools import count

from envlsp.domain.ids import DevicePk
from envlsp.transport.dial_plan import (
    DialPlan,
)

LOW, HIGH = DevicePk(bytes(32)), DevicePk(bytes([255] * 32))


def session(number: int) -> bytes:
    return b"own." + number.to_bytes(12)


def theirs(number: int) -> bytes:
    return b"peer" + number.to_bytes(12)


def plan(own: DevicePk, jitter: float = 1.0) -> DialPlan:
    numbers = count(1)
    return DialPlan(own, jitter=lambda: jitter, new_session=lambda: session(next(numbers)))
