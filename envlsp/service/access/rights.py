"""What this device may do, asked before anything is written (PROTOCOL A2).

Every peer asks the same of the record; asking here gives the person a reason and a fix.
"""

from __future__ import annotations

from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.records import Role
from envlsp.errors import NoAccess
from envlsp.service.access.removal import is_removed, removed
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
        raise removed()
    mine = own_role(replica, scope)
    if mine < role:
        raise NoAccess(
            f"you are {ROLE_WORDS[mine]} and this needs {ROLE_WORDS[role]}",
            fix=f"ask an admin: envlsp access grant YOU --role {ROLE_WORDS[role]}",
        )
