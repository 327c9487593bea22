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
    """When somebody last confirmed our heads, seconds since 1970."""
    confirmed_by: int
    devices: int


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


@dataclass(frozen=True, slots=True)
class EnvironmentInfo:
    """One environment of a project."""

    triple: Triple
    path: Path | None
    release: ReleaseInfo | None
    names: int
    archived: bool = False


@dataclass(frozen=True, slots=True)
class PeerInfo:
    """One device of the team and how we reach it."""

    id: str
    name: str
    state: str
    """`online`, `connecting` or `offline`."""
    path: str
    """`direct`, `relay`, or empty."""
    last_seen: int | None
    in_sync: bool = False


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did."""

    reached: int
    in_sync: int
    received: int
    devices: int
    removed: bool = False
    """Whether a teammate said that this device was removed."""


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


Values = Mapping[SecretName, SecretText]
"""Decoded values, references resolved: what a program would see."""
