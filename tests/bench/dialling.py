"""Row 17: the dial of a known peer on loopback, beside aiortc's own set-up of a channel."""

from __future__ import annotations

from tests.bench.measure import Row, child_ms

ROUNDS = 15


def rows() -> list[Row]:
    """Measure both ends' way from "dial" to "open", each stack in a process of its own, in turns."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(3):
        ours += child_ms("tests.bench.dial_ours", ROUNDS)
        theirs += child_ms("tests.bench.dial_aiortc", ROUNDS)
    return [
        Row(
            17,
            "dial of a known peer",
            ours,
            "aiortc's own set-up",
            theirs,
            2.0,
        )
    ]
