"""How results look: the fields of `--json`, and the words of a line.

The fields are a promise to scripts: a change of one is a new `schema`. No value of a
secret passes through here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envlsp.cli.words import ago, plain

if TYPE_CHECKING:
    from pathlib import Path

    from envlsp.domain.working import Difference
    from envlsp.service.pushing import Made
    from envlsp.service.results import ReleaseInfo


def difference_fields(change: Difference) -> dict[str, list[str]]:
    """Return the names that differ, by how."""
    return {"added": [*change.added], "changed": [*change.changed], "removed": [*change.removed]}


def release_fields(release: ReleaseInfo) -> dict[str, Any]:
    """Return one row of `log`."""
    return {
        "release": release.label,
        "id": release.id,
        "author": release.author,
        "ts": release.ts,
        "kind": release.kind,
        "message": release.message,
        **difference_fields(release.changed),
        "void": release.void,
    }


def made_fields(made: Made, reached: int) -> dict[str, Any]:
    """Return what `push`, `set` and `rollback` did."""
    nothing: Mapping[str, list[str]] = {"added": [], "changed": [], "removed": []}
    return {
        "release": made.release.label,
        "id": made.release.id,
        "made": made.made,
        "changed": difference_fields(made.release.changed) if made.made else nothing,
        "reached": reached,
    }


def counts(change: Difference) -> str:
    """Return `+1 ~2 -0`: names added, changed, removed."""
    return f"+{len(change.added)} ~{len(change.changed)} -{len(change.removed)}"


def when(seconds: int) -> str:
    """Return how long ago a claimed time was."""
    return ago(seconds, time.time())


def near(path: Path, folder: Path) -> str:
    """Return a path as somebody in `folder` would type it."""
    return plain(str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path))
