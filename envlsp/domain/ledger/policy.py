"""Who may write what: the need of every record, and the limits of the format.

Refuses to know how a role came about; `admit` compares needs with the state.

Spec: docs/protocol.md, "B.9 Scopes, roles, guests" and "B.4 Types".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, ScopeId, UserId
from envlsp.domain.ledger.records import (
    CheckedRecord,
    DeviceRevoke,
    EnvNote,
    RecordType,
    Release,
    Revoke,
    Role,
    ScopeSet,
    carried_epochs,
)

if TYPE_CHECKING:
    from envlsp.domain.ledger.state import TeamState

PARENTS_MAX: Final = 32
USERS_MAX: Final = 64  # active at one time
DEVICES_PER_USER_MAX: Final = 8  # active at one time
SCOPE_LINES_MAX: Final = 64
CONCURRENT_AUTH_MAX: Final = 64  # more by one author is an attack on resolution

FIRST_CONTENT_TYPE: Final = RecordType.RELEASE
"""Types below decide who may do what ("auth-class"); from here on none does."""

ROOT_TYPES: Final = frozenset(
    {
        RecordType.GRANT,
        RecordType.ROLE,
        RecordType.REVOKE,
        RecordType.DEVICE_REVOKE,
        RecordType.INVITE,
        RecordType.INVITE_CANCEL,
        RecordType.ROTATE,
        RecordType.ROOT_REPLACE,
        RecordType.SCOPE_SET,
    }
)
"""What the recovery words may sign; they are no device and write no content."""

_TEAM_NEED: Final[dict[int, Role]] = {
    RecordType.GRANT: Role.ADMIN,
    RecordType.ROLE: Role.ADMIN,
    RecordType.INVITE: Role.ADMIN,
    RecordType.INVITE_CANCEL: Role.ADMIN,
    RecordType.ADMIT: Role.DEVELOPER,
}

Needs: TypeAlias = "tuple[tuple[ScopeId, Role], ...]"
"""Sorted by scope, one per scope, every level above `Role.NONE`."""


def is_auth(record_type: int) -> bool:
    """Tell whether records of this type take part in resolution."""
    return record_type < FIRST_CONTENT_TYPE


def scope_of(record: CheckedRecord) -> ScopeId:
    """Return the scope a record belongs to, and so whose epoch seals its body."""
    match record.header.pub:
        case ScopeSet(scope=scope) | Release(scope=scope) | EnvNote(scope=scope):
            return scope
        case _:
            return TEAM_SCOPE


def creates_scope(record: CheckedRecord) -> bool:
    """Tell whether a record is the one that makes its scope."""
    pub = record.header.pub
    return isinstance(pub, ScopeSet) and pub.scope == record.derived_scope


def needs(record: CheckedRecord, state: TeamState, user: UserId) -> Needs:
    """Return the roles that a record requires of its author.

    Args:
        record: what he writes.
        state: the team at the record's ancestors; it tells an own device from
            another's, and what a line of a scope changes.
        user: the author's user.
    """
    pub = record.header.pub
    match pub:
        case Release(scope=scope) | EnvNote(scope=scope):
            return ((scope, Role.DEVELOPER),)
        case ScopeSet():
            found = {_scope_set_place(record, pub, state): Role.ADMIN}
        case Revoke(users=users):
            found = {TEAM_SCOPE: Role.NONE if users == (user,) else Role.ADMIN}
        case DeviceRevoke(devices=devices):
            found = {TEAM_SCOPE: Role.NONE if _all_own(devices, state, user) else Role.ADMIN}
        case _:
            found = {TEAM_SCOPE: _TEAM_NEED.get(record.header.type, Role.NONE)}
    for epoch in carried_epochs(pub):
        found[epoch.scope] = max(found.get(epoch.scope, Role.NONE), Role.DEVELOPER)
    return tuple(sorted((scope, level) for scope, level in found.items() if level > Role.NONE))


def _scope_set_place(record: CheckedRecord, pub: ScopeSet, state: TeamState) -> ScopeId:
    """Return where an admin is needed: making a scope or its admins is the team's business."""
    known = state.scopes.get(pub.scope)
    if creates_scope(record) or known is None:
        return TEAM_SCOPE
    touches_admin = any(
        Role.ADMIN in (role, known.roles.get(member, Role.NONE)) for member, role in pub.lines
    )
    return TEAM_SCOPE if touches_admin else pub.scope


def _all_own(devices: tuple[DevicePk, ...], state: TeamState, user: UserId) -> bool:
    return all(dpk in state.devices and state.devices[dpk].user == user for dpk in devices)
