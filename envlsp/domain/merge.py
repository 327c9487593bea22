"""What an environment holds when several releases are newest (PROTOCOL C.6, A1, A3).

Refuses to know where releases come from, how they are opened and which of them are
void: the ledger says so. Its rules:

- Only releases of one environment count, and only those with *effect*: not void, their
  `base` and `of` among their ancestors and of the same environment, and, for a rekey,
  the same literals and layout as what it encrypts again.
- "Later" means reachable through `base`, never through the ledger's own parents. A
  release without effect is passed through, one whose `base` is wrong is not.
- Reading makes no records. Where the newest releases differ about a name, the view
  has a conflict there and no value.
- Contents are asked for only when they decide something: none but the head's own for
  the usual history with one head, however long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Generic, Protocol, TypeVar

from envlsp.domain.environment import Environment
from envlsp.domain.ids import DevicePk, RecordId, ScopeId
from envlsp.domain.release import ReleaseContent, ReleaseKind
from envlsp.domain.secret import SecretName

V = TypeVar("V", bound=Hashable)
V_co = TypeVar("V_co", bound=Hashable, covariant=True)


class Content(Protocol[V_co]):
    """What is compared: a `Snapshot`, or fingerprints in its shape."""

    @property
    def entries(self) -> Mapping[SecretName, V_co]:
        """The literal of each name, or what stands for it."""

    @property
    def layout(self) -> object:
        """The layout, or what stands for it; only compared for equality."""


@dataclass(frozen=True, slots=True)
class ReleaseNode:
    """A release without its values: enough to say what is newer than what."""

    id: RecordId
    author: DevicePk
    height: int
    environment: Environment
    kind: ReleaseKind
    base: tuple[RecordId, ...]
    of: RecordId | None = None
    void: bool = False
    """The ledger's belief: a removal took its effect away (C.3)."""
    misplaced: bool = False
    """A `base` or `of` is not among the ancestors of the record. A fact for ever."""


def release_node(
    record: RecordId,
    author: DevicePk,
    height: int,
    scope: ScopeId,
    content: ReleaseContent,
    *,
    void: bool = False,
    misplaced: bool = False,
) -> ReleaseNode:
    """Return the node of an opened release."""
    environment = Environment(scope, content.triple)
    return ReleaseNode(
        record, author, height, environment, content.kind, content.base, content.of, void, misplaced
    )


@dataclass(frozen=True, slots=True)
class Candidate(Generic[V]):
    """One side of a conflict: the value (None where it was taken away) and who gave it."""

    value: V | None
    release: RecordId
    author: DevicePk


@dataclass(frozen=True, slots=True)
class View(Generic[V]):
    """What an environment holds.

    A name is in `entries`, in `conflicts` (two or more candidates, least (height, id)
    first), or the environment does not have it.
    """

    entries: Mapping[SecretName, V]
    conflicts: Mapping[SecretName, tuple[Candidate[V], ...]]
    heads: tuple[RecordId, ...]


_Origins = dict[SecretName, tuple[RecordId, ...]]
"""For each name the newest releases that changed it; a name taken away is still here."""


@dataclass(frozen=True, slots=True)
class _Region:
    """The makers of values that can still disagree below some heads.

    All of them are later than `floor`, and everything else below those heads is not
    later than it: so the floor answers for every name that none of them changed.
    """

    below: Mapping[RecordId, Sequence[RecordId]]
    """Newest first: each maker and the makers next below it."""
    floor: RecordId | None


class History(Generic[V]):
    """The releases of one environment and the view they add up to.

    Args:
        environment: whose releases; nodes of others are left out.
        nodes: in any order, repeated or not; or by id, this environment's alone.
        contents: what each release says; asked for as late as possible. A release that is
            not in it is malformed: it says nothing, and the walk through `base` goes past it.
        heads: the newest releases with effect, where they are known.

    Spec: docs/protocol.md, "C.6 Releases".
    """

    def __init__(
        self,
        environment: Environment,
        nodes: Iterable[ReleaseNode] | Mapping[RecordId, ReleaseNode],
        contents: Mapping[RecordId, Content[V]],
        heads: tuple[RecordId, ...] | None = None,
    ) -> None:
        self.environment = environment
        self.nodes: Mapping[RecordId, ReleaseNode] = (
            nodes
            if isinstance(nodes, Mapping)
            else {node.id: node for node in nodes if node.environment == environment}
        )
        self._contents = contents
        self._kept: dict[RecordId, bool] = {}
        self._heads = heads

    # --- which releases count ----------------------------------------------------------------

    def is_sound(self, record: RecordId) -> bool:
        """Return whether its `base` and `of` are what they must be; else nobody believes them."""
        node = self.nodes[record]
        named = node.base if node.of is None else (*node.base, node.of)
        if node.misplaced or any(not self._is_before(other, node) for other in named):
            return False
        return node.kind is not ReleaseKind.REKEY or node.base == (node.of,)

    def has_effect(self, record: RecordId) -> bool:
        """Return whether the release says anything: not void, sound, whole, and if a rekey, faithful."""
        node = self.nodes[record]
        if node.void or not self.is_sound(record) or record not in self._contents:
            return False
        return node.kind is not ReleaseKind.REKEY or self._is_faithful(node)

    def _is_before(self, other: RecordId, node: ReleaseNode) -> bool:
        found = self.nodes.get(other)
        return found is not None and found.height < node.height

    def _is_faithful(self, rekey: ReleaseNode) -> bool:
        if rekey.id not in self._kept:
            assert rekey.of is not None
            new, old = self._contents.get(rekey.id), self._contents.get(rekey.of)
            self._kept[rekey.id] = new is not None and old is not None and _say_the_same(new, old)
        return self._kept[rekey.id]

    # --- the order of releases ---------------------------------------------------------------

    def heads(self) -> tuple[RecordId, ...]:
        """Return the newest releases with effect, least (height, id) first.

        What the next push lists as its `base`.
        """
        if self._heads is None:
            self._heads = self._find_heads()
        return self._heads

    def _find_heads(self) -> tuple[RecordId, ...]:
        heads: list[RecordId] = []
        covered: set[RecordId] = set()
        for record in reversed(self.in_order()):
            # Whatever covers a release is higher, so it has been seen by now.
            if record not in covered:
                if not self.has_effect(record):
                    continue
                heads.append(record)
            if self.is_sound(record):
                covered.update(self.nodes[record].base)
        return tuple(reversed(heads))

    def heads_with(self, newer: Iterable[RecordId], before: Iterable[RecordId]) -> tuple[RecordId, ...]:
        """Return the heads, where they were `before` without some releases that came since.

        Args:
            newer: each after all that it names; none of the others comes after one of them.
            before: the heads without those.
        """
        heads = set(before)
        for record in newer:
            if self.has_effect(record):
                heads.difference_update(self._nearest(record, self.has_effect))
                heads.add(record)
        return self._sorted(heads)

    def in_order(self) -> tuple[RecordId, ...]:
        """Return every release, void ones too, by (height, id): the order of a log."""
        return self._sorted(self.nodes)

    def eff_base(self, record: RecordId) -> tuple[RecordId, ...]:
        """Return what a release was made upon: the nearest with effect, maximal only."""
        return self._maximal(self._nearest(record, self.has_effect), self.has_effect)

    def _nearest(self, record: RecordId, counts: Callable[[RecordId], bool]) -> list[RecordId]:
        """Return the first releases that count on every way down; some may be below others."""
        found: list[RecordId] = []
        seen: set[RecordId] = set()
        todo = list(self.nodes[record].base) if self.is_sound(record) else []
        while todo:
            other = todo.pop()
            if other in seen:
                continue
            seen.add(other)
            if counts(other):
                found.append(other)
            elif self.is_sound(other):
                todo += self.nodes[other].base
        return found

    def _maximal(
        self, records: Collection[RecordId], counts: Callable[[RecordId], bool]
    ) -> tuple[RecordId, ...]:
        if len(records) < 2:
            return tuple(records)
        below = self._region(records, counts).below
        covered = {other for others in below.values() for other in others}
        return self._sorted(set(records) - covered)

    def _region(self, heads: Iterable[RecordId], counts: Callable[[RecordId], bool]) -> _Region:
        """Walk down from two or more heads until one release is below everything seen."""
        queue = [(-self.nodes[head].height, head) for head in set(heads)]
        heapify(queue)
        seen = {head for _, head in queue}
        below: dict[RecordId, Sequence[RecordId]] = {}
        can_meet = True
        while queue and not (can_meet and below and len(queue) == 1):
            _, record = heappop(queue)
            below[record] = self._nearest(record, counts)
            can_meet = can_meet and bool(below[record])  # a first release is later than nothing
            for other in below[record]:
                if other not in seen:
                    seen.add(other)
                    heappush(queue, (-self.nodes[other].height, other))
        return _Region(below, queue[0][1] if queue else None)

    def _sorted(self, records: Iterable[RecordId]) -> tuple[RecordId, ...]:
        return tuple(sorted(records, key=lambda record: (self.nodes[record].height, record)))

    # --- views -------------------------------------------------------------------------------

    def view(self, heads: Iterable[RecordId] | None = None) -> View[V]:
        """Return what the environment holds at `heads`, by default the newest ones.

        Args:
            heads: releases with effect.
        """
        shown = self.heads() if heads is None else self._sorted(set(heads))
        return self._view_of(self._makers(shown), shown)

    def changed(self, record: RecordId) -> frozenset[SecretName]:
        """Return the names to which a release gave another value than it was made upon.

        Empty for a rekey and for a release without effect.
        """
        if not self._makes_values(record):
            return frozenset()
        before = self._view_of(self._maximal_makers(self._nearest(record, self._makes_values)), ())
        mine = self._contents[record].entries
        differ = {
            name for name in mine.keys() | before.entries.keys() if mine.get(name) != before.entries.get(name)
        }
        return frozenset(differ | before.conflicts.keys())

    def origins(self, heads: Iterable[RecordId] | None = None) -> dict[SecretName, RecordId]:
        """Return, for each name with a value in the view, the release that gave it that value.

        Where several gave the same one independently, the least by (height, id).

        Args:
            heads: releases with effect, by default the newest ones.
        """
        makers = self._makers(self.heads() if heads is None else self._sorted(set(heads)))
        left = dict(self._view_of(makers, ()).entries)
        found: dict[SecretName, RecordId] = {}
        while left and makers:
            if len(makers) > 1:
                makers = self._trace_region(makers, left, found)
                continue
            maker, makers = makers[0], self._maximal_makers(self._nearest(makers[0], self._makes_values))
            if len(makers) > 1:
                before = self._view_of(makers, ())
                made = {name for name, value in left.items() if before.entries.get(name) != value}
            else:
                below = self._contents[makers[0]].entries if makers else {}
                # Releases share what did not change, and to compare objects is faster.
                made = {
                    name
                    for name, value in left.items()
                    if (other := below.get(name)) is not value and other != value
                }
            for name in made:
                found[name] = maker
                del left[name]
        return found

    def _trace_region(
        self,
        makers: tuple[RecordId, ...],
        left: dict[SecretName, V],
        found: dict[SecretName, RecordId],
    ) -> tuple[RecordId, ...]:
        """Move what a region answers for from `left` to `found`; return where to go on."""
        region = self._region(makers, self._makes_values)
        for name, records in _Blame(self._contents, region).at(makers).items():
            if name in left and region.floor not in records:
                found[name] = self._sorted(records)[0]
                del left[name]
        return () if region.floor is None else (region.floor,)

    def newest_rekey(self, record: RecordId) -> RecordId:
        """Return the newest release that says the same under a newer key, or `record` itself.

        Reads prefer it: its epoch is the one a device is sure to hold.
        """
        same = [record]
        for other in self.in_order():
            node = self.nodes[other]
            if node.kind is ReleaseKind.REKEY and node.of in same and self.has_effect(other):
                same.append(other)
        return same[-1]

    def _makes_values(self, record: RecordId) -> bool:
        # A faithful rekey changes nothing and any other one is passed through: the same
        # view either way, so no rekey is opened for it.
        node = self.nodes[record]
        if node.kind is ReleaseKind.REKEY or node.void or not self.is_sound(record):
            return False
        return record in self._contents

    def _makers(self, heads: Iterable[RecordId]) -> tuple[RecordId, ...]:
        """Return the maximal releases that make values, at or below `heads`."""
        makers: set[RecordId] = set()
        for head in heads:
            makers.update((head,) if self._makes_values(head) else self._nearest(head, self._makes_values))
        return self._maximal_makers(makers)

    def _maximal_makers(self, makers: Collection[RecordId]) -> tuple[RecordId, ...]:
        return self._maximal(makers, self._makes_values)

    def _view_of(self, makers: tuple[RecordId, ...], heads: tuple[RecordId, ...]) -> View[V]:
        if len(makers) == 1:
            # P9: a release settles every name, so its own snapshot is the view.
            return View(dict(self._contents[makers[0]].entries), {}, heads)
        region = self._region(makers, self._makes_values)
        entries: dict[SecretName, V] = {}
        conflicts: dict[SecretName, tuple[Candidate[V], ...]] = {}
        for name, records in _Blame(self._contents, region).at(makers).items():
            candidates = tuple(self._candidate(record, name) for record in self._sorted(records))
            first = candidates[0].value
            if any(candidate.value != first for candidate in candidates):
                conflicts[name] = candidates
            elif first is not None:
                entries[name] = first
        return View(entries, conflicts, heads)

    def _candidate(self, record: RecordId, name: SecretName) -> Candidate[V]:
        return Candidate(self._contents[record].entries.get(name), record, self.nodes[record].author)


def _say_the_same(one: Content[V], other: Content[V]) -> bool:
    return dict(one.entries) == dict(other.entries) and one.layout == other.layout


class _Blame(Generic[V]):
    """Who made the value of each name, release by release up through a region."""

    def __init__(self, contents: Mapping[RecordId, Content[V]], region: _Region) -> None:
        self._contents = contents
        self._region = region
        self._order = list(region.below)[::-1]
        self._bit: dict[RecordId, int] = {}
        self._earlier: dict[RecordId, int] = {}
        self._number()

    def _number(self) -> None:
        """Give each release a bit, and the set of the bits of those before it."""
        floor = self._region.floor
        for place, record in enumerate(([floor] if floor is not None else []) + self._order):
            self._bit[record] = 1 << place
            self._earlier[record] = 0
            for other in self._region.below.get(record, ()):
                self._earlier[record] |= self._earlier[other] | self._bit[other]

    def at(self, heads: tuple[RecordId, ...]) -> _Origins:
        """Return the newest changers of every name below `heads`."""
        known: dict[RecordId, _Origins] = {}
        if (floor := self._region.floor) is not None:
            known[floor] = dict.fromkeys(self._contents[floor].entries, (floor,))
        # A history is mostly chains: the last reader of an origin map takes it over
        # instead of copying it, which keeps a long branch linear.
        readers = Counter(other for others in self._region.below.values() for other in others)
        readers.update(heads)
        for record in self._order:
            merged = self._merge(self._region.below[record], known, readers)
            known[record] = self._update(record, merged)
        return self._merge(heads, known, readers)

    def _merge(
        self, records: Sequence[RecordId], known: dict[RecordId, _Origins], readers: Counter[RecordId]
    ) -> _Origins:
        merged: _Origins = {}
        for index, record in enumerate(records):
            readers[record] -= 1
            origins = known[record] if readers[record] else known.pop(record)
            if index == 0:
                merged = dict(origins) if readers[record] else origins
                continue
            for name, found in origins.items():
                merged[name] = self._newest(merged.get(name, ()), found)
        return merged

    def _newest(self, some: tuple[RecordId, ...], more: tuple[RecordId, ...]) -> tuple[RecordId, ...]:
        if not some or some == more:
            return more
        both = set(some) | set(more)
        earlier = 0
        for record in both:
            earlier |= self._earlier[record]
        return tuple(record for record in both if not self._bit[record] & earlier)

    def _update(self, record: RecordId, merged: _Origins) -> _Origins:
        """Return `merged` with the names that `record` changed."""
        mine = self._contents[record].entries
        for name in mine.keys() | merged.keys():
            value = mine.get(name)
            makers = merged.get(name, ())
            before = {self._contents[maker].entries.get(name) for maker in makers} or {None}
            if before != {value}:
                merged[name] = (record,)
        return merged
