"""A ledger.db that is gone, or of which an index lies: one clear error, and what mends it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.cli import failed
from tests.support.desks import Desk, new_desk


@pytest.fixture
def alice(tmp_path: Path) -> Desk:
    desk = new_desk(tmp_path)
    desk.ok("push")
    return desk


def ledger(desk: Desk) -> Path:
    [path] = desk.home.glob("teams/*/ledger.db")
    return path


@pytest.mark.parametrize("verb", ("status", "push", "members"))
def test_without_its_history_a_device_says_so(alice: Desk, verb: str) -> None:
    for path in ledger(alice).parent.glob("ledger.db*"):
        path.unlink()
    failed(alice(verb), 1, saying="nothing of the team's history\nfix: ask a teammate: envlsp join CODE")


def test_a_record_that_cannot_be_found_again_is_damage(alice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envlsp.store.records.Records.get", lambda *_: None)
    failed(alice("log"), 1, saying="the local store is damaged")


def test_a_row_that_does_not_open_is_damage(alice: Desk) -> None:
    link = sqlite3.connect(ledger(alice))
    link.execute("UPDATE rec SET blob = zeroblob(length(blob))")
    link.commit()
    link.close()
    failed(alice("log"), 1, saying="does not open\nfix: put ledger.db back from a backup")


def test_an_older_copy_only_reads(alice: Desk) -> None:
    before = ledger(alice).read_bytes()
    alice.env_file.write_bytes(b"A=2\n")
    alice.ok("push")
    link = sqlite3.connect(ledger(alice))
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()
    for path in ledger(alice).parent.glob("ledger.db-*"):
        path.unlink()
    ledger(alice).write_bytes(before)
    failed(alice("push"), 1, saying="older than it was, so it only reads\nfix: envlsp sync")
    assert alice.ok("get", "A").text == "1\n"
