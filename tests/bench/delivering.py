"""Row 15: from a push to the connected peer, beside the bare data channel with the same bytes."""

from __future__ import annotations

from tests.bench.measure import Row, child_json

ROUNDS = 20
SESSIONS = 3


def rows() -> list[Row]:
    """Measure in sessions of three processes each: ours, the peer's, and the bare channel's."""
    found = [child_json("tests.bench.deliver", ROUNDS) for _ in range(SESSIONS)]

    def times(name: str) -> list[float]:
        return [took for one in found for took in one[name]]

    size = round(found[0]["bytes"] / 1000)
    null = f"round trip of {size} KB, aiortc"
    return [
        Row(15, "push, until it is written here", times("authored"), null, times("echo")),
        Row(15, "push, until the peer has stored it", times("stored"), null, times("echo"), 3.0),
        Row(15, "push, until the peer's file has it", times("file"), null, times("echo")),
        Row(15, "one forced write of this disk", times("disk"), null, times("echo")),
    ]
