"""Cached rows, settings, notes about peers: sealed, and good only while they are."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from envlsp.errors import StoreCorrupt
from envlsp.store.peers import NEVER, PeerNote
from envlsp.store.team import TeamStore
from tests.support.stores import ALICE, BOB, LSK, make_record, open_store

DEV, PROD = b"shop/web/dev", b"shop/web/prod"


def edit(folder: Path, statement: str) -> None:
    link = sqlite3.connect(folder / "ledger.db")
    with link:
        link.execute(statement)
    link.close()


def test_a_row_is_good_until_a_record_arrives(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.views.get(DEV) is None
    store.views.put(DEV, store.views.generation(), b"view")
    assert (store.views.get(DEV), store.views.get(PROD)) == (b"view", None)
    store.records.append([make_record(BOB, 1)])
    assert store.views.get(DEV) is None
    store.views.put(DEV, store.views.generation(), b"newer")
    assert open_store(tmp_path).views.get(DEV) == b"newer"


def test_a_row_made_before_an_arrival_never_looks_new(tmp_path: Path) -> None:
    one, two = open_store(tmp_path), open_store(tmp_path)
    slow = one.views.generation()
    two.records.append([make_record(BOB, 1)])
    two.views.put(DEV, two.views.generation(), b"newer")
    one.views.put(DEV, slow, b"older")
    assert two.views.get(DEV) == b"newer"


def test_record_and_view_come_together(tmp_path: Path) -> None:
    one, two = open_store(tmp_path), open_store(tmp_path)
    with one.database.write():
        one.records.append([make_record(BOB, 1)])
        one.views.put(DEV, one.views.generation(), b"view")
        assert two.views.get(DEV) is None
    assert two.views.get(DEV) == b"view"


def test_an_old_row_cannot_be_dated_forward(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.views.put(DEV, 0, b"view")
    store.records.append([make_record(BOB, 1)])
    edit(tmp_path, "UPDATE view SET generation = 1")
    with pytest.raises(StoreCorrupt):
        store.views.get(DEV)


def test_cleared_rows_are_gone(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.views.put(DEV, 0, b"view")
    store.views.clear()
    assert store.views.get(DEV) is None


def test_settings_are_kept_replaced_and_forgotten(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.meta.get(b"env") is None
    store.meta.put(b"env", b"dev")
    store.meta.put(b"env", b"prod")
    store.meta.put(b"app", b"")
    again = open_store(tmp_path).meta
    assert again.get(b"env") == b"prod"
    assert again.items() == {b"app": b"", b"env": b"prod"}
    again.delete(b"env")
    again.delete(b"env")
    assert store.meta.items() == {b"app": b""}


def test_rows_cannot_be_swapped(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.meta.put(b"a", b"1")
    edit(tmp_path, "UPDATE meta SET tag = zeroblob(16)")
    with pytest.raises(StoreCorrupt):
        store.meta.items()
    store.meta.put(b"a", b"1")
    edit(tmp_path, "INSERT INTO peer SELECT tag, blob FROM meta")
    with pytest.raises(StoreCorrupt):
        store.peers.all()


def test_the_newest_attestation_of_a_device_is_kept(tmp_path: Path) -> None:
    peers = open_store(tmp_path).peers
    assert peers.get(BOB) == NEVER
    assert peers.put_attestation(BOB, 100, b"first")
    assert not peers.put_attestation(BOB, 99, b"older")
    assert not peers.put_attestation(BOB, 100, b"first")
    peers.saw(BOB, 500)
    peers.saw(BOB, 400)
    peers.saw(ALICE, 7)
    assert peers.get(BOB) == PeerNote(500, 100, b"first")
    assert peers.put_attestation(BOB, 101, b"newer")
    assert open_store(tmp_path).peers.all() == {
        ALICE: PeerNote(7, 0, b""),
        BOB: PeerNote(500, 101, b"newer"),
    }


def test_servers_are_kept_in_order(tmp_path: Path) -> None:
    peers = open_store(tmp_path).peers
    assert peers.servers() == ()
    peers.set_servers(("wss://b.example", "wss://a.example"))
    assert open_store(tmp_path).peers.servers() == ("wss://b.example", "wss://a.example")


def test_no_value_and_no_name_can_be_read_in_the_folder(tmp_path: Path) -> None:
    words = [b"hunter2", b"DATABASE_URL", b"staging", b"signal.example", ALICE, BOB]
    store = open_store(tmp_path)
    record = make_record(ALICE, 1)._replace(raw=b"hunter2 DATABASE_URL staging " + ALICE)
    store.records.author(record)
    store.records.append([make_record(BOB, 1)])
    store.views.put(b"staging", store.views.generation(), b"DATABASE_URL=hunter2")
    store.meta.put(b"switched to", b"staging")
    store.peers.set_servers(("wss://signal.example",))
    store.peers.put_attestation(BOB, 1, b"heads of " + BOB)
    store.peers.saw(ALICE, 1)
    while_open = [path.read_bytes() for path in tmp_path.iterdir()]
    store.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    files = [path.read_bytes() for path in tmp_path.iterdir()] + while_open
    assert len(b"".join(files)) > 10_000
    assert not [word for word in words for data in files if word in data]


def test_the_folder_and_every_file_are_private(tmp_path: Path) -> None:
    store = TeamStore(str(tmp_path / "teams" / "ab"), LSK, ALICE)
    with store.authoring():
        store.records.author(make_record(ALICE, 1))
    found = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "teams" / "ab").iterdir()}
    names = {"author.lock", "ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.high"}
    assert found == dict.fromkeys(names, 0o600)
    assert (tmp_path / "teams").stat().st_mode & 0o777 == 0o700
    store.close()
