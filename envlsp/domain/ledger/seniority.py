"""Which removals stand: chains of authority, ranks, and who breaks whom.

All of it is static: whether a removal breaks a record depends on the two records
and their pasts, never on what else is stored. So the answers are computed once,
when the later of the two arrives, and kept as bits (`Node.breakers`).

A removal breaks a record if it hits it, or breaks what it rests on. So a record falls
by its chain only together with one of its supports, and nothing is void in the eyes
of its own author when he writes it.

Why one sorted pass over the removals is a fixpoint: `breaks(E, c)` implies
`rank(E) < rank(c)`. By way of c's own user that is demanded; what somebody else did
for c is more senior than c, since it made c's author what he is and its own maker was
made before. Two root_replace of one root are the one exception: of equal rank, they
break each other, and the first by (height, id) stands.

Spec: docs/protocol.md, "C.3 Which removals stand".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from envlsp.domain.ids import TEAM_SCOPE, UserId
from envlsp.domain.ledger.dag import Dag, Node, are_concurrent, is_ancestor, rank_of
from envlsp.domain.ledger.facts import ROOT, Facts
from envlsp.domain.ledger.records import (
    Admit,
    DeviceRevoke,
    InviteCancel,
    RecordType,
    Revoke,
    Role,
    RootReplace,
    ScopeSet,
    SetRole,
)

LOWERING_TYPES = frozenset({RecordType.ROLE, RecordType.SCOPE_SET})
KILL_TYPES = frozenset(
    {RecordType.REVOKE, RecordType.DEVICE_REVOKE, RecordType.INVITE_CANCEL, RecordType.ROOT_REPLACE}
)
"""Types that always remove something; a role or scope_set does if it lowers somebody."""


def is_kill(node: Node) -> bool:
    """Tell whether a record removes something."""
    return node.record.header.type in KILL_TYPES or bool(node.lowers)


def hits(kill: Node, record: Node) -> bool:  # noqa: PLR0911 - one row per type of removal
    """Tell whether a removal is aimed at the author or the authority of a record."""
    header = record.record.header
    match kill.record.header.pub:
        case RootReplace():
            return header.author == kill.record.header.author
        case InviteCancel(invite=invite):
            return isinstance(header.pub, Admit) and header.pub.invite == invite
        case _ if isinstance(header.pub, Admit):
            return False  # the courier lends no authority, so his removal takes none
        case Revoke(users=users):
            return record.settled.user in users
        case DeviceRevoke(devices=devices):
            return header.author in devices
        case SetRole():
            return _role_hits(kill, record)
        case ScopeSet(scope=scope):
            lowered = kill.lowers.get(record.settled.user)
            return lowered is not None and any(
                need.scope == scope and not need.via_team and need.level > lowered
                for need in record.settled.needs
            )
        case _:
            return False


def _role_hits(kill: Node, record: Node) -> bool:
    lowered = kill.lowers.get(record.settled.user)
    if lowered is None:
        return False
    return any(
        need.via_team and (need.level > lowered if need.scope == TEAM_SCOPE else lowered < Role.ADMIN)
        for need in record.settled.needs
    )


def strong(kill: Node, record: Node) -> bool:
    """Tell whether a removal reaches back: its author is senior to whom it hits."""
    mine, theirs = kill.settled, record.settled
    if mine.user == ROOT:
        return True
    if theirs.user == ROOT:
        return False
    kind = kill.record.header.type
    if kind == RecordType.INVITE_CANCEL:
        return mine.rank <= theirs.rank  # of an admit the rank is its invite's
    if kind != RecordType.DEVICE_REVOKE and theirs.user == mine.user:
        return False  # leaving is never retroactive
    return mine.rank < theirs.rank


def is_hit(kill: Node, record: Node) -> bool:
    """Tell whether an effective `kill` voids this very record, whatever it rests on."""
    return hits(kill, record) and strong(kill, record) and are_concurrent(kill, record)


def inherited(dag: Dag, kill: Node, facts: Facts) -> frozenset[UserId]:
    """Return whose hit records make void, by `kill`, what has these facts; none if it does not.

    A record falls with what it rests on. But a removal that is junior to somebody now
    does not undo his acts of now by way of what he did when he was less.
    """
    found: set[UserId] = set()
    for support in dag.auth_nodes(facts.supports):
        found |= support.broken_via.get(kill.auth_bit, frozenset())
    if kill.settled.user != ROOT and kill.settled.rank >= facts.rank:
        found.discard(facts.user)
    return frozenset(found)


def mark_breakers(dag: Dag, node: Node) -> None:
    """Note, for a staged auth-class node, the removals that break it and what it breaks."""
    for kill in seniors(dag, node):
        if kill is not node:
            _mark(dag, kill, node)
    if not node.is_kill:
        return
    # Parents first, so what it rests on is marked before a record is.
    for other in sorted(_juniors(dag, node), key=lambda other: other.index):
        if other is not node and not is_ancestor(other, node):
            _mark(dag, node, other)


def seniors(dag: Dag, node: Node) -> list[Node]:
    """Return the removals that are senior enough to break a node, the most senior first.

    `breaks` implies a lower rank, but for the exceptions that `strong` makes among
    equals. So somebody who writes thousands of removals at once is compared with those
    above him, and not with himself.
    """
    equals = node.settled.user == ROOT or isinstance(node.record.header.pub, Admit)
    cut = bisect_right if equals else bisect_left
    return dag.kills[: cut(dag.kills, node.settled.rank, key=rank_of)]


def _juniors(dag: Dag, kill: Node) -> list[Node]:
    """Return the auth-class nodes that are junior enough for a removal to break them."""
    equals = kill.settled.user == ROOT or isinstance(kill.record.header.pub, InviteCancel)
    cut = bisect_left if equals else bisect_right
    return dag.ranked[cut(dag.ranked, kill.settled.rank, key=rank_of) :]


def _mark(dag: Dag, kill: Node, record: Node) -> None:
    via = inherited(dag, kill, record.settled)
    if is_hit(kill, record):
        via |= {record.settled.user}
    if via:
        record.broken_via[kill.auth_bit] = via
        record.breakers |= kill.auth_bit


def effective_kills(dag: Dag, mask: int, dead: int) -> int:
    """Return the removals that stand, as dense bits.

    Args:
        dag: the graph.
        mask: the records that exist, as dense bits, closed under ancestry.
        dead: admits that are void for another reason; what rests on them counts for nothing.
    """
    standing = 0
    for kill in dag.kills_in(mask):
        if not kill.breakers & standing and not kill.settled.tail & dead:
            standing |= kill.auth_bit
    return standing
