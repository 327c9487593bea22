"""The team at a point of its history, as frozen values.

A pure function of a set of records: two devices that hold the same records hold the
same state, whatever order they came in. Nothing here is decided; `resolve` decides.

Spec: docs/protocol.md, "C.4 Fold" and "B.9 Scopes, roles, guests".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from envlsp.domain.ids import TEAM_SCOPE, BoxPk, DevicePk, EpochId, RecordId, ScopeId, UserId
from envlsp.domain.ledger.records import Role


@dataclass(frozen=True, slots=True)
class RootKey:
    """The key of the recovery words that counts now."""

    root_sign: DevicePk
    root_box: BoxPk
    record: RecordId
    """The genesis or root_replace that set it."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in the team now; role 0 is a guest."""

    user: UserId
    role: Role
    devices: tuple[DevicePk, ...]
    """His active devices, oldest first by (height, id); may be empty."""
    intro: RecordId
    """The genesis, grant or admit that brought him in."""
    in_force: tuple[RecordId, ...]
    """The causally maximal records that give his role, least (height, id) first; the lowest role counts."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device that a standing record introduced, active or removed."""

    dpk: DevicePk
    xpk: BoxPk
    user: UserId
    active: bool
    intro: RecordId


@dataclass(frozen=True, slots=True)
class ScopeState:
    """A private project or restricted environment; what it covers is in the creating record's body."""

    scope: ScopeId
    created_by: RecordId
    created_ok: bool
    """False if the creating record is void: then the scope covers nothing."""
    roles: Mapping[UserId, Role]
    """Roles given by its own lines, above 0, of present members; team admins are 3 without one."""
    in_force: Mapping[UserId, tuple[RecordId, ...]]


@dataclass(frozen=True, slots=True)
class InviteState:
    """A link, and whether a courier may still honour it."""

    id: RecordId
    inv_pk: DevicePk
    role: Role
    max_uses: int
    uses: tuple[RecordId, ...]
    """The admits that stand, least (height, id) first."""
    overused: bool
    """More admits than uses: all of them are void and the link is dead."""
    cancelled: bool
    live: bool


@dataclass(frozen=True, slots=True)
class EpochState:
    """One generation of a scope's key."""

    id: EpochId
    scope: ScopeId
    n: int
    record: RecordId
    index: int
    """Its place in the record that carries it."""
    recipients: frozenset[DevicePk]
    """Keys with a seal, wherever it stands; the root key among them."""
    author: DevicePk | None
    """The device that drew the key and so knows it; None if root did."""
    ok: bool
    """Whether the carrying record stands."""
    opens: tuple[EpochId, ...]
    """Older epochs linked under it."""


class AlarmKind(StrEnum):
    """What the people of a team should be told; nothing is decided by an alarm."""

    FORK = "fork"
    FLOOD = "flood"
    INVITE_OVERUSED = "invite-overused"
    EPOCH_OMITS = "epoch-omits"


@dataclass(frozen=True, slots=True, order=True)
class Alarm:
    """Something that looks like an attack, a copied key, or a restored backup."""

    kind: AlarmKind
    subject: bytes
    """fork, flood: the author's dpk; invite-overused: the invite's id; epoch-omits: the dpk left out."""
    records: tuple[RecordId, ...]
    """What shows it: the records of one seq, the admits, the carrier of the epoch."""


@dataclass(frozen=True, slots=True)
class TeamState:
    """Who is in the team, what they may do, and which keys are safe to write under."""

    root: RootKey
    members: Mapping[UserId, Member]
    devices: Mapping[DevicePk, Device]
    removed_users: Mapping[UserId, tuple[RecordId, ...]]
    """Users named by a standing revoke, and which."""
    removed_devices: Mapping[DevicePk, tuple[RecordId, ...]]
    scopes: Mapping[ScopeId, ScopeState]
    invites: Mapping[RecordId, InviteState]
    epochs: Mapping[EpochId, EpochState]
    exposed: frozenset[EpochId]
    """Epochs that a key without access holds or can reach through links."""
    current: Mapping[ScopeId, EpochId]
    """The epoch to write under; a scope that is missing needs a rotation first."""
    kills: tuple[RecordId, ...]
    """The removals that stand, most senior author first."""
    void: Mapping[RecordId, tuple[RecordId, ...]]
    """Auth-class records that do not count, and the removals (or the overused invite) that decide it."""
    alarms: tuple[Alarm, ...]
    """Overused invites and current epochs that omit an active device."""

    def role(self, user: UserId, scope: ScopeId) -> Role:
        """Return what a user may do in a scope; `Role.NONE` for strangers and removed users."""
        member = self.members.get(user)
        if member is None:
            return Role.NONE
        if scope == TEAM_SCOPE or member.role == Role.ADMIN:
            return member.role
        known = self.scopes.get(scope)
        return known.roles.get(user, Role.NONE) if known else Role.NONE

    def is_active(self, dpk: DevicePk) -> bool:
        """Tell whether a device may act and be talked to now."""
        device = self.devices.get(dpk)
        return device is not None and device.active

    def user_of(self, dpk: DevicePk) -> UserId | None:
        """Return whose device it is, active or removed; None if no standing record introduced it."""
        device = self.devices.get(dpk)
        return device.user if device else None

    def access(self, dpk: DevicePk, scope: ScopeId) -> bool:
        """Tell whether a device may hold the keys of a scope."""
        device = self.devices.get(dpk)
        return device is not None and device.active and self.role(device.user, scope) >= Role.VIEWER

    def readers(self, scope: ScopeId) -> tuple[Device, ...]:
        """Return the devices to seal a new epoch of a scope to, sorted by dpk; the root key comes on top."""
        return tuple(self.devices[dpk] for dpk in sorted(self.devices) if self.access(dpk, scope))

    def current_epoch(self, scope: ScopeId) -> EpochId | None:
        """Return the epoch to write under, None if somebody must rotate first."""
        return self.current.get(scope)

    def next_n(self, scope: ScopeId) -> int:
        """Return the number of the next epoch of a scope."""
        return 1 + max((epoch.n for epoch in self.epochs.values() if epoch.scope == scope), default=0)
