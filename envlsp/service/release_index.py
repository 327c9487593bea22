"""What every release says about its place: environment, kind, what it names, its number. No value.

Columns, because a start reads all of them and asks about a few: in the order in which
this device opened them, so whatever a release names stands before it. Facts for ever
only; whether a release counts is asked of the ledger each time (`NodesOf`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

from envlsp.domain.environment import Environment
from envlsp.domain.ids import RECORD_ID_BYTES, DevicePk, RecordId, split_ids
from envlsp.domain.merge import ReleaseNode
from envlsp.domain.release import ReleaseKind
from envlsp.domain.versions import ALONE
from envlsp.wire.release_index import COLUMNS, IndexRow

T = TypeVar("T", bound=Hashable)

ID_BYTES: Final = RECORD_ID_BYTES
_SOUND, _MISPLACED, _UNSOUND = range(3)
NO_ENVIRONMENT: Final = 2**32 - 1
"""The number of one without releases."""
_STRANGER: Final = 2**31
"""From here on a place is one in the list of strangers: named, and no release we have opened."""


class Entry(NamedTuple):
    """One release, on its way into the index."""

    id: RecordId
    environment: Environment
    author: DevicePk
    height: int
    kind: ReleaseKind
    base: tuple[RecordId, ...]
    of: RecordId | None
    misplaced: bool


class Learned(NamedTuple):
    """What a device knows beside the places of its releases; see `IndexRow`."""

    notes: tuple[RecordId, ...]
    waiting: tuple[RecordId, ...]
    silent: tuple[RecordId, ...]
    rulings: int
    heads: tuple[tuple[RecordId, ...], ...]


class ReleaseIndex:
    """All releases that this device has opened as far as their names."""

    def __init__(self, row: IndexRow | None = None) -> None:
        self.ids = bytearray(row.ids if row else b"")
        self.numbers: array[int] = row.numbers if row else array("I")
        self.base_end: array[int] = row.base_end if row else array("I")
        self.base: array[int] = row.base if row else array("I")
        self.environments: list[Environment] = list(row.environments if row else ())
        self.authors: list[DevicePk] = list(row.authors if row else ())
        self.strangers: list[RecordId] = list(row.strangers if row else ())

    def __len__(self) -> int:
        return len(self.base_end)

    def row(self, learned: Learned) -> IndexRow:
        """Return all of it as it stands, with what else was learned."""
        return IndexRow(
            bytes(self.ids),
            self.numbers[:],
            self.base_end[:],
            self.base[:],
            tuple(self.environments),
            tuple(self.authors),
            tuple(self.strangers),
            *learned,
        )

    @cached_property
    def _places(self) -> dict[RecordId, int]:
        return {record: place for place, record in enumerate(split_ids(bytes(self.ids)))}

    @cached_property
    def _environment_places(self) -> dict[Environment, int]:
        return {environment: place for place, environment in enumerate(self.environments)}

    @cached_property
    def _author_places(self) -> dict[DevicePk, int]:
        return {author: place for place, author in enumerate(self.authors)}

    def id_at(self, place: int) -> RecordId:
        """Return a release's id."""
        return RecordId(bytes(self.ids[place * ID_BYTES : (place + 1) * ID_BYTES]))

    def place_of(self, record: RecordId) -> int | None:
        """Return where a release stands; None where we have not opened it."""
        return self._places.get(record)

    def lacking(self, records: Iterable[RecordId]) -> set[RecordId]:
        """Return those that are no releases we have opened."""
        return set(records).difference(self._places)

    def environment_number(self, environment: Environment) -> int | None:
        """Return the number that an environment has in here."""
        return self._environment_places.get(environment)

    def is_of(self, place: int, environment: int) -> bool:
        """Return whether a release is one of an environment."""
        return self.numbers[place * COLUMNS] == environment

    def places_of(self, environment: int, size: int, after: int = 0) -> list[int]:
        """Return the releases of an environment among the first `size`, after so many."""
        own = self.numbers[after * COLUMNS : size * COLUMNS : COLUMNS]
        return [place for place, other in enumerate(own, after) if other == environment]

    def places_with(self, number: int, size: int) -> list[int]:
        """Return the releases with a version number among the first `size`, of every environment."""
        column = self.numbers[3 : size * COLUMNS : COLUMNS]
        return [place for place, other in enumerate(column) if other == number]

    def number_at(self, place: int) -> int:
        """Return the version number of a release."""
        return self.numbers[place * COLUMNS + 3]

    def add(self, entry: Entry) -> None:
        """Add a release after all that it names; what it names and is not here is a stranger."""
        place, environment = len(self), self._number_of(entry.environment)
        base = [self._ref(other) for other in entry.base]
        of = 0 if entry.of is None else self._ref(entry.of) + 1
        number, belief = self._count(entry, environment)
        author = _numbered(entry.author, self.authors, self._author_places)
        self._places[entry.id] = place
        self.ids += entry.id
        self.base.extend(base)
        self.base_end.append(len(self.base))
        self.numbers.extend((environment, entry.kind, entry.height, number, author, belief, of))

    def node_at(self, place: int, *, void: bool) -> ReleaseNode:
        """Return a release as `domain.merge` knows it."""
        row = self.numbers[place * COLUMNS : (place + 1) * COLUMNS]
        environment, kind, height, _, author, belief, of = row
        base = self.base[self.base_end[place - 1] if place else 0 : self.base_end[place]]
        return ReleaseNode(
            id=self.id_at(place),
            author=self.authors[author],
            height=height,
            environment=self.environments[environment],
            kind=ReleaseKind(kind),
            base=tuple(map(self._named, base)),
            of=self._named(of - 1) if of else None,
            void=void,
            misplaced=belief == _MISPLACED,
        )

    def _number_of(self, environment: Environment) -> int:
        return _numbered(environment, self.environments, self._environment_places)

    def _ref(self, record: RecordId) -> int:
        place = self._places.get(record)
        if place is not None:
            return place
        self.strangers.append(record)
        return _STRANGER + len(self.strangers) - 1

    def _named(self, ref: int) -> RecordId:
        return self.strangers[ref - _STRANGER] if ref >= _STRANGER else self.id_at(ref)

    def _count(self, entry: Entry, environment: int) -> tuple[int, int]:
        """Return `n(r)` of C.6, and what is believed; a release that names nonsense stands alone."""
        named = entry.base if entry.of is None else (*entry.base, entry.of)
        places = [self._places.get(other) for other in named]
        known = [p for p in places if p is not None and self._is_before(p, environment, entry.height)]
        is_rekey = entry.kind is ReleaseKind.REKEY
        if entry.misplaced:
            return ALONE, _MISPLACED
        if len(known) != len(named) or (is_rekey and entry.base != (entry.of,)):
            return ALONE, _UNSOUND
        if is_rekey:
            return self.number_at(known[-1]), _SOUND
        return 1 + max(map(self.number_at, known[: len(entry.base)]), default=0), _SOUND

    def sound_bases_at(self, place: int) -> Sequence[int]:
        """Return where the believed bases of a release stand: none where it names nonsense."""
        if self.numbers[place * COLUMNS + 5] != _SOUND:
            return ()
        return self.base[self.base_end[place - 1] if place else 0 : self.base_end[place]]

    def _is_before(self, place: int, environment: int, height: int) -> bool:
        return self.is_of(place, environment) and self.numbers[place * COLUMNS + 2] < height


def _numbered(item: T, items: list[T], places: dict[T, int]) -> int:
    """Return the place of an item among the others, put there if it is new."""
    place = places.setdefault(item, len(items))
    if place == len(items):
        items.append(item)
    return place


class NodesOf(Mapping[RecordId, ReleaseNode]):
    """The releases of one environment as nodes, each made when it is asked for.

    Shows the first `size` entries of the index, whatever is added later.
    """

    def __init__(
        self, index: ReleaseIndex, environment: int, size: int, is_void: Callable[[RecordId], bool]
    ) -> None:
        self._index = index
        self._environment = environment
        self._size = size
        self._is_void = is_void
        self._made: dict[RecordId, ReleaseNode] = {}

    def __getitem__(self, record: RecordId) -> ReleaseNode:
        node = self._made.get(record)
        if node is None:
            place = self._place(record)
            if place is None:
                raise KeyError(record)
            node = self._made[record] = self._index.node_at(place, void=self._is_void(record))
        return node

    def __contains__(self, record: object) -> bool:
        return record in self._made or self._place(record) is not None

    def __iter__(self) -> Iterator[RecordId]:
        return map(self._index.id_at, self._places)

    def __len__(self) -> int:
        return len(self._places)

    @cached_property
    def _places(self) -> list[int]:
        return self._index.places_of(self._environment, self._size)

    def _place(self, record: object) -> int | None:
        place = self._index.place_of(record)  # type: ignore[arg-type]
        if place is None or place >= self._size or not self._index.is_of(place, self._environment):
            return None
        return place

    def after(self, size: int) -> list[int]:
        """Return the places of those that came after the first `size` entries."""
        return self._index.places_of(self._environment, self._size, size)

    def newest(self, has_effect: Callable[[RecordId], bool]) -> list[RecordId]:
        """Return the heads, making no node of what others cover: `History.heads` of C.6."""
        heads: list[RecordId] = []
        covered: set[int] = set()
        for place in reversed(self._places):  # whatever covers a release came later
            if place not in covered:
                record = self._index.id_at(place)
                if not has_effect(record):
                    continue
                heads.append(record)
            covered.update(self._index.sound_bases_at(place))
        return heads

    # --- numbers -----------------------------------------------------------------------------

    def of(self, record: RecordId) -> int:
        """Return the version number of a release."""
        place = self._place(record)
        if place is None:
            raise KeyError(record)
        return self._index.number_at(place)

    def sharing(self, number: int) -> Sequence[RecordId]:
        """Return every release of that number by (height, id)."""
        places = self._index.places_with(number, self._size)
        found = [self[self._index.id_at(p)] for p in places if self._index.is_of(p, self._environment)]
        return [node.id for node in sorted(found, key=lambda node: (node.height, node.id))]
