"""Rows 2, 3 and 5: hover, completion as one types, definition, references and rename."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.lsp.client import Client
from tests.bench.lsp.corpus import FILES, HOT, LANGUAGES, Read, Workspace, make_workspace
from tests.bench.lsp.pair import (
    ITEMS,
    Asked,
    Pair,
    Task,
    Times,
    has_all,
    hover,
    pair,
    references,
    until_steady,
)
from tests.bench.measure import Row

MANY_NAMES = 10_000
TYPED = 8
"""Letters that are typed of a name, one by one."""
NEW_NAME = "RENAMED_BY_NOBODY"


def rows() -> Iterator[Row]:
    """Measure in a workspace of many files, and in one of many names."""
    with TemporaryDirectory(prefix="envlsp-bench-", ignore_cleanup_errors=True) as folder:
        workspace = make_workspace(Path(folder), files=FILES, names=200)
        yield from _in(workspace, f"{FILES:,} files")
    with TemporaryDirectory(prefix="envlsp-bench-", ignore_cleanup_errors=True) as folder:
        workspace = make_workspace(Path(folder), files=60, names=MANY_NAMES)
        yield from _in(workspace, f"{MANY_NAMES:,} names")


def _in(workspace: Workspace, where: str) -> Iterator[Row]:
    with pair(workspace) as both:
        both.open(workspace.env, "dotenv")
        both.open_code()
        indexed = until_steady(both)
        yield Row(8, f"index, {where}, until every read is found", [indexed], "", [])
        hovers = both.measure(_hovering(workspace), count=40)
        yield hovers.row(2, f"hover, {where}", 1.5)
        yield hovers.slow_row(2, f"hover p99, {where}", 2.0)
        for suffix, before in (("py", '    x = os.environ["'), ("ts", "  const x = process.env.")):
            typing = _measure_typing(both, workspace.reader(suffix), before)
            yield typing.row(3, f"keystroke and completion, .{suffix}, {where}", 1.5)
            yield typing.slow_row(3, f"the same, p99, .{suffix}, {where}", 1.5)
        yield both.measure(_defining(workspace)).row(5, f"definition, {where}", 1.5)
        places = len(workspace.of(HOT)) + 1
        listing = both.measure(_listing(workspace), blocks=9, count=4)
        yield listing.row(5, f"references, {places} places, {where}", 2.0)
        renaming = both.measure(_renaming(workspace), blocks=9, count=4)
        yield renaming.row(5, f"rename, {places} places, {where}", 2.0)


def _reads(workspace: Workspace) -> itertools.cycle[Read]:
    opened = {workspace.reader(suffix) for suffix in LANGUAGES}
    return itertools.cycle([read for read in workspace.reads if read.path in opened])


def _hovering(workspace: Workspace) -> Task:
    reads = _reads(workspace)
    return lambda client, _number: hover(client, next(reads))


def _defining(workspace: Workspace) -> Task:
    reads = _reads(workspace)

    def define(client: Client, _number: int) -> Asked:
        read = next(reads)
        answer = client.at("definition", read.path, read.line, read.column + 2)
        found = answer.result if isinstance(answer.result, list) else [answer.result]
        return answer, any(_leads_to(item, workspace, read.name) for item in found if item)

    return define


def _leads_to(item: dict[str, Any], workspace: Workspace, name: str) -> bool:
    """Return whether a `Location` or `LocationLink` is the line of a name."""
    uri = item.get("uri") or item["targetUri"]
    place = item.get("range") or item["targetSelectionRange"]
    return uri == workspace.env.as_uri() and bool(place["start"]["line"] == workspace.line_of(name))


def _listing(workspace: Workspace) -> Task:
    def ask(client: Client, _number: int) -> Asked:
        answer = references(client, workspace)
        return answer, has_all(workspace, answer.result)

    return ask


def _renaming(workspace: Workspace) -> Task:
    expected = {(read.path.as_uri(), read.line, read.column) for read in workspace.of(HOT)}
    expected.add((workspace.env.as_uri(), workspace.line_of(HOT), 0))

    def rename(client: Client, _number: int) -> Asked:
        answer = client.at("rename", workspace.env, workspace.line_of(HOT), 2, newName=NEW_NAME)
        return answer, expected <= _edited(answer.result)

    return rename


def _edited(result: dict[str, Any] | None) -> set[tuple[str, int, int]]:
    """Return where an edit puts the new name."""
    changes = dict((result or {}).get("changes") or {})
    for change in (result or {}).get("documentChanges") or ():
        changes.setdefault(change["textDocument"]["uri"], []).extend(change["edits"])
    return {
        (uri, edit["range"]["start"]["line"], edit["range"]["start"]["character"])
        for uri, edits in changes.items()
        for edit in edits
        if edit["newText"] == NEW_NAME
    }


def _measure_typing(both: Pair, path: Path, before: str) -> Times:
    """Measure a keystroke: one change and one completion, written together."""
    line = _last_return(both.ours, path)
    after = '"]' if before.endswith('"') else ";"
    for client in both.clients:
        client.send(client.change(path, line, 0, 0, f"{before}{after}\n"))
    times = both.measure(typing(path, line, len(before), both.workspace.names[40]))
    for client in both.clients:
        client.send(client.change(path, line, 0, 0, "", lines=1))
    return times


def typing(path: Path, line: int, column: int, name: str) -> Task:
    """Return a task that types a name letter by letter, and begins anew."""

    def type_one(client: Client, number: int) -> Asked:
        at = number % TYPED
        if at == 0:
            _forget(client, path, line, column, name)
        frame = client.change(path, line, column + at, column + at, name[at])
        answer = client.at(
            "completion", path, line, column + at + 1, before=frame, context={"triggerKind": 1}
        )
        return answer, _offers(answer.result, name)

    return type_one


def _forget(client: Client, path: Path, line: int, column: int, name: str) -> None:
    """Take away what was typed before."""
    typed = client.documents[path].lines[line][column:]
    length = next(size for size in range(TYPED, -1, -1) if typed.startswith(name[:size]))
    if length:
        client.send(client.change(path, line, column, column + length, ""))


def _offers(result: Any, name: str) -> bool:
    """Return whether the name is offered, in a list that is short; or is left out of one that says so."""
    items = result["items"] if isinstance(result, dict) else result or []
    is_cut = isinstance(result, dict) and result["isIncomplete"]
    offered = any(item["label"] == name for item in items)
    return 0 < len(items) <= ITEMS and (offered or is_cut)


def _last_return(client: Client, path: Path) -> int:
    lines = client.documents[path].lines
    return max(number for number, line in enumerate(lines) if line.lstrip().startswith("return"))
