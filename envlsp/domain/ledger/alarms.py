"""What the shape of the graph alone gives away: copied keys and floods.

Spec: docs/protocol.md, "C.4 Fold" and "C.5 What this yields".
"""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.domain.ledger.dag import Dag, Node, maximal
from envlsp.domain.ledger.policy import CONCURRENT_AUTH_MAX
from envlsp.domain.ledger.state import Alarm, AlarmKind


def graph_alarms(dag: Dag) -> list[Alarm]:
    """Return a fork alarm per author and seq used twice, and a flood alarm per author."""
    return [*_forks(dag), *_floods(dag)]


def _forks(dag: Dag) -> Iterator[Alarm]:
    for author, by_seq in dag.by_author.items():
        for nodes in by_seq.values():
            if len(nodes) > 1:
                ids = sorted(node.record.id for node in nodes)
                yield Alarm(AlarmKind.FORK, author, tuple(ids))


def _floods(dag: Dag) -> Iterator[Alarm]:
    """Find authors with too many mutually concurrent auth-class records.

    Two sets of which are surely concurrent are looked at: those of one seq, and those
    none of the author's own come after. An author who never forks has one of each.
    """
    for author, by_seq in dag.by_author.items():
        if all(len(nodes) == 1 for nodes in by_seq.values()):
            continue
        widest = max([*_same_seq(by_seq), maximal(_auth(by_seq))], key=len)
        if len(widest) > CONCURRENT_AUTH_MAX:
            ids = sorted(node.record.id for node in widest)
            yield Alarm(AlarmKind.FLOOD, author, tuple(ids))


def _same_seq(by_seq: dict[int, list[Node]]) -> Iterator[list[Node]]:
    for nodes in by_seq.values():
        yield [node for node in nodes if node.auth_bit]


def _auth(by_seq: dict[int, list[Node]]) -> Iterator[Node]:
    for nodes in by_seq.values():
        yield from (node for node in nodes if node.auth_bit)
