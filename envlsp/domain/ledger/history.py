"""Why a member is in, out, or what he is: the records that decide.

Seniority is surprising until one sees the records, so every answer about access can
name them, and says of each what it means now. Says nothing about when (bodies) or who
by name (bodies again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, RecordId, ScopeId, UserId
from envlsp.domain.ledger.ledger import Ledger
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    Genesis,
    Grant,
    Invite,
    Revoke,
    Role,
    ScopeSet,
    SetRole,
)
from envlsp.domain.ledger.rulings import Ruling


class Outcome(StrEnum):
    """What one record that names somebody means for what he is now."""

    DECIDES = "decides"
    """It gives his role now, or it removed him."""
    LOWER = "lower"
    """Nothing came after it, but another one of the same time gives less, and the least counts."""
    REPLACED = "replaced"
    """A later record says otherwise."""
    ENDED = "ended"
    """He is no member: it counted until he was removed, if he ever came in."""
    VOID = "void"
    """It does not count."""


class Act(StrEnum):
    """What a record does to somebody."""

    FOUNDED = "founded"
    GRANTED = "granted"
    ADMITTED = "admitted"
    ROLE = "role"
    SCOPE = "scope"
    REMOVED = "removed"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Step:
    """One record that names somebody."""

    record: RecordId
    author: UserId
    """Who decided it, `ROOT` for the recovery words; of an admit whoever made the invite."""
    act: Act
    role: Role | None
    """The role it gives, None where it removes."""
    scope: ScopeId
    """Where: the team's own scope for all but `Act.SCOPE`."""
    outcome: Outcome
    rulings: tuple[Ruling, ...]
    """Where it is void: what takes its effect away, and on what ground."""


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
    steps: tuple[Step, ...] = ()
    """One for each of `about`, in the same order."""


def why(ledger: Ledger, user: UserId) -> Why:
    """Return the records that decide about a user; all empty for a stranger.

    Spec: docs/protocol.md, "C.5 What this yields".
    """
    state = ledger.state
    member = state.members.get(user)
    about = tuple(record.id for record in ledger.records() if _names(record, user))
    lines = {scope: known.in_force[user] for scope, known in state.scopes.items() if user in known.in_force}
    found = Why(
        user=user,
        role=member.role if member else None,
        about=about,
        in_force=member.in_force if member else (),
        scopes=lines,
        removed_by=state.removed_users.get(user, ()),
        void={key: state.void[key] for key in about if key in state.void},
    )
    return replace(found, steps=tuple(_step(ledger, found, record) for record in about))


def devices_of(ledger: Ledger, user: UserId) -> frozenset[DevicePk]:
    """Return every device that any record gives to a user, a void or removed one too."""
    found: set[DevicePk] = set()
    for record in ledger.auth_records():  # parents first: an owner is known before he adds one
        pub = record.header.pub
        if record.introduces == user:
            found.add(introduced_device(record))
        elif isinstance(pub, DeviceAdd) and record.header.author in found:
            found.add(pub.dpk)
    return frozenset(found)


def introduced_device(record: CheckedRecord) -> DevicePk:
    """Return the device that a genesis, grant or admit brings in."""
    pub = record.header.pub
    return pub.dpk if isinstance(pub, Grant | Admit) else record.header.author


def _step(ledger: Ledger, found: Why, key: RecordId) -> Step:
    record = ledger.get(key)
    assert record is not None
    author = ledger.author_of(key)
    act, role, scope = _act(ledger, found.user, record)
    if act is Act.ADMITTED and isinstance(pub := record.header.pub, Admit):
        author = ledger.author_of(pub.invite)  # the courier lends no authority
    if act is Act.REMOVED and author == found.user:
        act = Act.LEFT
    outcome = _outcome(ledger, found, key, role, scope)
    return Step(key, author, act, role, scope, outcome, ledger.rulings(key))


def _act(ledger: Ledger, user: UserId, record: CheckedRecord) -> tuple[Act, Role | None, ScopeId]:
    match record.header.pub:
        case Genesis():
            return Act.FOUNDED, Role.ADMIN, TEAM_SCOPE
        case Grant(role=role):
            return Act.GRANTED, role, TEAM_SCOPE
        case Admit(invite=invite):
            link = ledger.get(invite)
            assert link is not None
            assert isinstance(link.header.pub, Invite)
            return Act.ADMITTED, link.header.pub.role, TEAM_SCOPE
        case SetRole(role=role):
            return Act.ROLE, role, TEAM_SCOPE
        case ScopeSet(scope=scope, lines=lines):
            return Act.SCOPE, dict(lines)[user], scope
        case _:
            return Act.REMOVED, None, TEAM_SCOPE


def _outcome(ledger: Ledger, found: Why, key: RecordId, role: Role | None, scope: ScopeId) -> Outcome:
    if key in found.void:
        return Outcome.VOID
    if key in found.removed_by:
        return Outcome.DECIDES
    if found.role is None:
        return Outcome.ENDED
    in_force = found.in_force if scope == TEAM_SCOPE else found.scopes.get(scope, ())
    if key not in in_force:
        return Outcome.REPLACED
    given = [_given(ledger, found.user, other) for other in in_force]
    return Outcome.DECIDES if role == min(given) else Outcome.LOWER


def _given(ledger: Ledger, user: UserId, key: RecordId) -> Role:
    record = ledger.get(key)
    assert record is not None
    role = _act(ledger, user, record)[1]
    assert role is not None
    return role


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
