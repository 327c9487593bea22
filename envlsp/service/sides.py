"""The sides of a conflict, as people tell them apart: which release, whose, which mark.

Looks and changes nothing; `resolving` takes one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from envlsp.domain.ids import RecordId
from envlsp.domain.secret import MASK, SecretName, SecretText
from envlsp.errors import BadText, ConflictedName
from envlsp.service.reading import conflict_error, value_mark

if TYPE_CHECKING:
    from envlsp.domain.merge import Candidate
    from envlsp.service.context import Context
    from envlsp.service.history import EnvironmentHistory
    from envlsp.service.team import Team

_TOLD_MAX = 3
"""Names whose sides an error lists; more belong on a screen of their own."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conflict about a name."""

    release: str
    """Its label, which takes this side."""
    record: RecordId
    author: str
    ts: int
    """Claimed time, seconds since 1970."""
    literal: SecretText | None
    """None where this side took the name away."""
    mark: str
    """Four hex digits: equal marks, equal values; empty where it was taken away."""

    def __str__(self) -> str:
        """Return `v2-b7f2 by Alice •••••• 1a2b`, without the value."""
        return f"{self.release} by {self.author} {self.shown}"

    @property
    def shown(self) -> str:
        """What stands for the value: a mask and its mark, or that it was taken away."""
        return f"{MASK} {self.mark}" if self.literal is not None else "removed"


Sides = dict[SecretName, tuple[Side, ...]]


def sides(team: Team, context: Context) -> Sides:
    """Return every name in conflict with its sides, least (height, id) first."""
    team.replica.refresh()
    return sides_of(team, team.releases.of(context.triple), context.dialect)


def sides_of(team: Team, found: EnvironmentHistory, dialect: str) -> Sides:
    """Return every name in conflict with its sides."""
    conflicts = found.view().conflicts
    return {
        name: tuple(_side(team, found, dialect, name, candidate) for candidate in conflicts[name])
        for name in sorted(conflicts)
    }


def told_conflict(team: Team, found: EnvironmentHistory, dialect: str) -> ConflictedName:
    """Return the error for an environment in conflict; it tells the sides, values masked."""
    known = sides_of(team, found, dialect)
    if len(known) > _TOLD_MAX:
        return conflict_error(tuple(known))
    told = (f"{name} ({', '.join(map(str, known[name]))})" for name in known)
    return ConflictedName("; ".join(told), fix=conflict_error(tuple(known)).fix)


def told_of(team: Team, context: Context, names: tuple[SecretName, ...]) -> ConflictedName:
    """Return the error for names that have no value, with the sides of what is in conflict.

    Args:
        team: opened.
        context: which environment.
        names: what is missing; also names that only refer to one in conflict.
    """
    found = team.releases.of(context.triple)
    if not found.view().conflicts:  # settled by a record that has come since
        return conflict_error(names)
    return told_conflict(team, found, context.dialect)


def _side(
    team: Team, found: EnvironmentHistory, dialect: str, name: SecretName, candidate: Candidate[SecretText]
) -> Side:
    info = team.releases.info(found, candidate.release)
    value = _value(found, dialect, name, candidate)
    mark = value_mark(team, value) if value is not None else ""
    return Side(info.label, candidate.release, info.author, info.ts, candidate.value, mark)


def _value(
    found: EnvironmentHistory, dialect: str, name: SecretName, candidate: Candidate[SecretText]
) -> SecretText | None:
    """Return what a program would have seen with that release; the literal where nobody can tell."""
    from envlsp.service.deriving import decoded

    try:
        return decoded(found.snapshots[candidate.release], dialect).get(name, candidate.value)
    except BadText:
        return candidate.value
