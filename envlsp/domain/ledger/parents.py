"""Which heads the next record of an author follows, where there are more than a record can name.

All heads, if they fit. Of more than that, first the *idle* ones go: void records without
keys, on which nothing that counts can rest. A removed device may have left thousands of
them, and whoever followed them, thirty at a time, would carry its whole flood along.
What else lies below an idle head is followed in its stead.

Spec: docs/protocol.md, "B.3 Record".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.dag import Dag, Node
from envlsp.domain.ledger.policy import PARENTS_MAX
from envlsp.domain.ledger.resolve import Standing

IsVoid = Callable[[Node], bool]


class Parents:
    """Chooses parents, and remembers which heads are idle while nobody's rights change."""

    def __init__(self, dag: Dag, standing: Callable[[], Standing], judge: Callable[[], IsVoid]) -> None:
        """Begin.

        Args:
            dag: the records.
            standing: gives what counts at the moment.
            judge: gives what tells, from the state of the moment, whether a record is void.
        """
        self._dag = dag
        self._standing = standing
        self._judge_now = judge
        self._ruled = (0, 0)
        """The removals that stood, and what else made records void, when heads were last judged."""
        self._judged: set[RecordId] = set()
        self._idle: set[RecordId] = set()
        self._walked: set[RecordId] = set()
        self._below: list[Node] = []

    def among(self, author: DevicePk, heads: Iterable[Node]) -> tuple[RecordId, ...]:
        """Return the author's own last record and the greatest of some heads, at most 32, sorted."""
        found = sorted(heads, key=lambda node: node.order)
        if len(found) > PARENTS_MAX:
            own = self._last_of(author)
            found = [node for node in found if node is not own]
            room = PARENTS_MAX - 1 if own else PARENTS_MAX
            found = found[-room:] + ([own] if own else [])
        return tuple(sorted(node.record.id for node in found))

    def of(self, author: DevicePk) -> tuple[RecordId, ...]:
        """Return the parents of an author's next record, sorted."""
        dag = self._dag
        if len(dag.heads) <= PARENTS_MAX:
            return tuple(sorted(dag.heads))
        self._judge()
        awake = [dag.by_id[head] for head in dag.heads - self._idle]
        own = self._last_of(author)
        found = {node.index: node for node in (*awake, *self._below, *([own] if own else ()))}
        return self.among(author, _maximal(found.values()))

    def _judge(self) -> None:
        """Find out about the heads that came since, or about all when other removals stand."""
        standing = self._standing()
        if self._ruled != (standing.kills, standing.dead):
            self._ruled = standing.kills, standing.dead
            for known in (self._judged, self._idle, self._walked):
                known.clear()
            self._below = []
        fresh = self._dag.heads - self._judged
        if not fresh:
            return
        self._judged |= fresh
        is_void = self._judge_now()
        idle = [head for head in fresh if _is_idle(self._dag.by_id[head], is_void)]
        if idle:
            self._idle.update(idle)
            self._below = _maximal([*self._below, *self._awake_below(idle, is_void)])

    def _awake_below(self, idle: Iterable[RecordId], is_void: IsVoid) -> list[Node]:
        """Return the first nodes that are not idle on every way down that was not walked yet."""
        found: list[Node] = []
        todo = [parent for head in idle for parent in self._dag.by_id[head].record.header.parents]
        while todo:
            record = todo.pop()
            if record in self._walked:
                continue
            self._walked.add(record)
            node = self._dag.by_id[record]
            if _is_idle(node, is_void):
                todo += node.record.header.parents
            else:
                found.append(node)
        return found

    def _last_of(self, author: DevicePk) -> Node | None:
        by_seq = self._dag.by_author.get(author)
        if not by_seq:
            return None
        return max(map(self._dag.at, by_seq[max(by_seq)]), key=lambda node: node.order)


def _is_idle(node: Node, is_void: IsVoid) -> bool:
    return not node.seals and not node.links and is_void(node)


def _maximal(nodes: Collection[Node]) -> list[Node]:
    """Return the nodes that no other of them comes after."""
    covered = 0
    for node in nodes:
        covered |= node.ancestors
    return [node for node in nodes if not covered >> node.index & 1]
