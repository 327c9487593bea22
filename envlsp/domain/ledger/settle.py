"""Attach to a record what its past settles: user, needs, chain, rank, whom it lowers.

Refuses a record whose author lacks the role; all other rules are in `admit`.

Spec: docs/protocol.md, "C.2 Admission" and "B.9 Scopes, roles, guests".
"""

from __future__ import annotations

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, ScopeId, UserId
from envlsp.domain.ledger.admission import Inadmissible, Reason, demand
from envlsp.domain.ledger.dag import Dag, Node
from envlsp.domain.ledger.facts import RANK_ROOT, RANK_ROOT_REPLACE, ROOT, Facts, Need, Rank
from envlsp.domain.ledger.policy import ROOT_TYPES, Needs, needs, scope_of
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    Genesis,
    RecordType,
    Role,
    RootReplace,
    ScopeSet,
    SetRole,
)
from envlsp.domain.ledger.seniority import is_kill
from envlsp.domain.ledger.state import Device, Member, TeamState
from envlsp.domain.ledger.views import View


def settle_genesis(node: Node) -> None:
    """Attach the facts of the record that everything begins with; nothing can void it."""
    user = node.record.introduces
    assert user is not None
    node.facts = Facts(user, (1, *node.order, *node.order), (), 0, 0)


def settle(dag: Dag, view: View, node: Node) -> None:
    """Attach the facts of any other record.

    Raises:
        Inadmissible: the author is unknown or removed, or his role is too low.
    """
    record = node.record
    node.facts = _facts(dag, view, record)
    node.lowers = _lowers(record, view.people)
    node.is_kill = is_kill(node)


def _facts(dag: Dag, view: View, record: CheckedRecord) -> Facts:
    state, author = view.people, record.header.author
    if author == state.root.root_sign:
        return _root_facts(dag, state, record)
    device = active_device(state, author)
    asked = needs(record, state, device.user)
    key = (author, asked, scope_of(record))
    known = view.facts.get(key)
    if known is None:
        known = view.facts[key] = _member_facts(dag, state, device, asked, key[2])
    demand(record.header.type != RecordType.ROOT_REPLACE, Reason.ROOT_ONLY)
    if isinstance(record.header.pub, Admit):
        return _courier_facts(dag, known, record.header.pub)
    return known


def active_device(state: TeamState, author: DevicePk) -> Device:
    """Return the author's device.

    Raises:
        Inadmissible: it was never introduced, or it or its user is removed.
    """
    device = state.devices.get(author)
    if device is None:
        raise Inadmissible(Reason.UNKNOWN_AUTHOR)
    demand(device.active, Reason.AUTHOR_REMOVED)
    return device


def _root_facts(dag: Dag, state: TeamState, record: CheckedRecord) -> Facts:
    kind = record.header.type
    demand(kind in ROOT_TYPES, Reason.NOT_FOR_ROOT)
    setter = dag.by_id[state.root.record]
    # A replaced root key is only as good as its replacement; the first one needs no support.
    supports = 0 if isinstance(setter.record.header.pub, Genesis) else setter.auth_bit
    rank = RANK_ROOT_REPLACE if isinstance(record.header.pub, RootReplace) else RANK_ROOT
    return Facts(ROOT, rank, (), supports, _chain(dag, supports))


def _member_facts(dag: Dag, state: TeamState, device: Device, asked: Needs, scope: ScopeId) -> Facts:
    member = state.members[device.user]
    is_admin = member.role == Role.ADMIN
    supports = dag.by_id[device.intro].auth_bit
    found = []
    for place, level in asked:
        demand(state.role(member.user, place) >= level, Reason.ROLE_TOO_LOW)
        via_team = is_admin or place == TEAM_SCOPE
        setter = member.in_force[0] if via_team else state.scopes[place].in_force[member.user][0]
        supports |= dag.by_id[setter].auth_bit
        found.append(Need(place, level, via_team))
    rank = _rank(dag, state, member, device, scope)
    return Facts(member.user, rank, tuple(found), supports, _chain(dag, supports))


def _rank(dag: Dag, state: TeamState, member: Member, device: Device, scope: ScopeId) -> Rank:
    """Say how senior the author is: by what made him what he is, then by his device."""
    if member.role == Role.ADMIN:
        level, source = 1, member.in_force[0]
    elif scope != TEAM_SCOPE and state.role(member.user, scope) == Role.ADMIN:
        level, source = 2, state.scopes[scope].in_force[member.user][0]
    else:
        # Others remove nobody but their own devices. So this rank only compares devices of
        # one user, and must not depend on the role he had at the time.
        level, source = 3, member.intro
    return (level, *dag.by_id[source].order, *dag.by_id[device.intro].order)


def _courier_facts(dag: Dag, courier: Facts, admit: Admit) -> Facts:
    """Rest an admit on its invite; the courier lends no authority."""
    invite = dag.by_id.get(admit.invite)
    if invite is None or invite.record.header.type != RecordType.INVITE:
        raise Inadmissible(Reason.BAD_INVITE)
    rank, supports = invite.settled.rank, invite.auth_bit
    return Facts(courier.user, rank, courier.needs, supports, _chain(dag, supports))


def _chain(dag: Dag, supports: int) -> int:
    found = supports
    for node in dag.auth_nodes(supports):
        found |= node.settled.tail
    return found


def _lowers(record: CheckedRecord, state: TeamState) -> dict[UserId, Role]:
    """Return whose role goes down, and to what."""
    match record.header.pub:
        case SetRole(user=user, role=role) if role < state.role(user, TEAM_SCOPE):
            return {user: role}
        case ScopeSet(scope=scope, lines=lines) if scope in state.scopes:
            before = state.scopes[scope].roles
            return {user: role for user, role in lines if role < before.get(user, Role.NONE)}
        case _:
            return {}
