"""Measuring beside a null figure: both in the same rounds, so that a busy machine slows both."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One budget: ours against the null figure it is a multiple of."""

    number: int
    what: str
    ours_ms: float
    null: str
    null_ms: float
    budget: float

    @property
    def ratio(self) -> float:
        """How many null figures ours takes."""
        return self.ours_ms / self.null_ms

    @property
    def kept(self) -> bool:
        """Whether the budget holds."""
        return self.ratio <= self.budget

    def __str__(self) -> str:
        verdict = "kept" if self.kept else "BROKEN"
        return (
            f"{self.number:>3}  {self.what:<34} {self.ours_ms:8.1f} ms  "
            f"{self.ratio:5.2f} x {self.null} ({self.null_ms:.1f} ms), budget {self.budget:g}: {verdict}"
        )


def spawn_ms(
    commands: Mapping[str, Sequence[str | Path]],
    *,
    rounds: int = 30,
    warm_up: int = 3,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Run whole processes in turns and return the median of each, in ms.

    Raises:
        subprocess.CalledProcessError: a command failed, so its time means nothing.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    environment = {**os.environ, **(env or {})}
    for number in range(rounds + warm_up):
        for name, words in commands.items():
            start = time.perf_counter()
            subprocess.run(
                words, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
            )
            if number >= warm_up:
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def child_ms(module: str, rounds: int) -> list[float]:
    """Run `python -m module rounds`, which prints a JSON list of ms, as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, str(rounds)], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [float(value) for value in json.loads(done.stdout)]
