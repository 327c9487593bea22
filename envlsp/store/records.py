"""The records of a team on this disk, and what of them was here before (PROTOCOL H, F.4).

Refuses to know what a record says: who calls has decoded and admitted it. Its rules:

- A row is `seal_row(record, KDF(LSK,"db"), id)`; only ids, sizes, heights and the order
  of one author's records can be seen without the key.
- The high-water mark and the generation change in the transaction that brings records.
- A record of our own is written in its turn or not at all, and never after a rollback
  until a sync has brought everything back: so no `seq` is given out twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import Key, SecretBuffer
from envlsp.crypto.primitives import seal_row
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import Misuse, StoreBusy, StoreError
from envlsp.store import highwater
from envlsp.store.database import Database, Row
from envlsp.store.highwater import HighWater
from envlsp.store.sealing import author_tag, open_stored

PAGE_ROWS: Final = 256
"""Fetched at a time: half a megabyte of usual records, and few enough round trips."""
_STATE: Final = b"state"
_COLUMNS: Final = "serial, id, seq, height, blob"


class NewRecord(NamedTuple):
    """An admitted record on its way to the disk."""

    id: RecordId
    author: DevicePk
    seq: int
    height: int
    parents: tuple[RecordId, ...]
    raw: bytes


class StoredRecord(NamedTuple):
    """A record from the disk; `serial` grows with every arrival in this file."""

    serial: int
    id: RecordId
    seq: int
    height: int
    raw: bytes


class Records:
    """The table of records.

    Args:
        database: the team's file.
        lsk: the local store's key.
        own: this device's key, where it has one.
    """

    def __init__(self, database: Database, lsk: Key, own: DevicePk | None = None) -> None:
        self._database = database
        self._lsk = lsk
        self._own = own
        self._key = SecretBuffer.taken(kdf(lsk, "db"))
        self._beside = highwater.read_beside(database.path, self._key)

    def close(self) -> None:
        """Forget the key of the rows."""
        self._key.close()

    # --- writing -----------------------------------------------------------------------------

    def append(self, records: Iterable[NewRecord]) -> int:
        """Store records, parents first, in one transaction; return how many were new.

        Inside `Database.write` it is a part of that transaction. Records that are here
        already are left alone. For what others sent, our own lost records among it.
        """
        with self._database.write():
            mark = before = self._stored_mark()
            for record in records:
                if record.id not in self:
                    self._insert(record)
                    own_seq = record.seq if record.author == self._own else 0
                    mark = mark.with_record(record.id, record.parents, own_seq)
            added = mark.total - before.total
            if added:
                self._set_mark(mark._replace(total=max(before.total, self.count())), added)
            return added

    def author(self, record: NewRecord) -> None:
        """Store a record that this device has just made, before anybody else sees it.

        Call it inside `TeamStore.authoring`; send the record when the transaction is over.

        Raises:
            StoreError: records are missing that were here before; sync first.
            StoreBusy: not our next `seq`: another process was faster. Build it again.
        """
        if record.author != self._own:
            raise Misuse("only this device's own records are authored here")
        with self._database.write():
            if self.is_rolled_back():
                raise StoreError(
                    "the history on this device is older than it was, so it only reads",
                    fix="envlsp sync; where no device has the rest: envlsp sync --accept-loss",
                )
            if record.seq != self.own_seq() + 1:
                raise StoreBusy("another process has just written a record")
            self.append((record,))

    def _insert(self, record: NewRecord) -> None:
        blob = seal_row(record.raw, self._key, record.id)
        tag = author_tag(self._lsk, record.author)
        self._database.run(
            "INSERT INTO rec (id, author_tag, seq, height, blob) VALUES (?, ?, ?, ?, ?)",
            (record.id, tag, record.seq, record.height, blob),
        )

    # --- reading -----------------------------------------------------------------------------

    def __contains__(self, record: RecordId) -> bool:
        return self._database.row("SELECT 1 FROM rec WHERE id = ?", (record,)) is not None

    def get(self, record: RecordId) -> bytes | None:
        """Return a record's bytes, or None.

        Raises:
            StoreCorrupt: the row does not open.
        """
        row = self._database.row(f"SELECT {_COLUMNS} FROM rec WHERE id = ?", (record,))
        return None if row is None else self._opened(row).raw

    def several(self, records: Sequence[RecordId]) -> dict[RecordId, bytes]:
        """Return the bytes of those of some records that are here; not more than a page of them.

        Raises:
            StoreCorrupt: a row does not open.
        """
        assert len(records) <= PAGE_ROWS
        places = ", ".join("?" * len(records))
        rows = self._database.rows(f"SELECT id, blob FROM rec WHERE id IN ({places})", records)
        return {record: open_stored(blob, self._key, record) for record, blob in rows}

    def count(self, until: int | None = None) -> int:
        """Return how many records there are, all or up to a serial."""
        row = self._database.row("SELECT count(*) FROM rec")
        found = int(row[0]) if row else 0
        if until is None:
            return found
        # An index counts all of them; only what came later is looked at, since a row is large.
        later = self._database.row("SELECT count(*) FROM rec WHERE serial > ?", (until,))
        return found - int(later[0]) if later else found

    def in_order(self) -> Iterator[StoredRecord]:
        """Yield every record by (height, id): parents first, the same on every device.

        Records that another process stores meanwhile may be missing. To follow other
        processes, begin with `arrived_after(0)` and keep the serial.

        Raises:
            StoreCorrupt: a row does not open.
        """
        height, record = -1, b""
        while rows := self._database.rows(
            f"SELECT {_COLUMNS} FROM rec WHERE (height, id) > (?, ?) ORDER BY height, id LIMIT ?",
            (height, record, PAGE_ROWS),
        ):
            yield from map(self._opened, rows)
            height, record = rows[-1][3], rows[-1][1]

    def arrived_after(self, serial: int) -> Iterator[StoredRecord]:
        """Yield what came later than `serial` (0: everything), parents first.

        How a process learns what another one has written.

        Raises:
            StoreCorrupt: a row does not open.
        """
        while rows := self._database.rows(
            f"SELECT {_COLUMNS} FROM rec WHERE serial > ? ORDER BY serial LIMIT ?", (serial, PAGE_ROWS)
        ):
            yield from map(self._opened, rows)
            serial = rows[-1][0]

    def own_seq(self) -> int:
        """Return the highest `seq` of this device's records here, 0 if there is none."""
        if self._own is None:
            return 0
        tag = author_tag(self._lsk, self._own)
        row = self._database.row("SELECT max(seq) FROM rec WHERE author_tag = ?", (tag,))
        return int(row[0] or 0) if row else 0

    def _opened(self, row: Row) -> StoredRecord:
        serial, record, seq, height, blob = row
        return StoredRecord(serial, RecordId(record), seq, height, open_stored(blob, self._key, record))

    # --- what was here before ----------------------------------------------------------------

    def is_rolled_back(self) -> bool:
        """Return whether records are missing that this device has held (F.4, rule 1).

        Then it only reads, until a sync has brought them back.
        """
        return self._is_short_of(self._stored_mark()) or self._is_short_of(self._beside)

    def accept_loss(self) -> None:
        """Forget what was here before: for a person who knows that no device has it any more."""
        heads = tuple(head for head in self._stored_mark().heads if head in self)
        with self._database.write():
            self._beside = HighWater(self.count(), self.own_seq(), heads)
            self._set_mark(self._beside, 0)

    def _is_short_of(self, mark: HighWater) -> bool:
        if self.count() < mark.total or self.own_seq() < mark.own_seq:
            return True
        return any(head not in self for head in mark.heads)

    def _stored_mark(self) -> HighWater:
        row = self._database.row("SELECT blob FROM state")
        if row is None or row[0] is None:
            return highwater.EMPTY
        return highwater.to_high_water(open_stored(row[0], self._key, _STATE))

    def _set_mark(self, mark: HighWater, added: int) -> None:
        blob = seal_row(highwater.to_bytes(mark), self._key, _STATE)
        self._database.run("UPDATE state SET generation = generation + ?, blob = ?", (added, blob))
        self._database.after_commit(lambda: self._write_beside(mark))

    def _write_beside(self, mark: HighWater) -> None:
        # While records are missing, the file is what remembers them.
        if not self._is_short_of(self._beside):
            highwater.write_beside(self._database.path, self._key, mark)
            self._beside = mark
