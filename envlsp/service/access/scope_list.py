"""Who is in which scope, as people are told it.

Who is in a scope and in which role is no secret in the team, so scopes that we cannot
read are listed as well, without a name. The team's admins read every scope, listed or not.
"""

from __future__ import annotations

from envlsp.domain.ids import UserId
from envlsp.domain.ledger.records import Role
from envlsp.service.access.rights import own_role, role_word
from envlsp.service.access.scopes import SHORT_HEX, Scope
from envlsp.service.people import ROLE_WORDS
from envlsp.service.results import ScopeInfo, ScopeMember
from envlsp.service.team import Team


def scope_list(team: Team) -> list[ScopeInfo]:
    """Return every scope but the team's own, those with a name first, by name."""
    team.replica.refresh()
    found = [_info(team, scope) for scope in team.releases.scopes.all()]
    return sorted(found, key=lambda info: (not info.project, info.project, info.app, info.env, info.id))


def _info(team: Team, scope: Scope) -> ScopeInfo:
    covers = scope.covers
    return ScopeInfo(
        id=scope.id.hex()[:SHORT_HEX],
        project=covers.project if covers else "",
        app=covers.app if covers else "",
        env=covers.env if covers else "",
        members=tuple(_member(team, user, role) for user, role in sorted(scope.roles.items())),
        admins=tuple(
            team.people.of_user(user).name
            for user, member in sorted(team.replica.state.members.items())
            if member.role is Role.ADMIN
        ),
        role=role_word(own_role(team.replica, scope.id), scope.id),
        overruled=team.releases.scopes.is_overruled(scope),
    )


def _member(team: Team, user: UserId, role: Role) -> ScopeMember:
    person = team.people.of_user(user)
    is_guest = team.replica.state.members[user].role is Role.NONE
    return ScopeMember(user.hex()[:SHORT_HEX], person.name, person.address, ROLE_WORDS[role], is_guest)
