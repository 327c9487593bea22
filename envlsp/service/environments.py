"""Environments as such: created empty, for the whole team or for few, and listed.

An environment never changes its readers. One that has releases already is cloned to
another name instead (`cloning`), so that nobody is misled about who has read what.
"""

from __future__ import annotations

from envlsp.domain.environment import Triple, check_label
from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.records import EnvNote, Role
from envlsp.errors import Misuse
from envlsp.service.access.rights import demand_role, own_role, role_word
from envlsp.service.access.rotation import mend
from envlsp.service.access.scope_members import create_scope
from envlsp.service.access.scopes import Covers
from envlsp.service.context import Project, env_file
from envlsp.service.results import EnvironmentInfo
from envlsp.service.team import Team
from envlsp.wire.bodies import EnvBody


def create_environment(team: Team, triple: Triple, note: str = "", *, restricted: bool = False) -> None:
    """Create an environment without a release, so that everybody who may read it sees its name.

    Args:
        team: opened.
        triple: its name.
        note: what it is for.
        restricted: give it readers of its own, the team's admins to begin with.

    Raises:
        Misuse: there is one of that name; it cannot be restricted any more.
        NoAccess: we may only read, or are no admin and it is to be restricted.
    """
    with team.replica.writing():
        if restricted:
            create_restricted(team, triple, note)
            return
        demand_role(team.replica, Role.DEVELOPER, team.releases.scope_of(triple))
        if team.releases.environments().get(triple, True) is False:
            raise Misuse(f"there is an environment {triple} already", fix="envlsp env list")
        mend(team.replica, team.releases)
        _note(team, team.releases.scope_of(triple), triple, note)


def create_restricted(team: Team, triple: Triple, note: str = "") -> ScopeId:
    """Create an environment with readers of its own. Call it inside `writing`.

    Raises:
        Misuse: it has other readers already, by its releases or by its project.
        NoAccess: we are no admin.
    """
    demand_role(team.replica, Role.ADMIN)
    covering = team.releases.scopes.covering(triple)
    if covering is not None and covering.covers and covering.covers.is_project:
        raise Misuse(
            f"the project {triple.project} is private, and its readers read every environment of it",
            fix="give the environment to a project of its own: envlsp project create NAME --private",
        )
    if covering is not None:
        raise Misuse(f"there is a restricted environment {triple} already", fix="envlsp access")
    _demand_unread(team, triple, f"envlsp env clone {triple.app}:{triple.env} {triple.app}:NAME --restricted")
    return _make_scope(team, Covers(*triple), {triple: note})


def create_project(team: Team, name: str) -> None:
    """Make a private project: all its environments, now and later, are for its readers alone.

    Raises:
        Misuse: it is private already, or the team has read releases of it.
        NoAccess: we are no admin.
    """
    covers = Covers(check_label(name, "a project"))
    with team.replica.writing():
        demand_role(team.replica, Role.ADMIN)
        if team.releases.scopes.exactly(covers) is not None:
            raise Misuse(f"the project {name} is private already", fix="envlsp access")
        open_ones = [
            triple
            for triple in team.releases.environments()
            if covers.has(triple) and team.releases.scope_of(triple) == TEAM_SCOPE
        ]
        another = "name another project in ev.yaml, then: envlsp project create --private, and envlsp push"
        for triple in open_ones:
            _demand_unread(team, triple, another)
        _make_scope(team, covers, dict.fromkeys(open_ones, ""))


def _demand_unread(team: Team, triple: Triple, fix: str) -> None:
    """Make sure that the whole team has not read releases of an environment.

    Args:
        team: opened.
        triple: which one.
        fix: what to do if it has.

    Raises:
        Misuse: it has: what has been read stays read, so the readers cannot change.
    """
    if team.releases.of(triple).history.nodes:
        raise Misuse(
            f"{triple} has releases that the whole team reads, and an environment never changes its readers",
            fix=fix,
        )


def _make_scope(team: Team, covers: Covers, notes: dict[Triple, str]) -> ScopeId:
    """Make a scope with these environments in it, empty still, and put away those of the team."""
    mend(team.replica, team.releases)
    known = team.releases.environments()
    scope = create_scope(team.replica, covers)
    for triple, note in notes.items():
        if triple in known:  # whoever cannot read the scope must not take the name for the team's
            _note(team, TEAM_SCOPE, triple, "", archived=True)
        _note(team, scope, triple, note)
    return scope


def _note(team: Team, scope: ScopeId, triple: Triple, note: str, *, archived: bool = False) -> None:
    body = EnvBody(team.replica.now(), triple.project, triple.app, triple.env, int(archived), note)
    team.replica.append(EnvNote(scope), body)


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
    view, scope = found.view(), team.releases.scopes.covering(triple)
    app = project.config.apps.get(triple.app)
    identity = found.environment.scope
    return EnvironmentInfo(
        triple=triple,
        path=env_file(project, app, triple.env) if app else None,
        release=team.releases.info(found, view.heads[-1]) if view.heads else None,
        names=len(view.entries) + len(view.conflicts),
        archived=archived,
        scope=str(scope) if scope else "",
        role=role_word(own_role(team.replica, identity), identity),
    )
