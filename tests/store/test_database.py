"""The file itself: its shape, its locks, its damage."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from envlsp.errors import LoosePermissions, StoreBusy, StoreCorrupt, StoreError, UpgradeNeeded
from envlsp.store.database import Database

NORMAL, FULL = 1, 2


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.db")


def fill(database: Database, count: int = 1) -> None:
    for number in range(count):
        database.run("INSERT INTO meta VALUES (?, ?)", (number.to_bytes(2, "big"), bytes(1_000)))


def test_commits_are_forced_to_the_disk(path: str) -> None:
    database = Database(path)
    assert database.row("PRAGMA journal_mode") == ("wal",)
    assert database.row("PRAGMA synchronous") == (2,)
    database.check()
    database.close()


def test_a_nested_write_is_part_of_the_outer_one(path: str) -> None:
    database = Database(path)
    done: list[str] = []

    def fail() -> None:
        with database.write():
            with database.write():
                fill(database)
                database.after_commit(lambda: done.append("never"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (database.rows("SELECT * FROM meta"), done) == ([], [])
    with database.write():
        fill(database)
        database.after_commit(lambda: done.append("once"))
        assert done == []
    assert done == ["once"]
    database.close()


def test_a_second_writer_waits_then_says_busy(path: str) -> None:
    one, two = Database(path), Database(path, busy_timeout_s=0.05)
    with one.write():
        assert two.rows("SELECT * FROM meta") == []
        with pytest.raises(StoreBusy):
            fill(two)
    fill(two)
    one.close()
    two.close()


def test_threads_share_one_connection(path: str) -> None:
    database = Database(path)

    def add(first: int) -> None:
        for number in range(first, first + 50):
            with database.write():
                database.run("INSERT INTO meta VALUES (?, ?)", (number.to_bytes(2, "big"), b""))

    threads = [threading.Thread(target=add, args=(first,)) for first in (0, 50, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.row("SELECT count(*) FROM meta") == (150,)
    database.close()


def test_a_loose_file_is_refused_with_the_fix(path: str) -> None:
    Database(path).close()
    Path(path).chmod(0o644)
    with pytest.raises(LoosePermissions) as caught:
        Database(path)
    assert caught.value.fix == f"chmod 600 {path}"


def test_a_file_of_something_else_is_damage(path: str) -> None:
    Path(path).write_bytes(b"not a database, but long enough to have a header" * 100)
    Path(path).chmod(0o600)
    with pytest.raises(StoreCorrupt) as caught:
        Database(path)
    assert caught.value.fix == "put ledger.db back from a backup, or move it away and: envlsp join CODE"


def test_a_damaged_page_is_found(path: str) -> None:
    database = Database(path)
    fill(database, 200)
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    data = bytearray(Path(path).read_bytes())
    data[20_000:60_000] = bytes(40_000)
    Path(path).write_bytes(data)
    database = Database(path)
    with pytest.raises(StoreCorrupt):
        database.check()
    database.close()


def test_a_newer_file_asks_for_an_upgrade(path: str) -> None:
    Database(path).close()
    link = sqlite3.connect(path)
    link.execute("PRAGMA user_version = 99")
    link.close()
    with pytest.raises(UpgradeNeeded, match="newer envlsp"):
        Database(path)


def test_a_closed_database_is_one_of_our_errors(path: str) -> None:
    database = Database(path)
    database.close()
    with pytest.raises(StoreError):
        database.rows("SELECT 1")


def test_many_processes_may_make_the_file_at_once(path: str) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database(path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 6
    for database in opened:
        assert database.row("SELECT generation FROM state") == (0,)
        database.close()


def test_what_need_not_be_durable_does_not_wait_for_the_disk(path: str) -> None:
    database = Database(path)
    with database.write(durable=False):
        assert database.row("PRAGMA synchronous") == (NORMAL,)
        database.run("UPDATE state SET generation = 7")
    assert database.row("PRAGMA synchronous") == (FULL,)
    with pytest.raises(KeyError), database.write(durable=False):
        raise KeyError
    assert database.row("PRAGMA synchronous") == (FULL,)
    with database.write(), database.write(durable=False):
        assert database.row("PRAGMA synchronous") == (FULL,)
    database.close()
