"""A store that was put back from a backup: seen, said, and a way out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from envlsp.service import own_past
from envlsp.service.access.owed import own_lines
from envlsp.service.env_facts import EnvironmentReader, Marks
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


def test_an_editor_says_it_with_the_way_out(older: Desk) -> None:
    with older.team() as team:
        (line,) = own_lines(team)
        assert line.startswith(
            "the history on this device is older than it was, so it only reads; envlsp sync;"
        )
        standing, news = EnvironmentReader(team, Marks(team.vault.open().lsk)).alarms()
    assert standing == news == (line,)


def test_nothing_is_let_go_of_by_a_person_who_says_no(older: Desk) -> None:
    result = older("sync", "--accept-loss")
    assert result.code != 0
    assert older.json("status")["rolled_back"] is True


def test_what_a_teammate_claims_is_let_go_of_too(alice: Desk, bob: Desk) -> None:
    with alice.team() as team, bob.team() as other:
        own_past.note_vector(team.replica, other.replica.keys.dpk, 1_000)
        (line,) = own_lines(team)
    assert "only reads" in line
    assert alice.json("status")["rolled_back"] is True
    alice.env_file.write_bytes(b"NEW=1\n")
    failed(alice("push", "--offline"), code=1, saying="an older store was put back")
    with alice.team() as team:
        own_past.accept_loss(team.replica)
    assert alice.json("push", "--offline")["release"] == "v2"
