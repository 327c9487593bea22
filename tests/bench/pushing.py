"""Row 16: the command `envlsp push` with agents running on both devices, until the peer has it.

Its null figures are an interpreter that does nothing, and the same command without
network (`--offline`). Not asserted yet: docs/performance.md says what it aims at, and why
it is not there.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.home import dotenv_text
from tests.bench.measure import Row, spawn_ms
from tests.support.processes import Teammate, cast

ROUNDS = 8


def rows() -> list[Row]:
    """Measure whole commands, in turns with the offline one and an empty interpreter."""
    with tempfile.TemporaryDirectory(prefix="envlsp-bench-") as folder, cast(Path(folder)) as people:
        alice, bob = people.team()
        alice.agent()
        bob.agent()
        _wait_for_bob(alice)
        delivered, offline, nothing = [], [], []
        for number in range(ROUNDS):
            delivered.append(_push_ms(alice, 2 * number + 1))
            offline.append(_push_ms(alice, 2 * number + 2, "--offline"))
            null = spawn_ms({"null": [sys.executable, "-I", "-S", "-c", "pass"]}, rounds=1, warm_up=0)
            nothing += null["null"]
    return [
        Row(16, "envlsp push, until the peer has it", delivered, "python -I -S -c pass", nothing),
        Row(16, "the same with --offline", offline, "python -I -S -c pass", nothing),
    ]


def _push_ms(alice: Teammate, salt: int, *words: str) -> float:
    alice.env.write_text(dotenv_text(salt=salt))
    start = time.perf_counter()
    answer = alice.json("push", *words)
    took = (time.perf_counter() - start) * 1e3
    assert answer["reached"] == (0 if words else 1), answer
    return took


def _wait_for_bob(alice: Teammate) -> None:
    while not any(peer["in_sync"] for peer in alice.json("peers")["peers"]):
        time.sleep(0.2)
