"""Environments as such: created empty, listed."""

from __future__ import annotations

from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import EnvNote, Role
from envlsp.errors import Misuse
from envlsp.service.access.rights import demand_role
from envlsp.service.access.rotation import mend
from envlsp.service.context import Project, env_file
from envlsp.service.results import EnvironmentInfo
from envlsp.service.team import Team
from envlsp.wire.bodies import EnvBody


def create_environment(team: Team, triple: Triple, note: str = "") -> None:
    """Create an environment without a release, so that everybody sees its name.

    Raises:
        Misuse: there is one of that name.
        NoAccess: we may only read.
    """
    with team.replica.writing():
        demand_role(team.replica, Role.DEVELOPER)
        if triple in team.releases.environments():
            raise Misuse(f"there is an environment {triple} already", fix="envlsp env list")
        mend(team.replica, team.releases)
        body = EnvBody(team.replica.now(), triple.project, triple.app, triple.env, 0, note)
        team.replica.append(EnvNote(TEAM_SCOPE), body)


def list_environments(team: Team, project: Project) -> list[EnvironmentInfo]:
    """Return the environments of a project, those of its `ev.yaml` and those of the ledger."""
    team.replica.refresh()
    name = project.config.project
    known = {t: archived for t, archived in team.releases.environments().items() if t.project == name}
    for app in project.config.apps.values():
        for env in (project.config.default_env, *app.files):
            known.setdefault(Triple(name, app.name, env), False)
    return [_info(team, project, triple, archived=archived) for triple, archived in sorted(known.items())]


def _info(team: Team, project: Project, triple: Triple, *, archived: bool) -> EnvironmentInfo:
    found = team.releases.of(triple)
    view = found.view()
    app = project.config.apps.get(triple.app)
    return EnvironmentInfo(
        triple=triple,
        path=env_file(project, app, triple.env) if app else None,
        release=team.releases.info(found, view.heads[-1]) if view.heads else None,
        names=len(view.entries) + len(view.conflicts),
        archived=archived,
    )
