"""Keys in records: whom an epoch may be sealed to, and what a body is sealed under.

Sees seals and links as opaque bytes between names. That a seal opens is for its
recipient to find out; that nobody outside gets one is for everybody to check.

Spec: docs/protocol.md, "C.2 Admission" and "B.9 Scopes, roles, guests", Exposure and Sealing.
"""

from __future__ import annotations

from itertools import pairwise

from envlsp.domain.ids import NO_EPOCH, TEAM_SCOPE, DevicePk, EpochId, ScopeId
from envlsp.domain.ledger.admission import Inadmissible, Reason, demand
from envlsp.domain.ledger.dag import Node
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.policy import creates_scope, scope_of
from envlsp.domain.ledger.records import (
    CheckedRecord,
    Epoch,
    Keys,
    Link,
    Role,
    Unknown,
    carried_epochs,
    carried_seals,
)
from envlsp.domain.ledger.state import TeamState


def check_keys_before(node: Node, before: TeamState) -> None:
    """Try the rules about keys that the record's past decides.

    Raises:
        Inadmissible: one of them is broken.
    """
    pub = node.record.header.pub
    _check_epochs_alone(node.record, before)
    for seal in carried_seals(pub):
        _check_holds(node, before, seal.epoch)
    if isinstance(pub, Keys):
        _check_links(node, before, pub.links)


def check_keys_after(node: Node, after: TeamState) -> None:
    """Try the rules about who may hold the keys once the record counts.

    Raises:
        Inadmissible: a recipient has no access, or the root key is left out.
    """
    pub = node.record.header.pub
    for epoch in carried_epochs(pub):
        _check_recipients(epoch, after)
    for seal in carried_seals(pub):
        demand(_may_hold(after, seal.to, after.epochs[seal.epoch].scope), Reason.GHOST_RECIPIENT)


def _check_epochs_alone(record: CheckedRecord, before: TeamState) -> None:
    """Demand what the past decides: which scopes, which numbers, what is linked."""
    epochs = carried_epochs(record.header.pub)
    demand(len(epochs) == len(record.epoch_ids), Reason.BAD_EPOCH)
    demand(all(one.scope < other.scope for one, other in pairwise(epochs)), Reason.BAD_EPOCH)
    created = scope_of(record) if creates_scope(record) else TEAM_SCOPE
    for epoch in epochs:
        known = epoch.scope in (TEAM_SCOPE, created) or epoch.scope in before.scopes
        demand(known, Reason.UNKNOWN_SCOPE)
        demand(epoch.n == before.next_n(epoch.scope), Reason.BAD_EPOCH)
        for link in epoch.links:
            demand(link.new == NO_EPOCH, Reason.BAD_LINK)
            _check_link(before, link, epoch.scope, epoch.n)


def _check_link(before: TeamState, link: Link, scope: ScopeId, n: int) -> None:
    old = before.epochs.get(link.old)
    if old is None:
        raise Inadmissible(Reason.BAD_LINK)
    demand(old.scope == scope and old.n < n, Reason.BAD_LINK)


def _check_links(node: Node, before: TeamState, links: tuple[Link, ...]) -> None:
    for link in links:
        _check_holds(node, before, link.new)
        new = before.epochs[link.new]
        _check_link(before, link, new.scope, new.n)


def _check_holds(node: Node, before: TeamState, epoch: EpochId) -> None:
    """Let only readers of a scope deliver its keys: others would only feign an exposure."""
    known = before.epochs.get(epoch)
    if known is None:
        raise Inadmissible(Reason.BAD_SEAL)
    user = node.settled.user
    demand(user == ROOT or before.role(user, known.scope) >= Role.VIEWER, Reason.BAD_SEAL)


def _check_recipients(epoch: Epoch, state: TeamState) -> None:
    """Demand no ghosts and the root key always; who is left out is public."""
    recipients = [dpk for dpk, _ in epoch.seals]
    demand(len(set(recipients)) == len(recipients), Reason.BAD_EPOCH)
    demand(state.root.root_sign in recipients, Reason.ROOT_OMITTED)
    demand(all(_may_hold(state, dpk, epoch.scope) for dpk in recipients), Reason.GHOST_RECIPIENT)


def _may_hold(state: TeamState, key: DevicePk, scope: ScopeId) -> bool:
    return key == state.root.root_sign or state.access(key, scope)


def check_body(node: Node, before: TeamState) -> None:
    """Let nobody write under a key he knows to be superseded, or one he may not hold.

    Raises:
        Inadmissible: the body is sealed under another epoch.
    """
    record = node.record
    if record.body_size == 0:
        demand(record.header.epoch == NO_EPOCH, Reason.BODY_EPOCH)
        return
    if isinstance(record.header.pub, Unknown):
        return  # which scope it belongs to is for a newer version to say
    scope = scope_of(record)
    if any(epoch.scope == scope for epoch in carried_epochs(record.header.pub)):
        demand(record.header.epoch == NO_EPOCH, Reason.BODY_EPOCH)
    else:
        demand(record.header.epoch == before.current_epoch(scope), Reason.BODY_EPOCH)
    user = node.settled.user
    demand(user == ROOT or before.role(user, scope) >= Role.VIEWER, Reason.BODY_EPOCH)
