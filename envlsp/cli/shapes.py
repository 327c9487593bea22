"""The words of a line; what `--json` prints is in `service.verbs.shapes`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from envlsp.cli.words import ago, plain

if TYPE_CHECKING:
    from pathlib import Path


def when(seconds: int) -> str:
    """Return how long ago a claimed time was."""
    return ago(seconds, time.time())


def near(path: Path, folder: Path) -> str:
    """Return a path as somebody in `folder` would type it."""
    return plain(str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path))
