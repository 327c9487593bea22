"""Measuring beside a null figure: both in the same rounds, so that a busy machine slows both."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One budget: ours against the null figure it is a multiple of."""

    number: int
    what: str
    ours: Sequence[float]
    """Times in ms; the n-th was measured next to the n-th of `nulls`."""
    null: str
    nulls: Sequence[float]
    budget: float | None = None
    """None: measured to be known, with no promise."""

    @property
    def ratio(self) -> float:
        """How many null figures ours takes: the median over neighbours, whom a busy machine slows alike."""
        return statistics.median(ours / null for ours, null in zip(self.ours, self.nulls, strict=True))

    @property
    def kept(self) -> bool:
        """Whether the budget holds."""
        return self.budget is None or self.ratio <= self.budget

    def __str__(self) -> str:
        verdict = "no budget"
        if self.budget is not None:
            verdict = f"budget {self.budget:g}: {'kept' if self.kept else 'BROKEN'}"
        return (
            f"{self.number:>3}  {self.what:<36} {statistics.median(self.ours):8.1f} ms  "
            f"{self.ratio:6.2f} x {self.null} ({statistics.median(self.nulls):.1f} ms), {verdict}"
        )


def spawn_ms(
    commands: Mapping[str, Sequence[str | Path]],
    *,
    rounds: int = 30,
    warm_up: int = 3,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    before: Mapping[str, Callable[[], None]] | None = None,
) -> dict[str, list[float]]:
    """Run whole processes in turns and return the times of each, in ms.

    Args:
        commands: by name.
        rounds: how many times each counts.
        warm_up: how many times each is run before that.
        cwd: where.
        env: variables added to ours.
        before: what is done before a command of that name, outside its time.

    Raises:
        subprocess.CalledProcessError: a command failed, so its time means nothing.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    environment = {**os.environ, **(env or {})}
    for number in range(rounds + warm_up):
        for name, words in commands.items():
            if before and name in before:
                before[name]()
            start = time.perf_counter()
            subprocess.run(
                words, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
            )
            if number >= warm_up:
                times[name].append((time.perf_counter() - start) * 1e3)
    return times


def child_ms(module: str, rounds: int) -> list[float]:
    """Run `python -m module rounds`, which prints a JSON list of ms, as a process of its own."""
    return [float(value) for value in child_json(module, rounds)]


def child_json(module: str, rounds: int) -> Any:
    """Run `python -m module rounds` as a process of its own, and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, str(rounds)], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return json.loads(done.stdout)
