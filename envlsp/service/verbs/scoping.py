"""The verbs about who reads a project or an environment: making one private, letting in, taking out.

What happens is shared with the command line; what is said about it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from envlsp.domain.environment import Triple, check_label
from envlsp.domain.ids import TEAM_SCOPE, ScopeId, UserId
from envlsp.domain.ledger.records import Role
from envlsp.errors import AmbiguousName, Misuse, NotFound, NotInitialised, UsageError
from envlsp.service.access.exposure import exposure
from envlsp.service.access.rights import demand_role, own_role
from envlsp.service.access.rotation import rotate, scopes
from envlsp.service.access.scope_members import set_scope_role
from envlsp.service.access.scopes import Covers, Scope
from envlsp.service.access.voiding import foresee
from envlsp.service.cloning import Cloned, clone_environment, is_wider
from envlsp.service.context import Context, find_context, open_project
from envlsp.service.environments import create_project
from envlsp.service.facade import Opened, OpenedTeam, Service
from envlsp.service.people import SHORT_HEX, role_from_word
from envlsp.service.ports import Talk
from envlsp.service.switching import Switched
from envlsp.service.team import Team
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.beginning import IN_DOUBT, environment_word
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import asked, courier_of, open_team
from envlsp.service.verbs.outcomes import LetIn, NewKeys, TakenOut
from envlsp.service.verbs.shapes import cloned_fields, project_fields

ADMINS_READ = "the team's admins read it too"

# --- which scope is meant ----------------------------------------------------------------------


class Named(NamedTuple):
    """What `--project` and `--env` name; not looked up yet: the news may bring it."""

    covers: Covers

    def find(self, team: Team) -> Scope:
        """Return the scope.

        Raises:
            NotFound: nobody made one for just this; the fix says what to do instead.
        """
        found = team.releases.scopes.exactly(self.covers)
        if found is None:
            raise _no_scope(team, self.covers)
        return found


def named_scope(service: Service, place: Path, project: str, env: str) -> Named | None:
    """Return which scope is meant; None for the team, where neither is given.

    Args:
        service: this device.
        place: where `ev.yaml` is looked for.
        project: `--project` as typed.
        env: `--env` as typed, `[APP:]ENV`.

    Raises:
        UsageError: both are given.
        BadText: no possible name.
    """
    if project and env:
        raise UsageError("say --project or --env, not both", fix="an environment is named [APP:]ENV")
    if project:
        return Named(Covers(check_label(project, "a project")))
    if env:
        return Named(Covers(*service.open(place, environment_word(env)).context.triple))
    return None


def _no_scope(team: Team, covers: Covers) -> NotFound:
    if covers.is_project:
        return NotFound(
            f"the project {covers} is not private, as far as this device can tell",
            fix=f"envlsp project create {covers} --private",
        )
    triple = Triple(covers.project, covers.app, covers.env)
    if team.releases.scopes.covering(triple) is not None:
        return NotFound(
            f"{covers} is not restricted by itself: the project is private",
            fix=f"say --project {covers.project}",
        )
    target = f"{covers.app}:{covers.env}"
    fix = f"envlsp env create {target} --restricted"
    if team.releases.of(triple).history.nodes:
        fix = f"envlsp env clone {target} {covers.app}:NAME --restricted"
    return NotFound(f"{covers} is not restricted, as far as this device can tell", fix=fix)


def context_scopes(team: Team, place: Path, target: str | None) -> tuple[ScopeId, ...]:
    """Return the scope of the environment that a place is about; the team's outside of any.

    Raises:
        EnvlspError: as `find_context` does, where `target` says which environment.
    """
    try:
        project = open_project(place)
    except NotInitialised:
        return (TEAM_SCOPE,)
    try:
        switched = Switched(team, project.root).of
        context = find_context(project, place, target=target, switched=switched)
    except AmbiguousName:
        if target:
            raise
        private = team.releases.scopes.exactly(Covers(project.config.project))
        return (private.id if private else TEAM_SCOPE,)
    return (team.releases.scope_of(context.triple),)


# --- letting in, taking out ---------------------------------------------------------------------


def let_in(
    courier: Courier, team: Team, who: str, role: str, named: Named, *, may_invite: bool
) -> LetIn | None:
    """Give a member a role in a scope; None where `who` is an address of nobody yet, to be invited.

    Raises:
        NotFound: nobody of that name, and no address to invite; or no such scope.
        EnvlspError: as `set_scope_role` does.
    """
    courier.fetch()
    wanted, scope = role_from_word(role), named.find(team)
    try:
        user = team.people.find(who)
    except NotFound:
        if "@" not in who or not may_invite:
            raise
        return None
    is_new = set_scope_role(team.replica, team.releases, scope.id, user, wanted)
    reached = courier.deliver() if is_new else 0
    return LetIn(_name(team, user), str(scope), is_new, _team_role(team, user) is Role.ADMIN, reached)


def take_out(courier: Courier, team: Team, who: str, named: Named, talk: Talk) -> TakenOut:
    """Take a scope from a member, once the person here has said yes.

    Raises:
        Misuse: they said no; or it is an admin of the team, who reads it all the same.
        NotFound: they are not in it, or there is no such scope.
        EnvlspError: as `set_scope_role` does.
    """
    courier.fetch()
    user, scope = team.people.find(who), named.find(team)
    name, is_listed = _name(team, user), user in scope.roles
    if not is_listed and _team_role(team, user) is Role.ADMIN:
        raise Misuse(
            f"{name} is an admin of the team, and admins read every scope",
            fix=f"envlsp access grant {user.hex()[:SHORT_HEX]} --role developer",
        )
    if not is_listed:
        raise NotFound(f"{name} is not in {scope}", fix="envlsp access")
    demand_role(team.replica, Role.ADMIN, scope.id)
    courier.tell(foresee(team, devices=team.replica.state.members[user].devices))
    if not talk.confirm(f"take {scope} from {name}? They stay in the team."):
        raise Misuse("you said no; nothing was changed", fix="say yes, or add --yes")
    set_scope_role(team.replica, team.releases, scope.id, user, Role.NONE)
    reached, is_guest = courier.deliver(), _team_role(team, user) is Role.NONE
    return TakenOut(name, str(scope), is_guest, reached, exposure(team, user, scope.id))


def _name(team: Team, user: UserId) -> str:
    return team.people.of_user(user).display_name


def _team_role(team: Team, user: UserId) -> Role:
    return team.replica.state.role(user, TEAM_SCOPE)


def guest_lines(team: Team, role: str, named: Named) -> tuple[tuple[ScopeId, Role], ...]:
    """Return what an invited guest is to be: a role in one scope, and none in the team.

    Raises:
        NotFound: there is no such scope.
        NoAccess: we are no admin of the team.
    """
    team.replica.refresh()
    demand_role(team.replica, Role.ADMIN)
    return ((named.find(team).id, role_from_word(role)),)


# --- keys ---------------------------------------------------------------------------------------


def start_keys(courier: Courier, team: Team, pick: Callable[[], Collection[ScopeId]] | None) -> NewKeys:
    """Start new keys and encrypt what is newest again.

    Args:
        courier: who gets the news and delivers.
        team: opened.
        pick: returns the scopes, once the news are here; None: every scope that we may write in.

    Raises:
        NoAccess: we may only read one of them, or all where all were meant.
    """
    courier.fetch()
    every = scopes(team.replica.state)
    wanted = pick() if pick else [s for s in every if own_role(team.replica, s) >= Role.DEVELOPER]
    if not wanted:
        demand_role(team.replica, Role.DEVELOPER)
    again = rotate(team.replica, team.releases, wanted)
    names = tuple(team.releases.scopes.name(scope) for scope in wanted)
    return NewKeys(names, 0 if pick else len(every) - len(wanted), again, courier.deliver())


# --- projects and clones ------------------------------------------------------------------------


def make_project(courier: Courier, team: Team, name: str, *, private: bool) -> int:
    """Make a private project; return how many devices know of it.

    Raises:
        UsageError: it is not to be private: then there is nothing to make.
        EnvlspError: as `create_project` does.
    """
    if not private:
        raise UsageError(
            "a project that the whole team reads needs no making",
            fix="envlsp init in its folder; or: envlsp project create NAME --private",
        )
    courier.fetch()
    create_project(team, name)
    return courier.deliver()


def project_name(place: Path, name: str) -> str:
    """Return the project that is meant: the one named, else the one of the folder.

    Raises:
        UsageError: neither is there.
    """
    if name:
        return name
    try:
        return open_project(place).config.project
    except NotInitialised:
        fix = "envlsp project create NAME --private"
        raise UsageError("which project?", fix=fix) from None


def clone(
    courier: Courier, source: Opened, target: Triple, talk: Talk, *, restricted: bool
) -> tuple[Cloned, int]:
    """Make an environment of another one; return it, and how many devices know of it.

    Raises:
        Misuse: more people would read the values, and the person here said no.
        EnvlspError: as `clone_environment` does.
    """
    courier.fetch()
    team, triple = source.team, source.context.triple
    if not restricted and is_wider(team, triple, target):
        readers = team.releases.scopes.name(team.releases.scope_of(target))
        if not talk.confirm(f"show the values of {triple} to everybody who reads {target} ({readers})?"):
            raise Misuse("you said no; nothing was copied", fix="say yes, or add --yes")
    made = clone_environment(team, triple, target, restricted=restricted)
    if team.releases.scopes.is_doubtful(target):
        talk.say(IN_DOUBT.format(triple=target))
    return made, courier.deliver()


def clone_target(service: Service, place: Path, source: Opened, word: str) -> Context:
    """Return the environment that `[APP:]NAME` means: of the source's app where none is said."""
    word = word if ":" in word else f"{source.context.app.name}:{word}"
    return service.open(place, word).context


def still_known(made: Cloned) -> str:
    """Return what to say of values that are for fewer people from now on."""
    return f"whoever could read {made.source} knows these values: change them at their source"


# --- for an editor ------------------------------------------------------------------------------


def named_by(desk: Desk, arguments: Arguments) -> Named | None:
    """Return the scope that `project` and `env` of a command name."""
    return named_scope(desk.service, desk.place, arguments.text("project"), arguments.text("env"))


def pick_by(desk: Desk, opened: OpenedTeam, arguments: Arguments) -> Callable[[], Collection[ScopeId]] | None:
    """Return how `access.rotate` finds its scopes; None: all there are."""
    named = named_by(desk, arguments)
    if arguments.flag("all"):
        if named is not None:
            raise UsageError("say 'all', or one 'project' or 'env'", fix="leave out 'all'")
        return None
    if named is not None:
        return lambda: (named.find(opened.team).id,)
    return lambda: context_scopes(opened.team, desk.place, arguments.target())


def _create_project(desk: Desk, arguments: Arguments) -> Json:
    opened, name = open_team(desk), project_name(desk.place, arguments.text("name"))
    courier = courier_of(desk, opened, arguments)
    reached = make_project(courier, opened.team, name, private=arguments.flag("private", default=True))
    return project_fields(name, reached)


def _clone(desk: Desk, arguments: Arguments) -> Json:
    word = asked(desk, arguments, "name", "name of the new environment")
    source = desk.service.open(desk.place, arguments.target())
    target = clone_target(desk.service, desk.place, source, word)
    courier = courier_of(desk, source, arguments)
    restricted = arguments.flag("restricted")
    made, reached = clone(courier, source, target.triple, desk.talk, restricted=restricted)
    if made.narrower:
        desk.talk.say(still_known(made))
    return cloned_fields(made, str(target.file), reached)


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "project.create": _create_project,
    "env.clone": _clone,
}
