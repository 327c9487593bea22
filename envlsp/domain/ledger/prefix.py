"""A ledger as far as it was admitted before, in columns: read at once, made into nodes when asked for.

Whoever keeps one on this device trusts it as they trust the records beside it, and
compares the ids with those. Content records are in it whole; of the auth-class ones only
what admission settled, since they are few and say more than columns can. Refuses to know
where it lies and how it is sealed.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from envlsp.domain.ids import (
    RECORD_ID_BYTES,
    DevicePk,
    EpochId,
    RecordId,
    ScopeId,
    TeamId,
    UserId,
    split_ids,
)
from envlsp.domain.ledger.facts import Facts
from envlsp.domain.ledger.records import (
    CheckedRecord,
    EnvNote,
    Header,
    Pub,
    RecordType,
    Release,
    Role,
    Unknown,
)

T = TypeVar("T", bound=Hashable)

ID_BYTES: Final = RECORD_ID_BYTES
NUMBERS: Final = 7
"""Columns of whole numbers: author, seq, height, place, body size, size, mask."""

Place = tuple[int, EpochId, bytes]
"""Type, epoch of the body, scope (empty where the type has none): few, and shared by many."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known for ever of one auth-class record, beside its bytes."""

    index: int
    facts: Facts
    lowers: tuple[tuple[UserId, Role], ...]
    is_kill: bool
    broken_via: tuple[tuple[int, tuple[UserId, ...]], ...]
    """(dense number of the removal, users)."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The columns: one entry for each record, parents first."""

    ids: bytes
    body_hashes: bytes
    numbers: array[int]
    parents_end: array[int]
    """Where each record's parents end in `parents`."""
    parents: array[int]
    authors: tuple[DevicePk, ...]
    places: tuple[Place, ...]
    masks: tuple[int, ...]
    """Sets of auth-class ancestors, as dense bits."""
    heads: tuple[int, ...]
    settled: tuple[Settled, ...]
    """Of each auth-class record, in dense order."""

    def __len__(self) -> int:
        return len(self.parents_end)

    def all_ids(self, after: int = 0) -> tuple[RecordId, ...]:
        """Return every id in order, but the first so many."""
        return split_ids(self.ids[after * ID_BYTES :])

    def find(self, record: bytes) -> int | None:
        """Return where a record stands. For a few of them: whoever asks for many makes a dict."""
        at = self.ids.find(record)
        while at >= 0 and at % ID_BYTES:  # two ids beside each other can look like a third
            at = self.ids.find(record, at + 1)
        return None if at < 0 or len(record) != ID_BYTES else at // ID_BYTES

    def id_at(self, index: int) -> RecordId:
        """Return one id."""
        return RecordId(self.ids[index * ID_BYTES : (index + 1) * ID_BYTES])

    def parents_at(self, index: int) -> array[int]:
        """Return where the parents of a record stand."""
        return self.parents[self.parents_end[index - 1] if index else 0 : self.parents_end[index]]

    def mask_at(self, index: int) -> int:
        """Return the auth-class ancestors of a record, as dense bits."""
        return self.masks[self.numbers[index * NUMBERS + 6]]

    def auth_indices(self) -> list[int]:
        """Return where the auth-class records stand, in dense order."""
        return [one.index for one in self.settled]

    def record_at(self, index: int, team: TeamId) -> CheckedRecord:
        """Return a content record again."""
        author, seq, height, place, body_size, size, _ = self.numbers[index * NUMBERS : (index + 1) * NUMBERS]
        kind, epoch, scope = self.places[place]
        header = Header(
            team=team,
            type=kind,
            author=self.authors[author],
            seq=seq,
            height=height,
            parents=tuple(self.id_at(parent) for parent in self.parents_at(index)),
            epoch=epoch,
            body_hash=self.body_hashes[index * ID_BYTES : (index + 1) * ID_BYTES],
            pub=_pub(kind, scope),
        )
        return CheckedRecord(self.id_at(index), header, body_size, size=size)


class Columns:
    """A prefix on its way: what one before it had, and records after those."""

    def __init__(self, start: Prefix | None = None) -> None:
        self._ids = bytearray(start.ids if start else b"")
        self._body_hashes = bytearray(start.body_hashes if start else b"")
        self._numbers = array("I", start.numbers if start else ())
        self._parents_end = array("I", start.parents_end if start else ())
        self._parents = array("I", start.parents if start else ())
        self._authors = _Table[DevicePk](start.authors if start else ())
        self._places = _Table[Place](start.places if start else ())
        self._masks = _Table[int](start.masks if start else ())

    def add(self, record: CheckedRecord, parents: Iterable[int], mask: int) -> None:
        """Write down a record after all its parents."""
        header = record.header
        self._ids += record.id
        self._body_hashes += header.body_hash
        self._numbers.extend(
            (
                self._authors.place(header.author),
                header.seq,
                header.height,
                self._places.place((header.type, header.epoch, _scope(header.pub))),
                record.body_size,
                record.size,
                self._masks.place(mask),
            )
        )
        self._parents.extend(parents)
        self._parents_end.append(len(self._parents))

    def prefix(self, heads: Iterable[int], settled: Iterable[Settled]) -> Prefix:
        """Return all of it as it stands."""
        return Prefix(
            bytes(self._ids),
            bytes(self._body_hashes),
            self._numbers[:],
            self._parents_end[:],
            self._parents[:],
            tuple(self._authors.items),
            tuple(self._places.items),
            tuple(self._masks.items),
            tuple(heads),
            tuple(settled),
        )


class _Table(Generic[T]):
    """Values that many records share, each kept once."""

    def __init__(self, items: Iterable[T]) -> None:
        self.items = list(items)
        self._places = {item: place for place, item in enumerate(self.items)}

    def place(self, item: T) -> int:
        if item not in self._places:
            self._places[item] = len(self.items)
            self.items.append(item)
        return self._places[item]


def _scope(pub: Pub) -> bytes:
    return pub.scope if isinstance(pub, Release | EnvNote) else b""


def _pub(kind: int, scope: bytes) -> Pub:
    match kind:
        case RecordType.RELEASE:
            return Release(ScopeId(scope))
        case RecordType.ENV:
            return EnvNote(ScopeId(scope))
        case _:
            return Unknown()
