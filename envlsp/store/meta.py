"""Small things a device remembers about a team: settings, pins, tombstones.

Sealed names and sealed values. Refuses to know what they mean.
"""

from __future__ import annotations

from typing import Final

from envlsp.crypto.memory import Key
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt
from envlsp.store.database import Database
from envlsp.store.sealing import Drawer
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import MIB


class Meta:
    """A table of names and bytes.

    Args:
        database: the team's file.
        lsk: the local store's key.
        table: `meta` or `peer`, two tables of one shape.
    """

    def __init__(self, database: Database, lsk: Key, table: str = "meta") -> None:
        assert table in {"meta", "peer"}
        self._database = database
        self._table = table
        self._drawer = Drawer(lsk, table.encode())

    def close(self) -> None:
        """Forget the key of the rows."""
        self._drawer.close()

    def get(self, name: bytes) -> bytes | None:
        """Return what is kept under a name, or None.

        Raises:
            StoreCorrupt: the row does not open.
        """
        tag = self._drawer.tag(name)
        row = self._database.row(f"SELECT blob FROM {self._table} WHERE tag = ?", (tag,))
        return None if row is None else self._opened(tag, row[0])[1]

    def put(self, name: bytes, data: bytes, *, durable: bool = True) -> None:
        """Keep something under a name, in place of what was there.

        Args:
            name: what it is found by.
            data: what is kept.
            durable: be back only when a power cut cannot undo it.
        """
        tag = self._drawer.tag(name)
        blob = self._drawer.seal(encode((name, data)), tag)
        with self._database.write(durable=durable):
            self._database.run(f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)", (tag, blob))

    def delete(self, name: bytes) -> None:
        """Forget a name; harmless when there is none."""
        self._database.run(f"DELETE FROM {self._table} WHERE tag = ?", (self._drawer.tag(name),))

    def items(self) -> dict[bytes, bytes]:
        """Return everything, sorted by name.

        Raises:
            StoreCorrupt: a row does not open.
        """
        rows = self._database.rows(f"SELECT tag, blob FROM {self._table}")
        return dict(sorted(self._opened(tag, blob) for tag, blob in rows))

    def _opened(self, tag: bytes, blob: bytes) -> tuple[bytes, bytes]:
        try:
            match decode_untrusted(self._drawer.open(blob, tag), limit_bytes=_ROW_MAX_BYTES):
                case [bytes(name), bytes(data)]:
                    return name, data
        except (Malformed, LimitExceeded):
            pass
        raise StoreCorrupt("a row of the ledger file is not readable")


_ROW_MAX_BYTES: Final = 2 * MIB  # our own bytes: a bound against damage, not against strangers
