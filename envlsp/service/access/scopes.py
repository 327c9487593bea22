"""Which scopes there are, what each covers, and which of them an environment's name means.

Refuses to know releases, and who is called what. Its rules:

- What a scope covers is said by the body of the record that made it, once and for ever;
  a record that is void, says nothing or says nonsense makes it cover nothing.
- A name means the scope that covers it, of several the one made first by (height, id),
  and the team where none does.
- That body is sealed under the scope's own key. Of a scope that we cannot open we know
  who is in it and no name; what could be one of its environments is in doubt.

Spec: docs/protocol.md, "B.7 Environments" and "B.9 Scopes, roles, guests".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE, RecordId, ScopeId, UserId
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import ScopeState, TeamState
from envlsp.service.replica import Replica
from envlsp.wire.bodies import Body, ScopeBody

SHORT_HEX = 8
"""Hex digits by which a scope without a name is told."""
THE_TEAM = "the team"


@dataclass(frozen=True, slots=True)
class Covers:
    """What a scope is for: one environment, or a whole project where the last two are empty."""

    project: str
    app: str = ""
    env: str = ""

    @property
    def is_project(self) -> bool:
        """Whether it is a private project, and no single environment."""
        return not self.env

    def has(self, triple: Triple) -> bool:
        """Return whether an environment of that name is covered."""
        return self.project == triple.project and (self.is_project or (self.app, self.env) == triple[1:])

    def __str__(self) -> str:
        return self.project if self.is_project else f"{self.project}/{self.app}/{self.env}"


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of readers apart from the team, as this device knows it."""

    id: ScopeId
    order: tuple[int, RecordId]
    """(height, id) of the record that made it: the least one wins."""
    covers: Covers | None
    """None where it covers nothing, and where we cannot tell."""
    is_closed: bool
    """Whether we lack the key that would tell what it covers."""
    roles: Mapping[UserId, Role]
    """Of those it lists; the team's admins read every scope besides."""

    def __str__(self) -> str:
        return str(self.covers) if self.covers else f"scope {self.id.hex()[:SHORT_HEX]}"


class Scopes:
    """The scopes of one team."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._state: TeamState | None = None
        self._all: tuple[Scope, ...] = ()
        self._known: dict[RecordId, Covers | None] = {}

    def all(self) -> tuple[Scope, ...]:
        """Return every scope that was made and stands, the first one first; the team's is not listed."""
        if not len(self._replica.ledger):
            return ()
        # Keys come in records that make another state, so a state is read once.
        if self._state is not self._replica.state:
            self._state = self._replica.state
            found = (self._read(known) for known in self._state.scopes.values() if known.created_ok)
            self._all = tuple(sorted(found, key=lambda scope: scope.order))
        return self._all

    def of(self, triple: Triple) -> ScopeId:
        """Return the scope that an environment's name means."""
        found = self.covering(triple)
        return found.id if found else TEAM_SCOPE

    def covering(self, triple: Triple) -> Scope | None:
        """Return the scope that an environment is in; None for the team."""
        return next((scope for scope in self.all() if scope.covers and scope.covers.has(triple)), None)

    def exactly(self, covers: Covers) -> Scope | None:
        """Return the scope that was made for just this and counts, if any."""
        return next((scope for scope in self.all() if scope.covers == covers), None)

    def get(self, identity: ScopeId) -> Scope | None:
        """Return a scope by its id; None for the team and for what does not stand."""
        return next((scope for scope in self.all() if scope.id == identity), None)

    def name(self, identity: ScopeId) -> str:
        """Return what people call a scope."""
        if identity == TEAM_SCOPE:
            return THE_TEAM
        return str(self.get(identity) or f"scope {identity.hex()[:SHORT_HEX]}")

    def closed(self) -> tuple[Scope, ...]:
        """Return the scopes of which we cannot tell what they cover."""
        return tuple(scope for scope in self.all() if scope.is_closed)

    def is_pending(self, triple: Triple) -> bool:
        """Return whether a scope that we are let into, and wait for the key of, may cover this."""
        meant = self.covering(triple)
        return any(
            scope.is_closed and may_read(self._replica, scope.id) and (not meant or scope.order < meant.order)
            for scope in self.all()
        )

    def is_doubtful(self, triple: Triple) -> bool:
        """Return whether a name that means the team to us may mean a scope to those who are in it."""
        return self.of(triple) == TEAM_SCOPE and bool(self.closed())

    def is_overruled(self, scope: Scope) -> bool:
        """Return whether another scope was made first for all that this one covers."""
        return scope.covers is not None and any(
            other.order < scope.order and other.covers in (scope.covers, Covers(scope.covers.project))
            for other in self.all()
        )

    def _read(self, known: ScopeState) -> Scope:
        record = self._replica.record(known.created_by)
        order = (record.header.height, record.id)
        is_closed = record.body_size > 0 and not self._replica.can_open(record)
        if not is_closed and record.id not in self._known:
            self._known[record.id] = _said(self._replica.body(record))
        return Scope(known.scope, order, self._known.get(record.id), is_closed, known.roles)


def _said(body: Body | None) -> Covers | None:
    if isinstance(body, ScopeBody) and body.project:
        return Covers(body.project, body.app, body.env)
    return None


def own_user(replica: Replica) -> UserId | None:
    """Return who this device's user is; None where it is nobody's any more."""
    user = replica.state.user_of(replica.keys.dpk)
    return user if user in replica.state.members else None


def may_read(replica: Replica, scope: ScopeId) -> bool:
    """Return whether this device's user may read a scope now, delivered keys or not."""
    user = own_user(replica)
    return user is not None and replica.state.role(user, scope) >= Role.VIEWER


def scopes_read(state: TeamState, user: UserId) -> tuple[ScopeId, ...]:
    """Return every scope that a member may read, the team's first."""
    every = (TEAM_SCOPE, *sorted(scope for scope, known in state.scopes.items() if known.created_ok))
    return tuple(scope for scope in every if state.role(user, scope) >= Role.VIEWER)
