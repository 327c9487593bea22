"""One SQLite file per team: opening, versions of its shape, transactions.

Refuses to know what a row means, or any key. Its rules:

- A commit is on the disk when it returns (WAL, `synchronous=FULL`), unless asked otherwise.
- Writers take the write lock at the beginning of a transaction, so none fails half way.
- Every failure of SQLite is one of ours, and never quotes a row.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from envlsp.errors import StoreBusy, StoreCorrupt, StoreError, UpgradeNeeded
from envlsp.store.files import check_private, make_private_file

Cell: TypeAlias = "int | bytes | None"
"""What a row is made of: no text, since text would have to be readable."""
Row: TypeAlias = "tuple[Any, ...]"

BUSY_TIMEOUT_S: Final = 5.0
"""How long a writer waits for another: far above the milliseconds that one takes."""

_APPLICATION_ID: Final = 0x656E766C  # "envl", shown by file(1)

_SHAPES: Final = (
    (
        """CREATE TABLE rec (
            serial INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            author_tag BLOB NOT NULL,
            seq INTEGER NOT NULL,
            height INTEGER NOT NULL,
            blob BLOB NOT NULL)""",
        "CREATE INDEX rec_order ON rec (height, id)",
        "CREATE INDEX rec_author ON rec (author_tag, seq)",
        """CREATE TABLE state (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            generation INTEGER NOT NULL,
            blob BLOB)""",
        "INSERT INTO state VALUES (1, 0, NULL)",
        "CREATE TABLE view (tag BLOB PRIMARY KEY, generation INTEGER NOT NULL, blob BLOB NOT NULL)",
        "CREATE TABLE peer (tag BLOB PRIMARY KEY, blob BLOB NOT NULL)",
        "CREATE TABLE meta (tag BLOB PRIMARY KEY, blob BLOB NOT NULL)",
    ),
)
"""Each entry takes the file from the version of its place to the next one."""

NEWEST_SHAPE: Final = len(_SHAPES)
"""The version of a file's tables that this envlsp writes."""


class Database:
    """A connection to one team's file. Safe to use from several threads, one at a time.

    Raises:
        LoosePermissions: others may read the file.
        StoreCorrupt: it is damaged, or no such database.
        UpgradeNeeded: a newer envlsp has changed its shape.
        StoreBusy: another process kept it locked.
    """

    def __init__(self, path: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._is_writing = False
        self._after: list[Callable[[], None]] = []
        is_new = not os.path.exists(path)
        if is_new:
            make_private_file(path)  # before SQLite makes it with the umask's mode
        check_private(path)
        for suffix in ("-wal", "-shm", ".high"):
            with contextlib.suppress(FileNotFoundError):
                check_private(path + suffix)
        with self._translated():
            self._link = sqlite3.connect(
                path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare()
        except BaseException:
            self._link.close()
            raise

    def rows(self, statement: str, cells: Sequence[Cell] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        with self._lock, self._translated():
            return self._run(statement, cells).fetchall()

    def row(self, statement: str, cells: Sequence[Cell] = ()) -> Row | None:
        """Run one statement and return its first row."""
        found = self.rows(statement, cells)
        return found[0] if found else None

    def run(self, statement: str, cells: Sequence[Cell] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        with self._lock, self._translated():
            return self._run(statement, cells).rowcount

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[None]:
        """Do everything inside or nothing; inside another `write`, be a part of it.

        When the outermost one ends without an exception, it is on the disk.

        Args:
            durable: False for what can be had again: a power cut may undo it, a crash
                cannot. Waiting for the disk takes longer than all else a command does.
        """
        with self._lock:
            if self._is_writing:
                yield
                return
            if not durable:
                with self._not_waiting_for_disk(), self.write():
                    yield
                return
            self.run("BEGIN IMMEDIATE")
            self._is_writing = True
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._is_writing = False
            self._run_after()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something when the running transaction is on the disk; nothing if it fails."""
        assert self._is_writing
        self._after.append(action)

    def check(self) -> None:
        """Read the whole file.

        Raises:
            StoreCorrupt: its structure is damaged.
        """
        if self.rows("PRAGMA quick_check(1)") != [("ok",)]:
            raise StoreCorrupt(self.path)

    def close(self) -> None:
        """Close the connection; what was committed stays."""
        with self._lock:
            self._link.close()

    @contextmanager
    def _not_waiting_for_disk(self) -> Iterator[None]:
        self.run("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.run("PRAGMA synchronous = FULL")

    def _prepare(self) -> None:
        self.run("PRAGMA synchronous = FULL")
        self.run("PRAGMA temp_store = MEMORY")
        if sys.platform == "darwin":  # fsync alone leaves data in the drive's cache there
            self.run("PRAGMA fullfsync = ON")
            self.run("PRAGMA checkpoint_fullfsync = ON")
        if self._version() != len(_SHAPES):
            self._migrate()

    def _version(self) -> int:
        found = self.row("PRAGMA user_version")
        assert found is not None
        return int(found[0] or 0)

    def _migrate(self) -> None:
        self._refuse_newer()
        self.run("PRAGMA journal_mode = WAL")
        with self.write():
            # Asked again: another process may have been faster.
            self._refuse_newer()
            for statements in _SHAPES[self._version() :]:
                for statement in statements:
                    self.run(statement)
            self.run(f"PRAGMA application_id = {_APPLICATION_ID}")
            self.run(f"PRAGMA user_version = {len(_SHAPES)}")

    def _refuse_newer(self) -> None:
        if self._version() > len(_SHAPES):
            raise UpgradeNeeded(f"{self.path} was written by a newer envlsp")

    def _run(self, statement: str, cells: Sequence[Cell]) -> sqlite3.Cursor:
        return self._link.execute(statement, cells)

    def _run_after(self) -> None:
        actions, self._after = self._after, []
        for action in actions:
            action()

    def _roll_back(self) -> None:
        self._after.clear()
        if self._link.in_transaction:
            with self._translated():
                self._link.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise to_our_error(exc, self.path) from exc


_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})


def to_our_error(exc: sqlite3.Error, path: str) -> StoreError:
    """Return our error for one of SQLite's; its low byte is the kind of failure."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return StoreBusy(path)
    if code in _DAMAGED:
        return StoreCorrupt(path)
    return StoreError(f"{path}: {getattr(exc, 'sqlite_errorname', 'closed')}")
