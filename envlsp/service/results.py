"""What the service answers: values for any front end to show.

No value of a secret is in here except as `SecretText`, which shows as a mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from envlsp.domain.environment import Triple
from envlsp.domain.secret import SecretName, SecretText
from envlsp.domain.working import Difference


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """One release as people know it."""

    label: str
    """`v3`, or `v3-b7f2` where another release has the number too."""
    id: str
    """64 hex digits."""
    author: str
    """The display name of whoever signed it."""
    ts: int
    """Claimed time, seconds since 1970."""
    kind: str
    message: str
    changed: Difference
    void: bool = False


@dataclass(frozen=True, slots=True)
class PullResult:
    """What `pull` did to the working copy."""

    path: Path
    release: ReleaseInfo
    change: Difference
    written: bool
    kept_edits: Difference
    """Local edits that no release has yet."""
    layout_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Freshness:
    """What is known of how new this store is (PROTOCOL F.4)."""

    as_of: int | None
    """When another device last attested to have nothing that is not here, seconds since 1970."""
    confirmed_by: int
    """Other devices that have attested to hold all of this, and nothing else."""
    devices: int
    """Other active devices."""
    held_by: int = 0
    """Of those, how many have attested to hold the newest release that was asked for."""


@dataclass(frozen=True, slots=True)
class Newer:
    """Records that a device says it holds, and nobody has brought here."""

    id: str
    """Of the device, short."""
    name: str
    """`Carol (carols-laptop)`."""
    records: int
    """At least so many."""
    ts: int
    """When it said so, by its clock, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Voided:
    """Something that was made at the same time as a removal, and so does not count."""

    id: str
    """64 hex digits."""
    triple: Triple | None
    """The environment of a release; None of somebody who was let in."""
    label: str
    """What the release is called, or who was let in."""
    author: str
    by: str
    """Who removed the author."""


@dataclass(frozen=True, slots=True)
class StatusResult:
    """Where an environment and its working copy stand."""

    team: str
    triple: Triple
    path: Path
    exists: bool
    release: ReleaseInfo | None
    based_on: str | None
    change: Difference
    """From the newest release to the file."""
    behind: int
    """Releases newer than what the file is based on."""
    conflicts: tuple[SecretName, ...]
    freshness: Freshness
    role: str
    removed: bool
    """Whether this device was removed from the team."""
    rolled_back: bool
    """Whether records are missing that this device has held: an older store was put back."""
    scope: str = ""
    """The private project or restricted environment it is in; empty: the whole team reads it."""
    shadowed: int = 0
    """Releases of that name in another scope: nobody who reads this one reads them."""
    suspects: tuple[str, ...] = ()
    """Members whom this device gives no new key: `envlsp access confirm` tells why."""
    voided: tuple[Voided, ...] = ()
    """Releases that a removal by our own person made void and no later release has seen, newest first."""
    alarms: tuple[AlarmInfo, ...] = ()
    newer: tuple[Newer, ...] = ()
    """What other devices say to hold beyond what is here."""
    unopened: tuple[str, ...] = ()
    """Who made the keys that this device should have and cannot open."""
    is_shut: bool = False
    """Whether we are not among those who read it."""
    unreadable: bool = False
    """Whether no release is known here, and there may be some that are not ours to read."""
    way_back: str = ""
    """What to do where this device was removed."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One name that differs; sides are None where the name is absent."""

    name: SecretName
    old: SecretText | None
    new: SecretText | None
    old_mark: str
    """Four hex digits of a keyed fingerprint: equal marks, equal values."""
    new_mark: str


@dataclass(frozen=True, slots=True)
class DiffResult:
    """Two sides and the names on which they differ."""

    old: str
    new: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class MemberInfo:
    """One person of the team."""

    id: str
    name: str
    address: str
    role: str
    devices: tuple[tuple[str, str], ...]
    """`(short id, label)` of each."""
    is_self: bool
    trusted: bool = True
    """False where this device gives them no new key: `envlsp access confirm` tells why."""


@dataclass(frozen=True, slots=True)
class AlarmInfo:
    """Something that looks like a copied key, a flood or a leaked link; it decides nothing."""

    kind: str
    """As `domain.ledger.state.AlarmKind`; or `lost-data`, `withheld`, `flood-bytes`."""
    subject: str
    """Short id of the device or invitation that it is about."""
    what: str
    """What happened, and who, as a sentence."""
    advice: str
    """What to do."""
    records: tuple[str, ...]
    """What shows it, 64 hex digits each; the first few."""
    count: int
    """How many records show it."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device of somebody's, or one that was."""

    id: str
    """Short."""
    label: str
    owner: str
    owner_id: str
    """Short."""
    active: bool
    is_self: bool
    added_ts: int | None
    """Claimed time; None where the record cannot be opened here."""
    added_by: str
    last_seen: int | None
    """When we last had a session with it, by our clock."""
    removed_ts: int | None
    removed_by: str


@dataclass(frozen=True, slots=True)
class ScopeMember:
    """One person that a scope lists."""

    id: str
    name: str
    address: str
    role: str
    is_guest: bool
    """Whether they are in the team for its scopes alone."""


@dataclass(frozen=True, slots=True)
class ScopeInfo:
    """A private project or a restricted environment, and who is in it."""

    id: str
    project: str
    """Empty, as are the next two, where this device cannot tell what it covers."""
    app: str
    """Empty for a whole project."""
    env: str
    members: tuple[ScopeMember, ...]
    admins: tuple[str, ...]
    """Of the team: they read it too."""
    role: str
    """What we may do in it."""
    overruled: bool
    """Whether another scope was made first for the same: then nothing is read from this one."""

    @property
    def name(self) -> str:
        """What people call it: `shop`, `shop/api/prod`, or the first digits of its id."""
        names = [name for name in (self.project, self.app, self.env) if name]
        return "/".join(names) or f"scope {self.id}"

    @property
    def kind(self) -> str:
        """Whether it is a private project or a restricted environment, as one word."""
        if not self.project:
            return "closed to you"
        return "restricted" if self.env else "private"


@dataclass(frozen=True, slots=True)
class ExposedValue:
    """A name whose value somebody could read and nobody has changed since."""

    triple: Triple
    name: SecretName
    release: str
    """The label of the release in which it last changed."""
    id: str
    """64 hex digits, of that release."""
    height: int
    """Where that release stands in the ledger: the higher, the newer."""
    author: str
    ts: int
    """Claimed time, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ExposedComments:
    """A file in whose newest release stands text, between the values, that somebody could read."""

    triple: Triple
    release: str
    """The label of the newest release."""
    id: str
    """64 hex digits, of that release."""


@dataclass(frozen=True, slots=True)
class ExportInfo:
    """A bundle that somebody made for a CI key."""

    key: str
    """`ci1…`."""
    until: str
    """A day, UTC: `2026-12-22`."""
    triple: Triple
    by: str
    ts: int
    """Claimed time, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What has to be changed at its source once somebody is no longer trusted."""

    id: str
    """Of the person, short."""
    who: str
    is_member: bool
    values: tuple[ExposedValue, ...]
    """Newest first."""
    complete: bool
    """False where there are releases whose key has not reached this device."""
    comments: tuple[ExposedComments, ...] = ()
    """Files that hold more than their values, and some of it could be read."""
    exports: tuple[ExportInfo, ...] = ()
    """What they exported to CI keys; of a CI key, what was exported to it."""


@dataclass(frozen=True, slots=True)
class Because:
    """What takes the effect of a record away."""

    id: str
    """64 hex digits: the removal that stands, or an invitation."""
    by: str
    """Who wrote that."""
    act: str
    """What it does, as a verb: `removed`, `lowered the role of`, …"""
    ground: str
    """As `domain.ledger.rulings.Ground`."""
    over: str
    """Whose record it reaches: the void one's author, or whoever made him what he was."""


@dataclass(frozen=True, slots=True)
class ReasonStep:
    """One record that names somebody, and what it means for what they are."""

    id: str
    """64 hex digits."""
    act: str
    """As `domain.ledger.history.Act`."""
    role: str
    """The role it gives, empty where it removes."""
    scope: str
    """Hex digits of the scope, empty for the team."""
    scope_name: str
    """What people call it."""
    by: str
    ts: int | None
    """Claimed time; None where the record cannot be opened here."""
    outcome: str
    """As `domain.ledger.history.Outcome`."""
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why somebody is a member with their role, or is none."""

    id: str
    """Of the person, short."""
    who: str
    role: str
    """In the team; empty for who is no member."""
    was_removed: bool
    steps: tuple[ReasonStep, ...]
    """The oldest first."""
    trusted: bool = True
    """False where this device gives them no new key: `envlsp access confirm` tells why."""


@dataclass(frozen=True, slots=True)
class EnvironmentInfo:
    """One environment of a project."""

    triple: Triple
    path: Path | None
    release: ReleaseInfo | None
    names: int
    archived: bool = False
    scope: str = ""
    """The private project or restricted environment it is in; empty: the whole team reads it."""
    role: str = ""
    """What we may do there."""


@dataclass(frozen=True, slots=True)
class PeerInfo:
    """One device of the team and how we reach it."""

    id: str
    name: str
    state: str
    """`online`, `stale` (online, and silent for some seconds), `connecting` or `offline`."""
    path: str
    """`direct`, `relay`, or empty."""
    last_seen: int | None
    in_sync: bool = False
    via: str = ""
    """What makes the path work: `lan`, `stun`, `udp`, `tcp`, `tls`, or empty."""
    since: int | None = None
    """When it opened, in seconds since 1970."""
    connected_ms: int | None = None
    """How long it took to open."""
    newer: int = 0
    """Records at least that it attested to hold and nobody has brought here."""
    withheld: int = 0
    """Records that it named or attested, and did not deliver while it was there."""
    lost_data: bool = False
    """Whether it shows less than it once attested to hold."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did."""

    reached: int
    in_sync: int
    received: int
    devices: int
    removed: bool = False
    """Whether a teammate said that this device was removed."""
    voided: tuple[Voided, ...] = ()
    """What came with it and does not count."""
    alarms: tuple[AlarmInfo, ...] = ()
    """Those that nobody was told of on this device before."""
    held_by: int = 0
    """How many other devices have attested to hold all that is here."""


@dataclass(frozen=True, slots=True)
class InitResult:
    """A team, or one more project of one."""

    team: str
    project: str
    new_team: bool
    config: Path
    secrets_found: int
    env_file: Path


@dataclass(frozen=True, slots=True)
class JoinResult:
    """A team this device has become part of."""

    team: str
    inviter: str
    words: str
    members: int
    already: bool = False
    is_own_device: bool = False
    """Whether this device became another one of the inviter's."""


Values = Mapping[SecretName, SecretText]
"""Decoded values, references resolved: what a program would see."""
