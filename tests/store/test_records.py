"""The table of records, its high-water mark, and what rolls it back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import Misuse, StoreBusy, StoreCorrupt, StoreError
from envlsp.store.records import NewRecord
from envlsp.store.team import TeamStore
from tests.support.stores import ALICE, BOB, make_record, open_store, own_record


def test_records_come_back_by_height_and_id(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    some = [make_record(BOB, seq, height=1 + seq // 3) for seq in range(1, 40)]
    assert store.records.append(reversed(some)) == 39
    expected = sorted(some, key=lambda record: (record.height, record.id))
    assert [(r.id, r.seq, r.height, r.raw) for r in store.records.in_order()] == [
        (r.id, r.seq, r.height, r.raw) for r in expected
    ]
    assert store.records.get(some[0].id) == some[0].raw
    assert store.records.get(RecordId(bytes(32))) is None
    assert some[0].id in store.records


def test_paging_goes_over_every_record_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    some = [make_record(BOB, seq, height=7 if seq < 400 else 8) for seq in range(1, 700)]
    store.records.append(some)
    assert len({record.id for record in store.records.in_order()}) == 699
    assert [record.seq for record in store.records.arrived_after(0)] == list(range(1, 700))


def test_several_are_read_at_once_and_what_is_not_here_is_left_out(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    some = [make_record(BOB, seq) for seq in range(1, 9)]
    store.records.append(some)
    asked = [some[5].id, RecordId(bytes(32)), some[2].id]
    assert store.records.several(asked) == {some[2].id: some[2].raw, some[5].id: some[5].raw}
    store.database.run("UPDATE rec SET blob = zeroblob(80) WHERE id = ?", (some[2].id,))
    with pytest.raises(StoreCorrupt):
        store.records.several(asked)


def test_a_record_is_stored_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    record = make_record(BOB, 1)
    assert store.records.append([record, record]) == 1
    assert store.records.append([record]) == 0
    assert store.views.generation() == 1


def test_another_process_sees_what_arrived(tmp_path: Path) -> None:
    one, two = open_store(tmp_path), open_store(tmp_path)
    one.records.append([make_record(BOB, 1)])
    [first] = two.records.arrived_after(0)
    one.records.append([make_record(BOB, 2)])
    [second] = two.records.arrived_after(first.serial)
    assert (first.seq, second.seq) == (1, 2)


def test_own_records_are_written_in_turn(tmp_path: Path) -> None:
    one, two = open_store(tmp_path), open_store(tmp_path)
    one.records.author(own_record(one))
    late = own_record(two)
    one.records.author(own_record(one))
    with pytest.raises(StoreBusy, match="another process has just written a record"):
        two.records.author(late)
    assert one.records.own_seq() == 2


def test_only_own_records_are_authored(tmp_path: Path) -> None:
    with pytest.raises(Misuse):
        open_store(tmp_path).records.author(make_record(BOB, 1))


def test_both_records_of_a_fork_are_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    fork = make_record(ALICE, 1)._replace(id=RecordId(b"\xee" * 32))
    assert store.records.append([make_record(ALICE, 1), fork]) == 2
    assert not store.records.is_rolled_back()


def test_a_failing_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)

    def fail() -> None:
        with store.database.write():
            store.records.author(own_record(store))
            store.meta.put(b"k", b"v")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (store.records.count(), store.views.generation(), store.meta.items()) == (0, 0, {})
    assert not (tmp_path / "ledger.db.high").exists()
    store.records.author(own_record(store))
    assert store.records.own_seq() == 1


def fill(folder: Path, count: int) -> None:
    store = open_store(folder)
    while store.records.own_seq() < count:
        store.records.author(own_record(store))
    store.close()


def test_an_older_file_put_back_only_reads_until_it_has_synced(tmp_path: Path) -> None:
    fill(tmp_path / "a", 2)
    shutil.copy(tmp_path / "a" / "ledger.db", tmp_path / "backup.db")
    store = open_store(tmp_path / "a")
    lost = own_record(store)
    store.records.author(lost)
    store.close()
    shutil.copy(tmp_path / "backup.db", tmp_path / "a" / "ledger.db")

    store = open_store(tmp_path / "a")
    assert store.records.is_rolled_back()
    with pytest.raises(StoreError, match="older than it was") as caught:
        store.records.author(own_record(store))
    assert caught.value.fix == "envlsp sync; where no device has the rest: envlsp sync --accept-loss"
    store.records.append([make_record(BOB, 1, height=9)])
    store.close()

    store = open_store(tmp_path / "a")
    assert store.records.is_rolled_back(), "what came meanwhile does not hide the loss"
    store.records.append([lost])
    assert not store.records.is_rolled_back()
    store.records.author(own_record(store))
    assert store.records.own_seq() == 4


def test_a_deleted_file_is_noticed(tmp_path: Path) -> None:
    fill(tmp_path / "a", 2)
    (tmp_path / "a" / "ledger.db").unlink()
    assert open_store(tmp_path / "a").records.is_rolled_back()


def test_deleted_rows_are_noticed(tmp_path: Path) -> None:
    fill(tmp_path / "a", 3)
    (tmp_path / "a" / "ledger.db.high").unlink()
    with sqlite3.connect(tmp_path / "a" / "ledger.db") as link:
        link.execute("DELETE FROM rec WHERE seq = 3")
    link.close()
    store = open_store(tmp_path / "a")
    assert store.records.is_rolled_back()
    store.records.accept_loss()
    assert not store.records.is_rolled_back()
    store.records.author(own_record(store))
    assert not open_store(tmp_path / "a").records.is_rolled_back()


def test_a_torn_mark_beside_the_file_says_nothing(tmp_path: Path) -> None:
    fill(tmp_path / "a", 2)
    (tmp_path / "a" / "ledger.db.high").write_bytes(b"torn")
    assert not open_store(tmp_path / "a").records.is_rolled_back()


def test_with_the_wrong_local_key_nothing_opens(tmp_path: Path) -> None:
    fill(tmp_path / "a", 1)
    store = TeamStore(str(tmp_path / "a"), bytes(32), ALICE)
    with pytest.raises(StoreCorrupt, match="does not open"):
        list(store.records.in_order())


def test_a_row_under_another_id_does_not_open(tmp_path: Path) -> None:
    fill(tmp_path / "a", 2)
    with sqlite3.connect(tmp_path / "a" / "ledger.db") as link:
        link.execute("UPDATE rec SET blob = (SELECT blob FROM rec WHERE seq = 1) WHERE seq = 2")
    link.close()
    with pytest.raises(StoreCorrupt):
        list(open_store(tmp_path / "a").records.in_order())


def test_many_heads_do_not_grow_the_mark(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    some = [make_record(DevicePk(bytes([n]) * 32), 1) for n in range(1, 200)]
    store.records.append(some)
    assert not store.records.is_rolled_back()
    assert (tmp_path / "ledger.db.high").stat().st_size < 2_048


def test_a_large_record_comes_back(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    record = NewRecord(RecordId(b"\1" * 32), BOB, 1, 1, (), os.urandom(1024 * 1024))
    store.records.append([record])
    assert store.records.get(record.id) == record.raw
