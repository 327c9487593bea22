"""One team's file looked through without touching it, for whoever looks for a fault.

Opens it for reading only, beside whoever is using it, and stops at a moment that the
caller names: a large file on a slow disk is then said to be unread, not damaged.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from envlsp.errors import StoreCorrupt
from envlsp.store.database import NEWEST_SHAPE, to_our_error

_STEPS: Final = 20_000
"""Of SQLite's machine between two looks at the clock: a few milliseconds."""


class Checkup(NamedTuple):
    """What was found in a file that is not damaged.

    Attributes:
        shape: the version of its tables.
        newest_shape: the one this envlsp knows.
        records: how many there are.
        size_bytes: of the file and of what is not merged into it yet.
        is_whole: every page was read and fits; False where time was up before.
    """

    shape: int
    newest_shape: int
    records: int
    size_bytes: int
    is_whole: bool


def check_up(path: str, until: float) -> Checkup:
    """Look through a team's file.

    Args:
        path: of the file.
        until: when to stop, by `time.monotonic`.

    Raises:
        StoreCorrupt: it is damaged, or no such file of ours.
        StoreError: it cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True, timeout=1)) as link:
            shape = int(link.execute("PRAGMA user_version").fetchone()[0])
            records = int(link.execute("SELECT count(*) FROM rec").fetchone()[0])
            link.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
            return Checkup(shape, NEWEST_SHAPE, records, _size(path), _is_whole(link, path))
    except sqlite3.OperationalError as exc:
        if "no such table" in str(exc):
            raise StoreCorrupt(path) from exc
        raise to_our_error(exc, path) from exc
    except sqlite3.Error as exc:
        raise to_our_error(exc, path) from exc


def _is_whole(link: sqlite3.Connection, path: str) -> bool:
    try:
        found = link.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False
        raise
    if found != ("ok",):
        raise StoreCorrupt(path)
    return True


def _size(path: str) -> int:
    return sum(os.path.getsize(each) for each in (path, f"{path}-wal") if os.path.exists(each))
