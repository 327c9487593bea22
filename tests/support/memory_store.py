"""A team's store without a disk: for tests with hundreds of replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from envlsp.domain.ids import RecordId
from envlsp.store.peers import PeerNote
from envlsp.store.records import NewRecord, StoredRecord
from envlsp.store.team import TeamStore


class _Records:
    def __init__(self) -> None:
        self.rows: list[StoredRecord] = []
        self.raws: dict[RecordId, bytes] = {}

    def append(self, records: Sequence[NewRecord]) -> None:
        for one in records:
            self.rows.append(StoredRecord(len(self.rows) + 1, one.id, one.seq, one.height, one.raw))
            self.raws[one.id] = one.raw

    def author(self, record: NewRecord) -> None:
        self.append([record])

    def get(self, record: RecordId) -> bytes | None:
        return self.raws.get(record)

    def several(self, records: Sequence[RecordId]) -> dict[RecordId, bytes]:
        return {record: self.raws[record] for record in records if record in self.raws}

    def __contains__(self, record: RecordId) -> bool:
        return record in self.raws

    def count(self, until: int | None = None) -> int:
        return len(self.rows) if until is None else min(until, len(self.rows))

    def is_rolled_back(self) -> bool:
        return False

    def arrived_after(self, serial: int) -> list[StoredRecord]:
        return self.rows[serial:]


class _Database:
    path = "memory"

    @contextmanager
    def write(self) -> Iterator[None]:
        yield


class _Meta:
    def __init__(self) -> None:
        self.notes: dict[bytes, bytes] = {}

    def get(self, name: bytes) -> bytes | None:
        return self.notes.get(name)

    def put(self, name: bytes, data: bytes, *, durable: bool = True) -> None:
        self.notes[name] = data

    def delete(self, name: bytes) -> None:
        self.notes.pop(name, None)

    def items(self) -> dict[bytes, bytes]:
        return dict(self.notes)


class _Views:
    def __init__(self, records: _Records) -> None:
        self.records = records
        self.rows: dict[bytes, tuple[int, bytes]] = {}

    def generation(self) -> int:
        return len(self.records.rows)

    def get(self, name: bytes) -> bytes | None:
        generation, data = self.rows.get(name, (-1, b""))
        return data if generation == self.generation() else None

    def any_of(self, name: bytes) -> bytes | None:
        return self.rows[name][1] if name in self.rows else None

    def put(self, name: bytes, generation: int, data: bytes) -> None:
        self.rows[name] = (generation, data)


class _Peers:
    def all(self) -> dict[bytes, PeerNote]:
        return {}


class MemoryStore:
    """As much of `TeamStore` as a replica asks for."""

    def __init__(self) -> None:
        self.records = _Records()
        self.database = _Database()
        self.meta = _Meta()
        self.views = _Views(self.records)
        self.peers = _Peers()

    @contextmanager
    def authoring(self) -> Iterator[None]:
        yield

    def close(self) -> None:
        """Forget nothing: there is no file."""


def memory_store() -> TeamStore:
    return cast("TeamStore", MemoryStore())
