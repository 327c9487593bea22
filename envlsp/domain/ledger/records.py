"""The records of the ledger as values (PROTOCOL B.3, B.4, A2).

What a record says in its public part, once its bytes have been decoded and its
signature checked. Bodies are opaque here: no rule of the ledger reads one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from envlsp.domain.ids import (
    BoxPk,
    DevicePk,
    EpochId,
    RecordId,
    ScopeId,
    TeamId,
    UserId,
)


class RecordType(IntEnum):
    """The types of PROTOCOL B.4. Unknown ones below 64 are critical."""

    GENESIS = 0
    GRANT = 1
    ROLE = 2
    REVOKE = 3
    DEVICE_ADD = 4
    DEVICE_REVOKE = 5
    INVITE = 6
    INVITE_CANCEL = 7
    ADMIT = 8
    ROTATE = 9
    KEYS = 10
    ROOT_REPLACE = 11
    SCOPE_SET = 12
    RELEASE = 20
    ENV = 21


FIRST_IGNORABLE_TYPE = 64
"""Types from here on are stored and relayed, and mean nothing to this version."""


class Role(IntEnum):
    """What a member may do, in the team or in a scope."""

    NONE = 0  # in the team: a guest; in a scope: not a reader
    VIEWER = 1
    DEVELOPER = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Link:
    """An older epoch's key under a newer one's: `[old32, new32, box72]`.

    Inside an `Epoch`, `new` is empty and means that epoch itself.
    """

    old: EpochId
    new: EpochId
    box: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """An existing epoch's key sealed to a device: `[epoch32, dpk32, sealed80]`."""

    epoch: EpochId
    to: DevicePk
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Epoch:
    """A new generation of a scope's key: `[scope16, n, commit32, LINKS, [[dpk32, sealed80]...]]`.

    `seals` holds `(dpk, sealed)` pairs; the root key's has `root_sign` as its dpk.
    """

    scope: ScopeId
    n: int
    commit: bytes
    links: tuple[Link, ...]
    seals: tuple[tuple[DevicePk, bytes], ...]


@dataclass(frozen=True, slots=True)
class Genesis:
    """Type 0: the team, its root key and its founder's first device (the author)."""

    root_sign: DevicePk
    root_box: BoxPk
    xpk: BoxPk
    salt: bytes
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """Type 1: a new member with one device."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    role: Role
    seals: tuple[Seal, ...]


@dataclass(frozen=True, slots=True)
class SetRole:
    """Type 2: another role in the team."""

    user: UserId
    role: Role
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Revoke:
    """Type 3: members removed from the team."""

    users: tuple[UserId, ...]
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class DeviceAdd:
    """Type 4: another device of the author's user."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    seals: tuple[Seal, ...]


@dataclass(frozen=True, slots=True)
class DeviceRevoke:
    """Type 5: devices removed."""

    devices: tuple[DevicePk, ...]
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Invite:
    """Type 6: a link that a courier may honour."""

    inv_pk: DevicePk
    role: Role
    max_uses: int


@dataclass(frozen=True, slots=True)
class InviteCancel:
    """Type 7."""

    invite: RecordId


@dataclass(frozen=True, slots=True)
class Admit:
    """Type 8: a courier brings in somebody who holds a link."""

    invite: RecordId
    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    inv_sig: bytes
    seals: tuple[Seal, ...]


@dataclass(frozen=True, slots=True)
class Rotate:
    """Type 9: new epochs and nothing else."""

    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """Type 10: deliver existing epochs; changes no state."""

    seals: tuple[Seal, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class RootReplace:
    """Type 11: another root key."""

    root_sign: DevicePk
    root_box: BoxPk
    pop: bytes
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class ScopeSet:
    """Type 12: a delta of who is in a scope; the first one creates it."""

    scope: ScopeId
    lines: tuple[tuple[UserId, Role], ...]
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Type 20: its content is in the body."""

    scope: ScopeId


@dataclass(frozen=True, slots=True)
class EnvNote:
    """Type 21: an environment created empty, archived, or noted."""

    scope: ScopeId


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type this version does not know (64 and above)."""


Pub: TypeAlias = (
    Genesis
    | Grant
    | SetRole
    | Revoke
    | DeviceAdd
    | DeviceRevoke
    | Invite
    | InviteCancel
    | Admit
    | Rotate
    | Keys
    | RootReplace
    | ScopeSet
    | Release
    | EnvNote
    | Unknown
)


@dataclass(frozen=True, slots=True)
class Header:
    """The signed part of a record, as decoded. Claims until they are checked."""

    team: TeamId
    type: int
    author: DevicePk
    seq: int
    height: int
    parents: tuple[RecordId, ...]
    epoch: EpochId
    body_hash: bytes
    pub: Pub


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record whose bytes are canonical and whose cryptography holds.

    Made by `crypto.signing` alone. True of it: `id` is the hash of the
    header, the author's signature verifies, `body_hash` fits the body, new keys
    are valid points, and the `pop` of a grant, an admit or a root_replace verifies
    (their owner is 16 zero bytes).

    Left to admission: everything that depends on other records, so also the `pop`
    of a device_add (its owner is the author's user) and `inv_sig`.
    """

    id: RecordId
    header: Header
    body_size: int
    """Bytes of the sealed body; 0 means an empty one."""
    epoch_ids: tuple[EpochId, ...] = ()
    """The ids of the epochs carried, in the order they stand in `pub`."""
    introduces: UserId | None = None
    """`H("uid", dpk)[:16]` of the key that a genesis, grant or admit introduces."""
    derived_scope: ScopeId | None = None
    """For a scope_set: the scope it would create, `H("scope", …)[:16]`."""
    size: int = 0
    """Bytes of the whole record on the wire."""


def carried_epochs(pub: Pub) -> tuple[Epoch, ...]:
    """Return the epochs a record carries."""
    match pub:
        case Genesis() | SetRole() | Revoke() | DeviceRevoke() | Rotate() | RootReplace() | ScopeSet():
            return pub.epochs
        case _:
            return ()


def carried_seals(pub: Pub) -> tuple[Seal, ...]:
    """Return the seals of existing epochs that a record delivers."""
    match pub:
        case Grant() | DeviceAdd() | Admit() | Keys():
            return pub.seals
        case _:
            return ()
