"""Our server and the null server, both alive, asked in turns: a busy moment slows both."""

from __future__ import annotations

import contextlib
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.lsp.client import CAPABILITIES, TIMEOUT_S, Answer, Client
from tests.bench.lsp.corpus import HOT, HOT_READS, LANGUAGES, Read, Workspace
from tests.bench.measure import BIN, Row

ITEMS = 100
"""Of each completion of the null server: as many as ours may answer at once."""
QUIET_S = 4.0
NULL = Path(__file__).with_name("null_server.py")

Asked = tuple[Answer, bool]
"""An answer, and whether it is right. The null server's is never looked at."""
Task = Callable[[Client, int], Asked]
"""Asks one client for the n-th time."""


def our_command() -> list[str | Path]:
    """Return what an editor starts."""
    return [BIN / "envlsp", "lsp"]


def null_command(files: int = 1) -> list[str | Path]:
    """Return the bare pygls server, which knows `HOT` in so many files."""
    return [sys.executable, NULL, str(ITEMS), str(HOT_READS + 1), str(files)]


@dataclass(slots=True)
class Times:
    """What a task took, in blocks that neighbour each other."""

    ours: list[list[float]] = field(default_factory=list)
    nulls: list[list[float]] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    def row(self, number: int, what: str, budget: float | None, *, null: str = "N") -> Row:
        """Return the row of the median."""
        ours = [statistics.median(block) for block in self.ours]
        nulls = [statistics.median(block) for block in self.nulls]
        return Row(number, what, ours, null, nulls, budget, right=self.share)

    def slow_row(self, number: int, what: str, budget: float | None) -> Row:
        """Return the row of the slowest hundredth: over all blocks, since one has too few."""
        return Row(number, what, [_p99(self.ours)], "N's p99", [_p99(self.nulls)], budget, right=self.share)

    @property
    def share(self) -> float:
        """How many of our answers were right."""
        return statistics.fmean(self.right)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two live servers on one workspace."""

    ours: Client
    null: Client
    workspace: Workspace

    @property
    def clients(self) -> tuple[Client, Client]:
        """Both."""
        return self.ours, self.null

    def open(self, path: Path, language: str) -> None:
        """Open a file in both."""
        for client in self.clients:
            client.open(path, language)

    def open_code(self) -> None:
        """Open a file of each language that is measured."""
        for suffix, language in LANGUAGES.items():
            self.open(self.workspace.reader(suffix), language)

    def measure(self, task: Task, *, blocks: int = 20, count: int = 24, warm_up: int = 3) -> Times:
        """Ask both in turns, block by block."""
        times = Times()
        for client in self.clients:
            for number in range(warm_up):
                task(client, number)
        for block in range(blocks):
            numbers = range(block * count, (block + 1) * count)
            turns = [(self.ours, times.ours), (self.null, times.nulls)]
            for client, kept in turns if block % 2 else reversed(turns):
                answers = _block(task, client, numbers)
                kept.append([answer.ms for answer, _ in answers])
                if client is self.ours:
                    times.right += [is_right for _, is_right in answers]
        return times


def _block(task: Task, client: Client, numbers: Sequence[int]) -> list[Asked]:
    gc.collect()
    gc.disable()
    try:
        return [task(client, number) for number in numbers]
    finally:
        gc.enable()


@contextlib.contextmanager
def pair(workspace: Workspace, capabilities: Mapping[str, Any] = CAPABILITIES) -> Iterator[Pair]:
    """Start both servers, and end them."""
    files = len({read.path for read in workspace.of(HOT)})
    ours = Client(our_command(), workspace.root, workspace.environ)
    null = Client(null_command(files), workspace.root)
    try:
        for client in (ours, null):
            client.initialize(capabilities)
        yield Pair(ours, null, workspace)
    finally:
        ours.stop()
        null.stop()


def until_steady(both: Pair) -> float:
    """Wait until all is indexed and has been quiet for long enough that the network is there as well.

    Returns the ms of the index alone.
    """
    took = until_indexed(both.ours, both.workspace)
    both.ours.listen(QUIET_S)
    return took


def until_indexed(client: Client, workspace: Workspace) -> float:
    """Ask for all places of `HOT`, whose file is open, until there is none missing; return the ms.

    Raises:
        AssertionError: some are never found, so that nothing else is worth measuring.
    """
    start = time.perf_counter()
    while not has_all(workspace, references(client, workspace).result):
        assert time.perf_counter() - start < TIMEOUT_S, "the index never has every read"
        client.listen(0.02)
    return (time.perf_counter() - start) * 1e3


def references(client: Client, workspace: Workspace) -> Answer:
    """Ask for every place of `HOT`."""
    context = {"includeDeclaration": True}
    return client.at("references", workspace.env, workspace.line_of(HOT), 2, context=context)


def has_all(workspace: Workspace, locations: Any) -> bool:
    """Return whether every read of `HOT` is among the locations, and its line in `.env`."""
    found = {
        (item["uri"], item["range"]["start"]["line"], item["range"]["start"]["character"])
        for item in locations or ()
    }
    expected = {(read.path.as_uri(), read.line, read.column) for read in workspace.of(HOT)}
    return expected | {(workspace.env.as_uri(), workspace.line_of(HOT), 0)} <= found


def hover(client: Client, read: Read) -> Asked:
    """Hover over a name."""
    answer = client.at("hover", read.path, read.line, read.column + 2)
    return answer, bool(answer.result) and read.name in str(answer.result["contents"])


def _p99(blocks: Sequence[Sequence[float]]) -> float:
    every = sorted(ms for block in blocks for ms in block)
    return every[max(0, -(-99 * len(every) // 100) - 1)]
