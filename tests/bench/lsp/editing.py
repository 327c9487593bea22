"""Rows 4, 6 and 7: what an edit costs, in code and in a `.env` of 10,000 names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.lsp.answering import MANY_NAMES, typing
from tests.bench.lsp.client import Answer, Client, without_pull
from tests.bench.lsp.corpus import MISSING, Workspace, make_workspace
from tests.bench.lsp.pair import Asked, Pair, Task, pair, until_steady
from tests.bench.measure import Row

BURST = 200
UNUSED = "unused-name"
"""The code of what most of the corpus' variables are."""
SETTLE_S = 0.5
"""After a burst, for diagnostics that come late."""

OPEN_CODE, OPEN_ENV = 5 / 1.0, 60 / 3.4
EDIT_CODE, EDIT_ENV = 5 / 1.2, 15 / 3.2
"""Promised milliseconds over those of the null server on the machine they were promised for."""


def rows() -> Iterator[Row]:
    """Measure in one workspace with a long `.env`."""
    with TemporaryDirectory(prefix="envlsp-bench-", ignore_cleanup_errors=True) as folder:
        workspace = make_workspace(Path(folder), files=60, names=MANY_NAMES)
        with pair(workspace) as both:
            both.open(workspace.env, "dotenv")
            both.open_code()
            until_steady(both)
            yield from _typing_rows(both)
            yield from _diagnostic_rows(both)
        with pair(workspace, without_pull()) as both:
            both.open(workspace.env, "dotenv")
            both.open_code()
            until_steady(both)
            yield from _burst_rows(both, workspace.reader("py"), "#", "in code")
            yield from _burst_rows(both, workspace.env, "NEW=", f"in {MANY_NAMES:,} names")


def _typing_rows(both: Pair) -> Iterator[Row]:
    env, line = both.workspace.env, MANY_NAMES // 2
    for client in both.clients:
        client.send(client.change(env, line, 0, 0, 'NEW="${}"\n'))
    times = both.measure(typing(env, line, len('NEW="${'), both.workspace.names[40]))
    yield times.row(4, f"keystroke and completion in {MANY_NAMES:,} names", 1.2)
    yield times.slow_row(4, "the same, p99", None)
    for client in both.clients:
        client.send(client.change(env, line, 0, 0, "", lines=1))


def _diagnostic_rows(both: Pair) -> Iterator[Row]:
    workspace = both.workspace
    code, env = _wrong_code(workspace), workspace.env
    both.open(code, "python")
    wrong_code = f'    x = os.environ["{MISSING}"]'
    wrong_line = f'NEW="${{{MISSING}}}"'
    for path, line, wrong, language, budgets, what in (
        (
            code,
            len(both.ours.documents[code].lines) - 4,
            wrong_code,
            "python",
            (OPEN_CODE, EDIT_CODE),
            "code",
        ),
        (env, MANY_NAMES // 2, wrong_line, "dotenv", (OPEN_ENV, EDIT_ENV), f"{MANY_NAMES:,} names"),
    ):
        opened = both.measure(_reopening(path, language), blocks=5, count=2)
        yield opened.row(6, f"open to diagnostics, {what}", budgets[0])
        edited = both.measure(_editing(path, line, wrong), blocks=5, count=8)
        yield edited.row(6, f"edit to diagnostics, {what}", budgets[1])


def _wrong_code(workspace: Workspace) -> Path:
    """Write a usual file with a read of a name that is nowhere."""
    text = workspace.reader("py").read_text()
    path = workspace.root / "src" / "wrong.py"
    path.write_text(f'{text}\nmissing = os.environ["{MISSING}"]\n')
    return path


def _reopening(path: Path, language: str) -> Task:
    def reopen(client: Client, _number: int) -> Asked:
        client.close(path)
        client.listen(0.1)
        client.published.clear()
        answer = client.diagnostics(path, before=client.opening(path, language))
        text = str(answer.result)
        return answer, MISSING in text if path.suffix == ".py" else UNUSED in text

    return reopen


def _editing(path: Path, line: int, wrong: str) -> Task:
    """Return a task that puts in a line that reads a missing name, and takes it away the next time."""

    def edit(client: Client, _number: int) -> Asked:
        is_there = client.documents[path].lines[line] != wrong
        if is_there:
            frame = client.change(path, line, 0, 0, f"{wrong}\n")
        else:
            frame = client.change(path, line, 0, 0, "", lines=1)
        client.listen(0.05)
        answer = client.diagnostics(path, before=frame)
        return answer, _complains(answer.result, line) == is_there

    return edit


def _complains(items: Sequence[dict[str, Any]], line: int) -> bool:
    """Return whether a diagnostic of that line names what is missing."""
    return any(item["range"]["start"]["line"] == line and MISSING in item["message"] for item in items)


def _burst_rows(both: Pair, path: Path, start: str, what: str) -> Iterator[Row]:
    published: list[float] = []
    for client in both.clients:
        client.send(client.change(path, 1, 0, 0, f"{start}\n"))

    def burst(client: Client, _number: int) -> Asked:
        answer, count = _burst(client, path, len(start))
        if client is both.ours:
            published.append(count)
        return answer, _is_current(client, path)

    times = both.measure(burst, blocks=5, count=1, warm_up=1)
    yield times.row(7, f"{BURST} changes and a hover, {what}", 1.2)
    yield Row(7, f"publishes for them, {what}", published, "", [], limit=3, unit="", right=times.share)


def _burst(client: Client, path: Path, column: int) -> tuple[Answer, int]:
    """Write all changes at once and a question after them; count what is published."""
    uri = path.as_uri()
    client.listen(SETTLE_S / 2)
    client.published[uri] = []
    frames = [client.change(path, 1, column, column, "x") for _ in range(BURST)]
    answer = client.at("hover", path, 0, 0, before=b"".join(frames))
    client.publish_of(path, client.documents[path].version)
    client.listen(SETTLE_S)
    return answer, len(client.published[uri])


def _is_current(client: Client, path: Path) -> bool:
    return client.published[path.as_uri()][-1].version == client.documents[path].version
