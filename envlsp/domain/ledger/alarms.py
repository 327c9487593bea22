"""What the shape of the graph alone gives away: copied keys and floods.

Spec: docs/protocol.md, "C.4 Fold" and "C.5 What this yields".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from envlsp.domain.ledger.dag import Dag, Node, maximal
from envlsp.domain.ledger.policy import CONCURRENT_AUTH_MAX
from envlsp.domain.ledger.state import Alarm, AlarmKind


def graph_alarms(dag: Dag) -> list[Alarm]:
    """Return a fork alarm per author and seq used twice, and a flood alarm per author."""
    return [*_forks(dag), *_floods(dag)]


def _forks(dag: Dag) -> Iterator[Alarm]:
    for author, by_seq in dag.by_author.items():
        for indices in by_seq.values():
            if len(indices) > 1:
                ids = sorted(dag.at(index).record.id for index in indices)
                yield Alarm(AlarmKind.FORK, author, tuple(ids))


def _floods(dag: Dag) -> Iterator[Alarm]:
    """Find authors with too many mutually concurrent auth-class records.

    Two sets of which are surely concurrent are looked at: those of one seq, and those
    none of the author's own come after. An author who never forks has one of each.
    """
    for author, by_seq in dag.by_author.items():
        if all(len(indices) == 1 for indices in by_seq.values()):
            continue
        auth = [_auth(dag, indices) for indices in by_seq.values()]
        widest = max([*auth, maximal(chain(*auth))], key=len)
        if len(widest) > CONCURRENT_AUTH_MAX:
            ids = sorted(node.record.id for node in widest)
            yield Alarm(AlarmKind.FLOOD, author, tuple(ids))


def _auth(dag: Dag, indices: Iterable[int]) -> list[Node]:
    return [node for node in map(dag.at, indices) if node.auth_bit]
