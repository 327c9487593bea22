"""Row 1: from the start of the process to `initialize`, and to the first hover that says something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.lsp.client import TIMEOUT_S, Client
from tests.bench.lsp.corpus import HOT, Read, Workspace, make_workspace
from tests.bench.lsp.pair import hover, null_command, our_command
from tests.bench.measure import Row

ROUNDS = 9
FILES = 100
NAMES = 200


def rows() -> Iterator[Row]:
    """Start both in turns; the first start of each, which compiles, does not count."""
    with TemporaryDirectory(prefix="envlsp-bench-", ignore_cleanup_errors=True) as folder:
        workspace = make_workspace(Path(folder), files=FILES, names=NAMES)
        ours, nulls = [], []
        for _ in range(ROUNDS + 1):
            nulls.append(_start(Client(null_command(), workspace.root), workspace))
            ours.append(_start(Client(our_command(), workspace.root, workspace.environ), workspace))
    for column, what, budget in (
        (0, "start to initialize", 1.15),
        (1, "start to first hover", 1.2),
        (2, "start to first hover that knows the release", None),
    ):
        yield Row(
            1,
            what,
            [times[column] for times in ours[1:]],
            "N",
            [times[column] for times in nulls[1:]],
            budget,
        )


def _start(client: Client, workspace: Workspace) -> tuple[float, float, float]:
    """Return the times of a process, in ms."""
    try:
        initialized = client.initialize()
        read = workspace.of(HOT)[0]
        client.open(workspace.env, "dotenv")
        client.open(read.path, "python")
        answered = _hovered(client, read, "")
        return initialized, answered, _hovered(client, read, " in v1")
    finally:
        client.stop()


def _hovered(client: Client, read: Read, text: str) -> float:
    """Return how old the process is when a hover says something that holds a text."""
    while not (found := hover(client, read)[0].result) or text not in str(found):
        assert client.age_ms() < TIMEOUT_S * 1e3, "no hover"
        client.listen(0.005)
    return client.age_ms()
