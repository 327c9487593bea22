"""A store that was put back from a backup: seen, said, and a way out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cli import failed
from tests.support.desks import Desk


def database(desk: Desk) -> Path:
    return next(desk.home.glob("teams/*/ledger.db"))


@pytest.fixture
def older(alice: Desk, tmp_path: Path) -> Desk:
    """Alice's desk with v2 pushed, and then the store of v1 put back."""
    alice.ok("push", "--offline")
    kept = shutil.copy(database(alice), tmp_path / "kept.db")
    alice.env_file.write_bytes(alice.env_file.read_bytes() + b"NEW=1\n")
    alice.ok("push", "--offline")
    shutil.copy(kept, database(alice))
    for beside in ("-wal", "-shm"):
        database(alice).with_name(database(alice).name + beside).unlink(missing_ok=True)
    return alice


def test_status_says_so(older: Desk) -> None:
    result = older.ok("status")
    assert "older than it was" in result.text
    assert result.talk == "next: envlsp sync --accept-loss\n"
    assert older.json("status")["rolled_back"] is True


def test_nothing_is_released_over_what_is_missing(older: Desk) -> None:
    failed(older("push", "--force", "--offline"), code=1, saying="older than it was")


def test_a_person_can_go_on_without_it(older: Desk) -> None:
    older.ok("sync", "--accept-loss", "--yes")
    assert older.json("status")["rolled_back"] is False
    assert older.json("push", "--force", "--offline")["release"] == "v2"


def test_there_is_nothing_to_accept_where_nothing_is_missing(alice: Desk) -> None:
    alice.ok("push", "--offline")
    assert "nothing is missing" in alice.ok("sync", "--accept-loss").talk


def test_a_lost_store_is_not_an_empty_one(alice: Desk) -> None:
    alice.ok("push", "--offline")
    database(alice).unlink()
    for words in (("get", "A"), ("log",), ("run", "--", "true")):
        failed(alice(*words), code=1, saying="older than it was")
