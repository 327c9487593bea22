"""The records as a graph that only grows, with ancestry as bitsets.

Holds no orphans and judges nothing: whoever pushes has checked that all parents
are here. Indices are local (they follow arrival), so they never leave the ledger.

Auth-class records have a second, denser numbering. A team has few of them and
many releases, so the question "what did this author know about the team" is a
small integer, equal for all releases written under the same state.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Final

from envlsp.domain.ids import DevicePk, EpochId, RecordId, TeamId, UserId
from envlsp.domain.ledger.facts import Facts, Rank
from envlsp.domain.ledger.policy import is_auth
from envlsp.domain.ledger.prefix import NUMBERS, Columns, Prefix, Settled
from envlsp.domain.ledger.records import CheckedRecord, Keys, Role, carried_epochs, carried_seals

_FEW: Final = 32
_ASKED_MAX: Final = 30
"""Records of a prefix are looked for one by one so often; from then on all of them are in a dict."""


@dataclass(slots=True, eq=False)
class Node:
    """A record and its place in the graph."""

    record: CheckedRecord
    index: int
    _ancestors: int | None
    auth_bit: int
    """Its own bit in the dense numbering; 0 if it is not auth-class."""
    auth_ancestors: int
    """Bitset over the dense numbering."""
    order: tuple[int, RecordId]
    facts: Facts | None = None
    lowers: dict[UserId, Role] = field(default_factory=dict)
    """For a role or scope_set: whom it lowers, and to what."""
    is_kill: bool = False
    broken_via: dict[int, frozenset[UserId]] = field(default_factory=dict)
    """For an auth-class record: the removals that break it, as dense bits, and whose
    records in its chain they hit."""
    breakers: int = 0
    """The keys of `broken_via`, together."""
    seals: tuple[tuple[EpochId, frozenset[DevicePk]], ...] = ()
    """Whom it seals which epochs to."""
    links: tuple[tuple[EpochId, EpochId], ...] = ()
    """(newer, older): whoever holds the first can open the second."""
    past: Past | None = None
    """Who knows the ancestors of a node that came out of a prefix."""

    @property
    def ancestors(self) -> int:
        """Bitset over `index`."""
        if self._ancestors is None:
            assert self.past is not None
            self._ancestors = self.past.of(self.index)
        return self._ancestors

    @property
    def settled(self) -> Facts:
        """The facts of an admitted record."""
        assert self.facts is not None
        return self.facts


class Past:
    """The ancestors of the records in a prefix, found in one pass when somebody asks."""

    def __init__(self, prefix: Prefix) -> None:
        self._prefix = prefix
        self._found: list[int] = []

    def of(self, index: int) -> int:
        """Return a bitset over indices."""
        if self._prefix.heads == (index,):
            return (1 << index) - 1  # the only head comes after everything
        if not self._found:
            self._walk()
        return self._found[index]

    def _walk(self) -> None:
        found, parents, start = self._found, self._prefix.parents, 0
        for end in self._prefix.parents_end:
            bits = 0
            for parent in parents[start:end]:
                bits |= found[parent] | 1 << parent
            found.append(bits)
            start = end


class _ById(dict[RecordId, Node]):
    """The nodes by id; one that is still in the prefix is made when it is asked for."""

    def __init__(self, make: Callable[[RecordId], Node | None], is_there: Callable[[object], bool]) -> None:
        super().__init__()
        self._make = make
        self._is_there = is_there

    def __missing__(self, record: RecordId) -> Node:
        node = self._make(record)
        if node is None:
            raise KeyError(record)
        return node

    def __contains__(self, record: object) -> bool:
        return super().__contains__(record) or self._is_there(record)

    def get(self, record: RecordId, default: Node | None = None) -> Node | None:  # type: ignore[override]
        """Return a node, or the default."""
        try:
            return self[record]
        except KeyError:
            return default


class Dag:
    """An append-only index; the newest node may be taken back until it is kept.

    Args:
        team: whose records they are.
        prefix: what was kept of it before; its auth-class nodes are put in place by the caller.
    """

    def __init__(self, team: TeamId | None = None, prefix: Prefix | None = None) -> None:
        self._team = team
        self._prefix = prefix
        self._past = Past(prefix) if prefix else None
        self._asked = 0
        """How often a record of the prefix was looked for."""
        self._made: list[Node | None] = [None] * (len(prefix) if prefix else 0)
        self.by_id = _ById(self._thaw_id, self._is_in_prefix)
        self.auth: list[Node] = []
        self.kills: list[Node] = []
        """Sorted by (rank, height, id): most senior author first."""
        self.ranked: list[Node] = []
        """All auth-class records, sorted likewise."""
        self._kill_bits = 0
        self.heads: set[RecordId] = {prefix.id_at(head) for head in prefix.heads} if prefix else set()

    def __len__(self) -> int:
        return len(self._made)

    @property
    def nodes(self) -> list[Node]:
        """Every node, parents first."""
        return [self.at(index) for index in range(len(self._made))]

    def ids(self, after: int = 0) -> Iterator[RecordId]:
        """Yield the ids of the nodes from an index on, making none."""
        kept = len(self._prefix) if self._prefix else 0
        if self._prefix and after < kept:
            yield from self._prefix.all_ids(after)
        for node in filter(None, self._made[max(after, kept) :]):
            yield node.record.id

    def at(self, index: int) -> Node:
        """Return the node of an index."""
        node = self._made[index]
        return node if node is not None else self._thaw(index)

    @cached_property
    def by_author(self) -> dict[DevicePk, dict[int, list[int]]]:
        """The indices of each author's records, by seq."""
        found: dict[DevicePk, dict[int, list[int]]] = {}
        if self._prefix:
            authors, numbers = self._prefix.authors, self._prefix.numbers
            for index, author in enumerate(numbers[0::NUMBERS]):
                seq = numbers[index * NUMBERS + 1]
                found.setdefault(authors[author], {}).setdefault(seq, []).append(index)
        return found

    @cached_property
    def _forks(self) -> dict[tuple[DevicePk, int], int]:
        """Where there are several records of one seq: the same as bitsets."""
        return {
            (author, seq): sum(1 << index for index in indices)
            for author, by_seq in self.by_author.items()
            for seq, indices in by_seq.items()
            if len(indices) > 1
        }

    @cached_property
    def _places(self) -> dict[RecordId, int]:
        return {record: index for index, record in enumerate(self._prefix.all_ids())} if self._prefix else {}

    def _place(self, record: object) -> int | None:
        if self._prefix is None or not isinstance(record, bytes):
            return None
        if self._asked < _ASKED_MAX:
            self._asked += 1
            return self._prefix.find(record)
        return self._places.get(RecordId(record))

    def _is_in_prefix(self, record: object) -> bool:
        return self._place(record) is not None

    def _thaw_id(self, record: RecordId) -> Node | None:
        index = self._place(record)
        return None if index is None else self._thaw(index)

    def _thaw(self, index: int) -> Node:
        assert self._prefix is not None
        assert self._team is not None
        record = self._prefix.record_at(index, self._team)
        return self._put(index, record, 0)

    def _put(self, index: int, record: CheckedRecord, auth_bit: int) -> Node:
        assert self._prefix is not None
        order = (record.header.height, record.id)
        mask = self._prefix.mask_at(index)
        node = Node(record, index, None, auth_bit, mask, order, past=self._past)
        self._made[index] = node
        self.by_id[record.id] = node
        return node

    def put_auth(self, record: CheckedRecord, settled: Settled) -> None:
        """Put an auth-class node of the prefix in place, with what was settled about it."""
        node = self._put(settled.index, record, 1 << len(self.auth))
        node.seals, node.links = _seals(record), _links(record)
        node.facts, node.is_kill = settled.facts, settled.is_kill
        node.lowers = dict(settled.lowers)
        node.broken_via = {1 << kill: frozenset(users) for kill, users in settled.broken_via}
        node.breakers = sum(node.broken_via)
        self.stage(node)

    def prefix(self) -> Prefix:
        """Return everything there is, as columns."""
        columns = Columns(self._prefix)
        for node in filter(None, self._made[len(self._prefix) if self._prefix else 0 :]):
            parents = [self.by_id[parent].index for parent in node.record.header.parents]
            columns.add(node.record, parents, node.auth_ancestors)
        heads = sorted(self.by_id[head].index for head in self.heads)
        return columns.prefix(heads, [_settled(node) for node in self.auth])

    def node_of(self, record: CheckedRecord) -> Node:
        """Return a node for a record whose parents are all here, without adding it."""
        ancestors = auth_ancestors = 0
        by_id = self.by_id
        for parent in record.header.parents:
            node = by_id[parent]
            ancestors |= node.ancestors | 1 << node.index
            auth_ancestors |= node.auth_ancestors | node.auth_bit
        auth_bit = 1 << len(self.auth) if is_auth(record.header.type) else 0
        order = (record.header.height, record.id)
        node = Node(record, len(self._made), ancestors, auth_bit, auth_ancestors, order)
        if auth_bit:
            node.seals, node.links = _seals(record), _links(record)
        return node

    def keep(self, node: Node) -> None:
        """Add a node; one that was staged is staged no longer."""
        header = node.record.header
        self._made.append(node)
        self.by_id[node.record.id] = node
        self.heads.difference_update(header.parents)
        self.heads.add(node.record.id)
        same = self.by_author.setdefault(header.author, {}).setdefault(header.seq, [])
        same.append(node.index)
        if len(same) > 1:
            place = header.author, header.seq
            self._forks[place] = self._forks.get(place, 1 << same[0]) | 1 << node.index

    def stage(self, node: Node) -> None:
        """Make an auth-class node visible to resolution before it is known to be admissible."""
        assert node.auth_bit == 1 << len(self.auth)
        self.auth.append(node)
        self.by_id[node.record.id] = node
        insort(self.ranked, node, key=kill_order)
        if node.is_kill:
            insort(self.kills, node, key=kill_order)
            self._kill_bits |= node.auth_bit

    def unstage(self, node: Node) -> None:
        """Take the staged node back."""
        assert self.auth[-1] is node
        self.auth.pop()
        del self.by_id[node.record.id]
        self.ranked.remove(node)
        if node.is_kill:
            self.kills.remove(node)
            self._kill_bits ^= node.auth_bit
            for other in self.auth:
                other.breakers &= ~node.auth_bit
                other.broken_via.pop(node.auth_bit, None)

    def auth_nodes(self, bits: int) -> Iterator[Node]:
        """Yield the auth-class nodes of a bitset."""
        auth = self.auth
        if bits.bit_count() > _FEW:  # bit by bit, each would copy all the others
            yield from compress(auth, map("1".__eq__, reversed(f"{bits:b}")))
            return
        while bits:
            low = bits & -bits
            yield auth[low.bit_length() - 1]
            bits ^= low

    def kills_in(self, mask: int) -> list[Node]:
        """Return the removals of a set, most senior author first."""
        bits = mask & self._kill_bits
        return self.kills if bits == self._kill_bits else sorted(self.auth_nodes(bits), key=kill_order)

    def highest_seq(self, author: DevicePk) -> int:
        """Return the highest seq stored of an author, 0 if there is none."""
        return max(self.by_author.get(author, (0,)))

    def has_right_seq(self, node: Node) -> bool:
        """Tell whether seq is one more than the author's highest among the ancestors.

        An admitted record has all lower seqs of its author in its past, so looking
        at the two neighbouring numbers is enough.
        """
        header = node.record.header
        if self._is_past(header.author, header.seq, node):
            return False
        return header.seq == 1 or self._is_past(header.author, header.seq - 1, node)

    def _is_past(self, author: DevicePk, seq: int, node: Node) -> bool:
        """Tell whether a record of that author and seq is in the past of a node."""
        if (author, seq) in self._forks:
            return bool(node.ancestors & self._forks[author, seq])
        return any(node.ancestors >> index & 1 for index in self.by_author.get(author, {}).get(seq, ()))


def _settled(node: Node) -> Settled:
    return Settled(
        node.index,
        node.settled,
        tuple(sorted(node.lowers.items())),
        node.is_kill,
        tuple((bit.bit_length() - 1, tuple(sorted(users))) for bit, users in sorted(node.broken_via.items())),
    )


def _seals(record: CheckedRecord) -> tuple[tuple[EpochId, frozenset[DevicePk]], ...]:
    pub = record.header.pub
    carried = zip(record.epoch_ids, carried_epochs(pub), strict=False)  # admission compares the lengths
    new = [(key, frozenset(dpk for dpk, _ in epoch.seals)) for key, epoch in carried]
    return (*new, *((seal.epoch, frozenset((seal.to,))) for seal in carried_seals(pub)))


def _links(record: CheckedRecord) -> tuple[tuple[EpochId, EpochId], ...]:
    pub = record.header.pub
    if isinstance(pub, Keys):
        return tuple((link.new, link.old) for link in pub.links)
    carried = zip(record.epoch_ids, carried_epochs(pub), strict=False)
    return tuple((key, link.old) for key, epoch in carried for link in epoch.links)


def kill_order(node: Node) -> tuple[object, ...]:
    """Return the sort key of a removal: its author's rank, then (height, id)."""
    return (node.settled.rank, *node.order)


def rank_of(node: Node) -> Rank:
    """Return how senior a node's author is."""
    return node.settled.rank


def is_ancestor(older: Node, newer: Node) -> bool:
    """Tell whether `older` is in the past of `newer`; nothing is in its own."""
    return bool(newer.ancestors >> older.index & 1)


def are_concurrent(one: Node, other: Node) -> bool:
    """Tell whether neither of two nodes knew of the other: `conc(x, y)`."""
    return one is not other and not is_ancestor(one, other) and not is_ancestor(other, one)


def maximal(nodes: Iterable[Node]) -> list[Node]:
    """Return the auth-class nodes that no other of them comes after, least (height, id) first."""
    found = list(nodes)
    covered = 0
    for node in found:
        covered |= node.auth_ancestors
    return sorted((node for node in found if not node.auth_bit & covered), key=lambda node: node.order)
