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
    limit: float | None = None
    """A bound on ours alone, where a machine's speed does not matter: bytes, wake-ups."""
    unit: str = "ms"
    right: float = 1.0
    """Share of the answers that were right: a wrong one may be as fast as it likes."""

    @property
    def ratio(self) -> float:
        """How many null figures ours takes: the median over neighbours, whom a busy machine slows alike."""
        return statistics.median(ours / null for ours, null in zip(self.ours, self.nulls, strict=True))

    @property
    def kept(self) -> bool:
        """Whether the budget holds, and the answers were right."""
        in_budget = self.budget is None or self.ratio <= self.budget
        return in_budget and (self.limit is None or self._typical <= self.limit) and self.right == 1.0

    @property
    def _typical(self) -> float:
        return statistics.median(self.ours)

    @property
    def _promise(self) -> str:
        if self.budget is None and self.limit is None:
            return "no budget" if self.right == 1.0 else f"no budget: {1 - self.right:.1%} WRONG"
        bounds = [] if self.budget is None else [f"{self.budget:.3g}"]
        bounds += [] if self.limit is None else [f"{self.limit:g} {self.unit}".strip()]
        verdict = "kept" if self.kept else "BROKEN" if self.right == 1.0 else f"{1 - self.right:.1%} WRONG"
        return f"budget {' and '.join(bounds)}: {verdict}"

    def __str__(self) -> str:
        ours = f"{self.number:>3}  {self.what:<46} {self._typical:8.1f} {self.unit:<4}"
        if not self.nulls:
            return f"{ours} {self._promise}"
        beside = f"{self.null} ({statistics.median(self.nulls):.1f} {self.unit})"
        return f"{ours} {self.ratio:6.2f} x {beside}, {self._promise}"

    def markdown(self) -> str:
        """Return the row of a table."""
        null = f"{statistics.median(self.nulls):.1f} {self.unit}" if self.nulls else ""
        ratio = f"{self.ratio:.2f}" if self.nulls else ""
        promise = self._promise.removeprefix("budget ")
        ours = f"{self._typical:.1f} {self.unit}"
        return f"| {self.number} | {self.what} | {ours} | {self.null} {null} | {ratio} | {promise} |"


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
