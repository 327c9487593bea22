"""Why a member is in, out, or what he is: the records that decide.

Seniority is surprising until one sees the records, so every answer about access can
name them. Says nothing about when (bodies) or who by name (bodies again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envlsp.domain.ids import RecordId, ScopeId, UserId
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import CheckedRecord, Revoke, Role, ScopeSet, SetRole


@dataclass(frozen=True, slots=True)
class Why:
    """What decides about one user; ids are in (height, id) order."""

    user: UserId
    role: Role | None
    """His team role now, None if he is not a member."""
    about: tuple[RecordId, ...]
    """Every record that names him: how he came, role changes, scopes, removals."""
    in_force: tuple[RecordId, ...]
    """Of those, the ones that give his team role now."""
    scopes: Mapping[ScopeId, tuple[RecordId, ...]]
    """The lines in force, per scope."""
    removed_by: tuple[RecordId, ...]
    """Removals that stand."""
    void: Mapping[RecordId, tuple[RecordId, ...]]
    """Of those that name him, the ones that do not count, and what voids them."""


def why(ledger: Ledger, user: UserId) -> Why:
    """Return the records that decide about a user; all empty for a stranger.

    Spec: docs/protocol.md, "C.5 What this yields".
    """
    state = ledger.state
    member = state.members.get(user)
    about = tuple(record.id for record in ledger.records() if _names(record, user))
    lines = {scope: known.in_force[user] for scope, known in state.scopes.items() if user in known.in_force}
    return Why(
        user=user,
        role=member.role if member else None,
        about=about,
        in_force=member.in_force if member else (),
        scopes=lines,
        removed_by=state.removed_users.get(user, ()),
        void={key: state.void[key] for key in about if key in state.void},
    )


def _names(record: CheckedRecord, user: UserId) -> bool:
    match record.header.pub:
        case SetRole(user=target):
            return target == user
        case Revoke(users=users):
            return user in users
        case ScopeSet(lines=lines):
            return any(target == user for target, _ in lines)
        case _:
            return record.introduces == user
