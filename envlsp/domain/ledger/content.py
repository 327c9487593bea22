"""What each type of record must satisfy beyond the role of its author.

Spec: docs/protocol.md, "C.2 Admission", type rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final

from envlsp.domain.ids import TEAM_SCOPE, RecordId, TeamId
from envlsp.domain.ledger.admission import Inadmissible, Reason, demand
from envlsp.domain.ledger.dag import Node
from envlsp.domain.ledger.policy import DEVICES_PER_USER_MAX, SCOPE_LINES_MAX, USERS_MAX, creates_scope
from envlsp.domain.ledger.ports import Verify
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    DeviceRevoke,
    EnvNote,
    Genesis,
    Grant,
    Invite,
    InviteCancel,
    Keys,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    ScopeSet,
    SetRole,
    Unknown,
)
from envlsp.domain.ledger.state import TeamState
from envlsp.domain.ledger.views import View

_INVITABLE: Final = frozenset({Role.VIEWER, Role.DEVELOPER})


def check_content(node: Node, view: View, team: TeamId, verify: Verify) -> None:  # noqa: C901, PLR0912 - one row per type
    """Try the rules of the record's type.

    Args:
        node: the record, its facts attached.
        view: the team at its ancestors.
        team: the id of the team.
        verify: checks what only a signature can show.

    Raises:
        Inadmissible: one of them is broken.
    """
    state, record = view.state, node.record
    match record.header.pub:
        case Release(scope=scope) | EnvNote(scope=scope):
            demand(scope == TEAM_SCOPE or scope in state.scopes, Reason.UNKNOWN_SCOPE)
        case Grant() as pub:
            _check_new_keys(view, pub.dpk, pub.xpk)
            demand(len(state.members) < USERS_MAX, Reason.TOO_MANY)
        case SetRole() as pub:
            demand(pub.user in state.members, Reason.BAD_TARGET)
            demand(pub.role != state.members[pub.user].role, Reason.NO_CHANGE)
        case Revoke(users=users):
            _check_targets(users, state.members.keys())
        case DeviceRevoke(devices=devices):
            _check_targets(devices, {dpk for dpk in devices if state.is_active(dpk)})
        case DeviceAdd() as pub:
            _check_device_add(node, view, pub, team, verify)
        case Invite() as pub:
            demand(pub.role in _INVITABLE and pub.max_uses > 0, Reason.BAD_INVITE)
        case InviteCancel(invite=invite):
            _check_cancel(invite, state)
        case Admit() as pub:
            _check_admit(view, pub, team, verify)
        case Rotate(epochs=epochs):
            demand(len(epochs) > 0, Reason.EMPTY)
        case Keys(seals=seals, links=links):
            demand(len(seals) + len(links) > 0, Reason.EMPTY)
        case RootReplace() as pub:
            _check_new_keys(view, pub.root_sign, pub.root_box)
        case ScopeSet() as pub:
            _check_scope_set(record, pub, state)
        case Unknown() | Genesis():
            pass


def _check_device_add(node: Node, view: View, pub: DeviceAdd, team: TeamId, verify: Verify) -> None:
    _check_new_keys(view, pub.dpk, pub.xpk)
    user = node.settled.user
    demand(len(view.state.members[user].devices) < DEVICES_PER_USER_MAX, Reason.TOO_MANY)
    demand(verify.pop(team, user, pub), Reason.BAD_POP)


def _check_admit(view: View, pub: Admit, team: TeamId, verify: Verify) -> None:
    invite = view.state.invites.get(pub.invite)
    if invite is None or not invite.live:
        raise Inadmissible(Reason.INVITE_NOT_LIVE)
    _check_new_keys(view, pub.dpk, pub.xpk)
    demand(len(view.state.members) < USERS_MAX, Reason.TOO_MANY)
    demand(verify.inv_sig(team, invite.inv_pk, pub), Reason.BAD_INV_SIG)


def _check_new_keys(view: View, *keys: bytes) -> None:
    """Demand keys never seen before: one is introduced once per team, and a removed one is dead for good."""
    demand(len(set(keys)) == len(keys) and view.seen_keys.isdisjoint(keys), Reason.KEY_REUSED)


def _check_targets(targets: Sequence[bytes], active: Collection[bytes]) -> None:
    demand(len(targets) > 0, Reason.EMPTY)
    demand(len(set(targets)) == len(targets), Reason.BAD_TARGET)
    demand(all(target in active for target in targets), Reason.BAD_TARGET)


def _check_cancel(invite: RecordId, state: TeamState) -> None:
    known = state.invites.get(invite)
    if known is None:
        raise Inadmissible(Reason.BAD_INVITE)
    demand(not known.cancelled, Reason.NO_CHANGE)


def _check_scope_set(record: CheckedRecord, pub: ScopeSet, state: TeamState) -> None:
    known, creating = state.scopes.get(pub.scope), creates_scope(record)
    demand(pub.scope != TEAM_SCOPE, Reason.UNKNOWN_SCOPE)
    demand(creating or known is not None, Reason.UNKNOWN_SCOPE)
    demand(creating or len(pub.lines) > 0, Reason.EMPTY)
    demand(len(pub.lines) <= SCOPE_LINES_MAX, Reason.TOO_MANY)
    users = [user for user, _ in pub.lines]
    demand(all(one < other for one, other in pairwise(users)), Reason.BAD_TARGET)
    demand(all(user in state.members for user in users), Reason.BAD_TARGET)
    roles = known.roles if known else {}
    demand(all(role != roles.get(user, Role.NONE) for user, role in pub.lines), Reason.NO_CHANGE)
