"""The records as a graph that only grows, with ancestry as bitsets.

Holds no orphans and judges nothing: whoever pushes has checked that all parents
are here. Indices are local (they follow arrival), so they never leave the ledger.

Auth-class records have a second, denser numbering. A team has few of them and
many releases, so the question "what did this author know about the team" is a
small integer, equal for all releases written under the same state.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from envlsp.domain.ids import DevicePk, EpochId, RecordId, UserId
from envlsp.domain.ledger.facts import Facts, Rank
from envlsp.domain.ledger.policy import is_auth
from envlsp.domain.ledger.records import CheckedRecord, Keys, Role, carried_epochs, carried_seals


@dataclass(slots=True, eq=False)
class Node:
    """A record and its place in the graph."""

    record: CheckedRecord
    index: int
    ancestors: int
    """Bitset over `index`."""
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

    @property
    def settled(self) -> Facts:
        """The facts of an admitted record."""
        assert self.facts is not None
        return self.facts


class Dag:
    """An append-only index; the newest node may be taken back until it is kept."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.by_id: dict[RecordId, Node] = {}
        self.auth: list[Node] = []
        self.kills: list[Node] = []
        """Sorted by (rank, height, id): most senior author first."""
        self.ranked: list[Node] = []
        """All auth-class records, sorted likewise."""
        self._kill_bits = 0
        self.heads: set[RecordId] = set()
        self.by_author: dict[DevicePk, dict[int, list[Node]]] = {}
        self._forks: dict[tuple[DevicePk, int], int] = {}
        """Where there are several records of one seq: the same as bitsets over `Node.index`."""

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
        node = Node(record, len(self.nodes), ancestors, auth_bit, auth_ancestors, order)
        if auth_bit:
            node.seals, node.links = _seals(record), _links(record)
        return node

    def keep(self, node: Node) -> None:
        """Add a node; one that was staged is staged no longer."""
        header = node.record.header
        self.nodes.append(node)
        self.by_id[node.record.id] = node
        self.heads.difference_update(header.parents)
        self.heads.add(node.record.id)
        same = self.by_author.setdefault(header.author, {}).setdefault(header.seq, [])
        same.append(node)
        if len(same) > 1:
            place = header.author, header.seq
            self._forks[place] = self._forks.get(place, 1 << same[0].index) | 1 << node.index

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
        return any(is_ancestor(other, node) for other in self.by_author.get(author, {}).get(seq, ()))


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
