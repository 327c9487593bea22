"""Stores of a made-up team, and records that look like its."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.store.records import NewRecord
from envlsp.store.team import TeamStore

LSK = b"the local store's key, 32 bytes."
ALICE = DevicePk(b"A" * 32)
BOB = DevicePk(b"B" * 32)


_OPEN: list[TeamStore] = []


def close_all() -> None:
    """Close what `open_store` has opened."""
    while _OPEN:
        _OPEN.pop().close()


def open_store(folder: Path) -> TeamStore:
    """Return Alice's store in a folder, made when missing."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    store = TeamStore(str(folder), LSK, ALICE)
    _OPEN.append(store)
    return store


def make_record(
    author: DevicePk, seq: int, *, height: int = 1, parents: tuple[RecordId, ...] = ()
) -> NewRecord:
    raw = b"record %d of " % seq + author
    record = RecordId(blake2b(raw, digest_size=32).digest())
    return NewRecord(record, author, seq, height, parents, raw)


def own_record(store: TeamStore) -> NewRecord:
    """Return Alice's next record, after all that is there."""
    last = list(store.records.in_order())[-1:]
    height = 1 + (last[0].height if last else 0)
    parents = tuple(record.id for record in last)
    return make_record(ALICE, store.records.own_seq() + 1, height=height, parents=parents)
