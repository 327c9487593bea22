"""What is settled about a record at the moment it is admitted, and never changes.

Facts depend on the ancestors of the record alone, so every replica attaches the same.
Records of one author under one state share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from envlsp.domain.ids import ScopeId, UserId
from envlsp.domain.ledger.records import Role

ROOT: Final = UserId(b"root")
"""Stands for the holder of the recovery words where a user is expected. No uid is 4 bytes."""

Rank: TypeAlias = "tuple[int | bytes, ...]"
"""How senior an author is; lower is more senior.

    (0, 0)                                   root, replacing itself
    (0, 1)                                   root
    (1, height, id, height, id)              team admin: of the record that made him one, of his device's
    (2, height, id, height, id)              admin of the record's scope: likewise
    (3, height, id, height, id)              others: of the user's introduction, of the device's

Spec: docs/protocol.md, "C.2 Admission".
"""

RANK_ROOT_REPLACE: Final[Rank] = (0, 0)
RANK_ROOT: Final[Rank] = (0, 1)


@dataclass(frozen=True, slots=True)
class Need:
    """A role that a record requires of its author in one scope."""

    scope: ScopeId
    level: Role
    via_team: bool
    """Whether the author had it by his team role: always in the team's own scope,
    elsewhere if he was a team admin."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Whose a record is, and what its authority rests on."""

    user: UserId
    """The author's user, or `ROOT`."""
    rank: Rank
    needs: tuple[Need, ...]
    """What it required of the author, above mere membership; one per scope."""
    supports: int
    """What its authority rests on directly, as a bitset of auth indices: the record that
    introduced the device, the setter of each need; for an admit its invite."""
    tail: int
    """The same transitively: the chain without the record itself."""
