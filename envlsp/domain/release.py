"""What a release says once it is opened (PROTOCOL B.4, A3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from envlsp.domain.environment import Triple
from envlsp.domain.ids import RecordId
from envlsp.domain.secret import SecretName, SecretText


class ReleaseKind(IntEnum):
    """Why a release was made."""

    PUSH = 0
    ROLLBACK = 1
    REKEY = 2
    ADOPT = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """A file with its values taken out; secret text all the same (A3).

    `parts` are verbatim bytes, or the name whose literal goes there. Old and
    commented-out values may live in the bytes, so they never show in `repr`.
    """

    dialect: str
    parts: tuple[bytes | SecretName, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every secret of an environment at one moment, and the file's own layout.

    `entries` maps each name to its *literal*: the bytes of the value as they stand
    in the file. `layout` is None where none was kept or none fits.
    """

    entries: Mapping[SecretName, SecretText]
    layout: Layout | None = None


@dataclass(frozen=True, slots=True)
class ReleaseContent:
    """The opened body of a release record."""

    ts: int
    """Claimed time in whole seconds since 1970; never used to decide anything."""
    kind: ReleaseKind
    message: str
    triple: Triple
    base: tuple[RecordId, ...]
    of: RecordId | None
    snapshot: Snapshot
