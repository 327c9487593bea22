"""The most this device has ever held: how a store put back from a backup is noticed (F.4).

Kept twice, sealed: in the database, written with the records themselves, and in a
small file beside it, written right after. Either can show that records are missing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from envlsp.crypto.memory import Key
from envlsp.crypto.primitives import open_row, seal_row
from envlsp.domain.ids import RecordId
from envlsp.errors import CannotOpen, LimitExceeded, Malformed, StoreCorrupt
from envlsp.store.files import write_whole
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB, PARENTS_MAX

_MAX_BYTES: Final = 2 * KIB  # 32 ids and two numbers
_FILE: Final = b"high"


class HighWater(NamedTuple):
    """How many records, our own last `seq`, and the last arrivals nothing came upon."""

    total: int
    own_seq: int
    heads: tuple[RecordId, ...]

    def with_record(self, record: RecordId, parents: tuple[RecordId, ...], own_seq: int) -> HighWater:
        """Return the mark after one more record; `own_seq` is 0 for another author's."""
        heads = (*(head for head in self.heads if head not in parents), record)
        return HighWater(self.total + 1, max(self.own_seq, own_seq), heads[-PARENTS_MAX:])


EMPTY: Final = HighWater(0, 0, ())


def to_bytes(mark: HighWater) -> bytes:
    """Return the canonical bytes `[total, own_seq, [id32...]]`."""
    return encode((mark.total, mark.own_seq, mark.heads))


def to_high_water(data: bytes) -> HighWater:
    """Return the mark that `to_bytes` wrote.

    Raises:
        StoreCorrupt: it did not write these.
    """
    try:
        match decode_untrusted(data, limit_bytes=_MAX_BYTES):
            case [int(total), int(own_seq), list(heads)]:
                return HighWater(total, own_seq, tuple(RecordId(h) for h in heads if isinstance(h, bytes)))
    except (Malformed, LimitExceeded):
        pass
    raise StoreCorrupt("the high-water mark is not readable")


def read_beside(path: str, key: Key) -> HighWater:
    """Return the mark in the file beside a database, or the empty one.

    A power cut may leave a torn file: it then says nothing, and the database's own
    mark still stands.
    """
    try:
        with open(path + ".high", "rb") as file:
            return to_high_water(open_row(file.read(_MAX_BYTES), key, _FILE))
    except (FileNotFoundError, CannotOpen, StoreCorrupt):
        return EMPTY


def write_beside(path: str, key: Key, mark: HighWater) -> None:
    """Write the file beside a database; not forced to the disk, since it only adds doubt."""
    write_whole(path + ".high", seal_row(to_bytes(mark), key, _FILE), durable=False)
