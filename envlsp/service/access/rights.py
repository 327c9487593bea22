"""What this device may do, asked before anything is written (PROTOCOL A2).

Every peer asks the same of the record; asking here gives the person a reason and a fix.
"""

from __future__ import annotations

from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.records import Role
from envlsp.errors import NoAccess
from envlsp.service.access.removal import is_removed, removed
from envlsp.service.access.scopes import Covers, Scopes
from envlsp.service.people import ROLE_WORDS
from envlsp.service.replica import Replica


def own_role(replica: Replica, scope: ScopeId = TEAM_SCOPE) -> Role:
    """Return what this device's user may do in a scope."""
    user = replica.state.user_of(replica.keys.dpk)
    return replica.state.role(user, scope) if user else Role.NONE


def demand_role(replica: Replica, role: Role, scope: ScopeId = TEAM_SCOPE) -> None:
    """Check that we may do what needs `role` in a scope.

    Raises:
        NoAccess: every peer would refuse the record.
    """
    if is_removed(replica):
        raise removed(replica)
    mine = own_role(replica, scope)
    if mine < role:
        raise _too_little(replica, mine, role, scope)


def _too_little(replica: Replica, mine: Role, role: Role, scope: ScopeId) -> NoAccess:
    wanted = ROLE_WORDS[role]
    if scope == TEAM_SCOPE:
        return NoAccess(
            f"you are {ROLE_WORDS[mine]} and this needs {wanted}",
            fix=f"ask an admin: envlsp access grant YOU --role {wanted}",
        )
    found = Scopes(replica).get(scope)
    words = scope_options(found.covers if found else None)
    where = found or "a scope"
    said = f"you are not among those who read {where}"
    if mine > Role.NONE:
        said = f"you are {role_word(mine, scope)} in {where} and this needs {wanted}"
    return NoAccess(
        said,
        fix=f"ask an admin: envlsp access grant YOU --role {wanted}{words}",
    )


def not_in_scope(scopes: Scopes, triple: Triple) -> NoAccess:
    """Return the error for an environment whose readers we are not among."""
    scope = scopes.covering(triple)
    if scope is None:  # the team's own, and we are a guest
        return NoAccess(
            f"you are a guest, and {triple} is for the whole team",
            fix="ask an admin: envlsp access grant YOU --role developer",
        )
    return NoAccess(
        f"you are not among those who read {scope}",
        fix=f"ask an admin: envlsp access grant YOU --role developer{scope_options(scope.covers)}",
    )


def role_word(role: Role, scope: ScopeId) -> str:
    """Return what somebody is in a scope, as a word: whoever is nothing in the team is its guest."""
    return "nobody" if role is Role.NONE and scope != TEAM_SCOPE else ROLE_WORDS[role]


def scope_options(covers: Covers | None) -> str:
    """Return how a scope is named on the command line, with a blank before; empty for the team."""
    if covers is None:
        return ""
    return f" --project {covers.project}" if covers.is_project else f" --env {covers.app}:{covers.env}"
