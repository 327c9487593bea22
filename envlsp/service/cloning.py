"""A new environment that holds what another one holds: the way from an open one to a restricted one.

The values are copied, not the history; whoever could read the first one knows them, and
that is said. Values never go to more readers than they had without a person's yes.
"""

from __future__ import annotations

from dataclasses import dataclass

from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import Release, Role
from envlsp.domain.release import ReleaseContent, ReleaseKind
from envlsp.errors import Misuse
from envlsp.service.access.rights import demand_role
from envlsp.service.deriving import view_snapshot
from envlsp.service.environments import create_environment, create_restricted
from envlsp.service.pushing import make_ready
from envlsp.service.reading import conflict_error, no_release
from envlsp.service.results import ReleaseInfo
from envlsp.service.team import Team


@dataclass(frozen=True, slots=True)
class Cloned:
    """An environment that was made of another one."""

    source: Triple
    target: Triple
    release: ReleaseInfo
    """The first one of the new environment."""
    names: int
    narrower: bool
    """Whether fewer people read the new one: those who read the old one know its values all the same."""


def is_wider(team: Team, source: Triple, target: Triple) -> bool:
    """Return whether a clone would show values to people who cannot read them now."""
    team.replica.refresh()
    state, scope = team.replica.state, team.releases.scope_of
    return any(
        state.role(user, scope(target)) >= Role.VIEWER > state.role(user, scope(source))
        for user in state.members
    )


def clone_environment(team: Team, source: Triple, target: Triple, *, restricted: bool = False) -> Cloned:
    """Make an environment whose first release holds what another one holds now, layout and all.

    Args:
        team: opened.
        source: which one is copied.
        target: the name of the new one.
        restricted: give it readers of its own, the team's admins to begin with.

    Raises:
        NotFound, WaitingForKey: there is nothing to copy, or no key to it yet.
        ConflictedName: releases of the source disagree; nothing is picked silently.
        Misuse: there is a release of the target already, or it cannot be restricted.
        NoAccess: we may not read the one, or not write the other.
    """
    with team.replica.writing():
        found = team.releases.of(source)
        view = found.view()
        if not view.heads or not team.releases.is_readable(source):
            raise no_release(team, source)
        if view.conflicts:
            raise conflict_error(tuple(sorted(view.conflicts)))
        _demand_empty(team, target)
        if restricted:
            create_restricted(team, target)
        elif team.releases.environments().get(target, True):
            create_environment(team, target)
        make_ready(team, target)
        scope = team.releases.scope_of(target)
        demand_role(team.replica, Role.DEVELOPER, scope)
        content = ReleaseContent(
            ts=team.replica.now(),
            kind=ReleaseKind.PUSH,
            message=f"clone of {source} {'+'.join(found.versions.label(head) for head in view.heads)}",
            triple=target,
            base=(),
            of=None,
            snapshot=view_snapshot(found, view),
        )
        record = team.replica.append(Release(scope), content).id
    return Cloned(
        source=source,
        target=target,
        release=team.releases.info(team.releases.of(target), record),
        names=len(view.entries),
        narrower=scope not in {TEAM_SCOPE, found.environment.scope},
    )


def _demand_empty(team: Team, target: Triple) -> None:
    if team.releases.of(target).history.nodes:
        raise Misuse(f"{target} has releases already", fix="clone to another name: envlsp env list")
