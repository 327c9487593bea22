"""Names and rows of the local store, unreadable without the local store's key.

The LSK (32 bytes, in device.key) seals every row that has content and hides every
name that a row is found by. Refuses to know the tables.
"""

from __future__ import annotations

from typing import Final

from envlsp.crypto.labels import kdf
from envlsp.crypto.memory import Key, SecretBuffer
from envlsp.crypto.primitives import open_row, seal_row
from envlsp.errors import CannotOpen, StoreCorrupt

AUTHOR_TAG_BYTES: Final = 8
TAG_BYTES: Final = 16


def author_tag(lsk: Key, author: bytes) -> bytes:
    """Return the 8 bytes that stand for a device in the table of records."""
    return kdf(lsk, "tag", author)[:AUTHOR_TAG_BYTES]


class Drawer:
    """One table of sealed rows that are found by name.

    Args:
        lsk: the local store's key.
        table: keeps equal names of two tables apart, and rows from being swapped.
    """

    __slots__ = ("_key", "_lsk", "_table")

    def __init__(self, lsk: Key, table: bytes) -> None:
        self._lsk = lsk
        self._table = table
        self._key = SecretBuffer.taken(kdf(lsk, "view", table))

    def close(self) -> None:
        """Forget the key of the rows; the local store's key is its owner's to forget."""
        self._key.close()

    def tag(self, name: bytes) -> bytes:
        """Return the 16 bytes that stand for a name."""
        return kdf(self._lsk, "tag", self._table + b"\0" + name)[:TAG_BYTES]

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return the sealed row; `context` is what it must be found with."""
        return seal_row(plain, self._key, context)

    def open(self, box: bytes, context: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            StoreCorrupt: another key's, another row's, or altered.
        """
        return open_stored(box, self._key, context)


def open_stored(box: bytes, key: Key, context: bytes) -> bytes:
    """Return what a row of our own holds.

    Raises:
        StoreCorrupt: another key's, another row's, or altered.
    """
    try:
        return open_row(box, key, context)
    except CannotOpen:
        raise StoreCorrupt("a row of the ledger file does not open") from None
