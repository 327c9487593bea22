"""The byte form of what a device knows of its releases' places: never sent, and sealed on the disk."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, Final

from envlsp.domain.environment import Environment, Triple
from envlsp.domain.ids import RECORD_ID_BYTES, DevicePk, RecordId, ScopeId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import decode_again, encode

COLUMNS: Final = 7
"""Environment, kind, height, number, author, what of `base` and `of` is believed, place of `of` + 1."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """The columns of `service.release_index`, and what else was learned with them."""

    ids: bytes
    numbers: array[int]
    base_end: array[int]
    base: array[int]
    environments: tuple[Environment, ...]
    authors: tuple[DevicePk, ...]
    strangers: tuple[RecordId, ...]
    notes: tuple[RecordId, ...]
    """Notes of environments that open."""
    waiting: tuple[RecordId, ...]
    """Records whose key was missing."""
    silent: tuple[RecordId, ...]
    """Releases and notes that open and say nothing."""
    rulings: int
    """How many auth-class records there were."""
    heads: tuple[tuple[RecordId, ...], ...]
    """The heads of each environment then."""


def encode_index_row(row: IndexRow) -> bytes:
    """Return the bytes of a row."""
    return encode(
        [
            row.ids,
            row.numbers.tobytes(),
            row.base_end.tobytes(),
            row.base.tobytes(),
            [[one.scope, *one.triple] for one in row.environments],
            list(row.authors),
            list(row.strangers),
            list(row.notes),
            list(row.waiting),
            list(row.silent),
            row.rulings,
            [list(heads) for heads in row.heads],
        ]
    )


def decode_index_row(data: bytes) -> IndexRow | None:
    """Return the row, or None where these bytes are none."""
    try:
        fields: Any = decode_again(data)
        ids, numbers, ends, base, environments, authors, strangers, notes, waiting, silent, rulings, heads = (
            fields
        )
        row = IndexRow(
            _run(ids),
            _column(numbers),
            _column(ends),
            _column(base),
            tuple(Environment(ScopeId(scope), Triple(*names)) for scope, *names in environments),
            tuple(map(DevicePk, authors)),
            tuple(map(RecordId, strangers)),
            tuple(map(RecordId, notes)),
            tuple(map(RecordId, waiting)),
            tuple(map(RecordId, silent)),
            int(rulings),
            tuple(tuple(map(RecordId, found)) for found in heads),
        )
        return row if _fits(row) else None
    except (Malformed, LimitExceeded, ValueError, TypeError):
        return None


def _fits(row: IndexRow) -> bool:
    size = len(row.base_end)
    return (
        len(row.ids) == RECORD_ID_BYTES * size
        and len(row.numbers) == COLUMNS * size
        and len(row.base) == (row.base_end[-1] if size else 0)
    )


def _run(data: Any) -> bytes:
    if not isinstance(data, bytes):
        raise TypeError
    return data


def _column(data: bytes) -> array[int]:
    found = array("I")
    found.frombytes(data)
    return found
