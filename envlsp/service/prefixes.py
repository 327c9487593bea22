"""The verified prefix: what of a ledger was admitted on this device before, kept in sealed rows.

Opening a ledger means reading what came since. The row is sealed under the local store's
key, as the records are, and is never believed over them: it must account for as many
records as lie on the disk up to its serial, its heads and all its auth-class records must
be among them, and whatever does not fit makes us read everything again (ADR 0034). A
second row has the places of the releases, by id, so it fits whatever ledger has them all.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from envlsp.crypto.signing import checked_before
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import TeamId
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import CheckedRecord
from envlsp.errors import StoreCorrupt
from envlsp.store.team import TeamStore
from envlsp.wire.prefix import decode_prefix, encode_prefix
from envlsp.wire.release_index import IndexRow, decode_index_row, encode_index_row

_STEP_MIN: Final = 32
_STEP_SHARE: Final = 40
AUTH_WEIGHT: Final = 8
"""How many other records an auth-class one counts as: so much longer takes it to write down."""

_NAME: Final = b"prefix 2"
"""The number changes with the form, and with what `domain.ledger` settles about a record."""
_INDEX_NAME: Final = b"releases 2"
_SERIAL_BYTES: Final = 8


def is_worth_keeping(fresh: int, size: int) -> bool:
    """Return whether so many records are new of so many that the next start is to begin after them.

    To write a row takes as long as to read a tenth of the records anew; that is spread over
    a fortieth of them.
    """
    return fresh >= max(_STEP_MIN, size // _STEP_SHARE)


@contextmanager
def many_objects() -> Iterator[None]:
    """Make objects that stay, without looking for garbage among them again and again.

    The collector would walk through all that is there each time it has grown by a quarter:
    a fifth of the time that a long history takes to read.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Begun(NamedTuple):
    """A ledger that knows everything up to a serial, and its auth-class records."""

    ledger: Ledger
    serial: int
    auth: list[CheckedRecord]


def begin(team: TeamId, store: TeamStore) -> Begun:
    """Return the ledger as far as it was kept; an empty one where nothing is, or does not fit."""
    return _kept(team, store) or Begun(Ledger(team, Signatures()), 0, [])


def _kept(team: TeamId, store: TeamStore) -> Begun | None:
    try:
        row = store.views.any_of(_NAME)
    except StoreCorrupt:
        return None
    if row is None:
        return None
    serial = int.from_bytes(row[:_SERIAL_BYTES], "big")
    prefix = decode_prefix(row[_SERIAL_BYTES:])
    if prefix is None or store.records.count(serial) != len(prefix):
        return None
    if any(prefix.id_at(head) not in store.records for head in prefix.heads):
        return None
    auth = []
    for index in prefix.auth_indices():
        identity = prefix.id_at(index)
        raw = store.records.get(identity)
        if raw is None:
            return None
        auth.append(checked_before(raw, identity))
    ledger = Ledger(team, Signatures(), prefix)
    ledger.resume(prefix, auth)
    return Begun(ledger, serial, auth)


def keep(ledger: Ledger, serial: int, store: TeamStore) -> None:
    """Keep a ledger that has everything up to a serial; a failure costs time at the next start."""
    data = serial.to_bytes(_SERIAL_BYTES, "big") + encode_prefix(ledger.prefix())
    store.views.put(_NAME, store.views.generation(), data)


def kept_index(store: TeamStore) -> IndexRow | None:
    """Return what was known of the releases; None where nothing was kept, or it does not read."""
    try:
        row = store.views.any_of(_INDEX_NAME)
    except StoreCorrupt:
        return None
    return decode_index_row(row) if row else None


def keep_index(row: IndexRow, store: TeamStore) -> None:
    """Keep what is known of the releases."""
    store.views.put(_INDEX_NAME, store.views.generation(), encode_index_row(row))
