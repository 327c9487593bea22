"""The byte form of what a device knows of its releases' places: never sent, and sealed on the disk."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

from envlsp.domain.environment import Environment, Triple
from envlsp.domain.ids import DevicePk, RecordId, ScopeId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import decode_again, encode


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
        return IndexRow(
            ids,
            _column(numbers),
            _column(ends),
            _column(base),
            tuple(Environment(ScopeId(scope), Triple(*names)) for scope, *names in environments),
            tuple(map(DevicePk, authors)),
            tuple(map(RecordId, strangers)),
            tuple(map(RecordId, notes)),
            tuple(map(RecordId, waiting)),
            tuple(map(RecordId, silent)),
            rulings,
            tuple(tuple(map(RecordId, found)) for found in heads),
        )
    except (Malformed, LimitExceeded, ValueError, TypeError):
        return None


def _column(data: bytes) -> array[int]:
    found = array("I")
    found.frombytes(data)
    return found
