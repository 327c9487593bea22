"""Who is in a scope: making one, letting in, taking out (PROTOCOL A2, B.9).

Each function authors records, inside one write; whoever calls has synced first and
syncs after. Says nothing about what a scope covers once it is made: that is for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from envlsp.crypto.signing import scope_id
from envlsp.domain.ids import TEAM_SCOPE, ScopeId, UserId
from envlsp.domain.ledger.records import Role, ScopeSet
from envlsp.errors import NotFound
from envlsp.service.access.rights import demand_role
from envlsp.service.access.rotation import deliver_keys, next_epoch, open_epochs, rekey_heads
from envlsp.service.access.scopes import Covers
from envlsp.service.history import Releases
from envlsp.service.people import People
from envlsp.service.replica import Replica
from envlsp.wire.bodies import ScopeBody

ScopeLine: TypeAlias = "tuple[ScopeId, Role]"
"""A scope and what somebody is to be in it."""


def create_scope(replica: Replica, covers: Covers) -> ScopeId:
    """Make a scope that nobody but the team's admins reads yet. Call it inside `writing`.

    Raises:
        NoAccess: we are no admin of the team.
    """
    demand_role(replica, Role.ADMIN)
    scope = scope_id(replica.team, replica.keys.dpk, replica.ledger.next_seq(replica.keys.dpk))
    epoch, key = next_epoch(replica, scope)
    body = ScopeBody(replica.now(), "", covers.project, covers.app, covers.env, _names(replica, scope))
    replica.append(ScopeSet(scope, (), (epoch,)), body, carried=key)
    return scope


def set_scope_role(replica: Replica, releases: Releases, scope: ScopeId, user: UserId, role: Role) -> bool:
    """Give a member a role in a scope, or take theirs; return False when they have it already.

    Whoever is let in is given its keys; whoever loses it loses the next one in the same
    record, and what is newest is encrypted again under that.

    Raises:
        NoAccess: we are no admin of the scope; or of the team, where an admin's role is touched.
        NotFound: they are no member, or there is no such scope.
        WaitingForKey: we do not hold its newest key.
    """
    with replica.writing():
        known = replica.state.scopes.get(scope)
        if known is None or user not in replica.state.members:
            raise NotFound("they are no member any more", fix="envlsp members")
        before = known.roles.get(user, Role.NONE)
        if before == role:
            return False
        touches_admin = Role.ADMIN in (before, role)
        demand_role(replica, Role.ADMIN, TEAM_SCOPE if touches_admin else scope)
        if role > Role.NONE:
            let_into_scopes(replica, user, ((scope, role),))
        else:
            _take_out(replica, scope, user)
        deliver_keys(replica)
        rekey_heads(replica, releases)
        return True


def let_into_scopes(replica: Replica, user: UserId, lines: Iterable[ScopeLine]) -> None:
    """Write that somebody has a role in each of these scopes; keys are delivered apart.

    Call it inside `writing`.

    Raises:
        WaitingForKey: we do not hold the newest key of one.
    """
    for scope, role in lines:
        if replica.state.current_epoch(scope) is None:
            open_epochs(replica, (scope,))
        replica.append(ScopeSet(scope, ((user, role),), ()), _body(replica, scope, user))


def _take_out(replica: Replica, scope: ScopeId, user: UserId) -> None:
    """Write that somebody has no role in a scope, with its next key, which they do not get.

    An admin of the team reads it all the same: then there is nothing to keep from them.
    """
    member = replica.state.members[user]
    without = frozenset() if member.role is Role.ADMIN else frozenset(member.devices)
    epoch, key = next_epoch(replica, scope, without=without)
    replica.append(ScopeSet(scope, ((user, Role.NONE),), (epoch,)), _body(replica, scope), carried=key)


def _body(replica: Replica, scope: ScopeId, *newcomers: UserId) -> ScopeBody:
    return ScopeBody(replica.now(), "", "", "", "", _names(replica, scope, *newcomers))


def _names(replica: Replica, scope: ScopeId, *newcomers: UserId) -> tuple[tuple[UserId, str], ...]:
    """Return what everybody who reads a scope is called: a guest can read it nowhere else."""
    people, state = People(replica), replica.state
    readers = {user for user in state.members if state.role(user, scope) >= Role.VIEWER} | {*newcomers}
    return tuple((user, people.of_user(user).display_name) for user in sorted(readers))
