"""On what ground a record does not count: whose removal reaches it, and why that one is stronger.

Decides nothing: `seniority` and `resolve` have decided, and this reads off what they
went by. Ranks compare heights and ids, which say nothing to people; what does is the
record that made each of the two what they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from envlsp.domain.ids import RecordId, UserId
from envlsp.domain.ledger.dag import Dag, Node
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.records import Invite, InviteCancel
from envlsp.domain.ledger.seniority import is_hit


class Ground(StrEnum):
    """Why a removal reaches back to what was done at the same time."""

    ROOT = "root"
    """The holder of the recovery words decides over everybody."""
    ADMIN = "admin"
    """An admin removed somebody who was none."""
    LONGER = "longer"
    """Both had the same right, and the remover for longer."""
    OLDER_DEVICE = "older-device"
    """One person's device removed a newer one of theirs."""
    INVITE_CANCELLED = "invite-cancelled"
    INVITE_OVERUSED = "invite-overused"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What takes the effect of one record away."""

    by: RecordId
    """The removal that stands, or the invite that was used too often."""
    ground: Ground
    hit: RecordId
    """The record it is aimed at: the void one, or one that it rests on."""
    over: UserId
    """Whose record that is, `ROOT` for the recovery words."""
    senior_since: RecordId | None = None
    """What made the remover what he was; None where that did not decide."""
    junior_since: RecordId | None = None


def rulings(dag: Dag, node: Node, deciders: Iterable[RecordId]) -> tuple[Ruling, ...]:
    """Return on what ground each of the records that `resolve` names makes a node void."""
    return tuple(_ruling(dag, node, dag.by_id[decider]) for decider in deciders)


def _ruling(dag: Dag, node: Node, decider: Node) -> Ruling:
    by, pub = decider.record.id, decider.record.header.pub
    if isinstance(pub, Invite):
        return Ruling(by, Ground.INVITE_OVERUSED, node.record.id, node.settled.user)
    hit = _aim(dag, node, decider)
    identity, over = hit.record.id, hit.settled.user
    if decider.settled.user == ROOT:
        return Ruling(by, Ground.ROOT, identity, over)
    if isinstance(pub, InviteCancel):
        return Ruling(by, Ground.INVITE_CANCELLED, identity, over)
    ground = _ground(decider, hit)
    mine, theirs = decider.settled.rank, hit.settled.rank
    device = ground is Ground.OLDER_DEVICE  # what made the user is the same then
    return Ruling(by, ground, identity, over, _since(mine, device=device), _since(theirs, device=device))


def _aim(dag: Dag, node: Node, kill: Node) -> Node:
    """Return the record of the chain that a removal hits, the void one itself if it does."""
    via = node.broken_via[kill.auth_bit]
    chain = (node, *sorted(dag.auth_nodes(node.settled.tail), key=lambda other: other.order))
    return next(other for other in chain if other.settled.user in via and is_hit(kill, other))


def _ground(kill: Node, hit: Node) -> Ground:
    mine, theirs = kill.settled.rank, hit.settled.rank
    if kill.settled.user == hit.settled.user:
        return Ground.OLDER_DEVICE
    return Ground.LONGER if mine[0] == theirs[0] else Ground.ADMIN


def _since(rank: tuple[int | bytes, ...], *, device: bool) -> RecordId:
    made = rank[4 if device else 2]
    assert isinstance(made, bytes)
    return RecordId(made)
