"""The verbs that bring something into being: a team, membership of one, an environment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from envlsp.errors import EnvlspError, Misuse, NotInitialised
from envlsp.service.config import signaling_servers
from envlsp.service.context import Context, Project, open_project
from envlsp.service.environments import create_environment, list_environments
from envlsp.service.facade import Opened, Service
from envlsp.service.forking import Forked, fork
from envlsp.service.identity import who
from envlsp.service.joining.joining import join
from envlsp.service.network.errands import tell_node
from envlsp.service.people import Person
from envlsp.service.ports import Talk
from envlsp.service.pulling import pull
from envlsp.service.starting import InitOptions, init
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import asked, courier_of, open_team
from envlsp.service.verbs.shapes import (
    created_fields,
    environments_fields,
    forked_fields,
    init_fields,
    join_fields,
)

_WITHOUT_WORDS = (
    "found a team without recovery words? If every admin's device is lost, nobody can be let in again"
)


class Created(NamedTuple):
    """An environment that was created."""

    context: Context
    reached: int
    doubtful: bool
    """Whether those who read a restricted environment of that name, if there is one, will not see it."""


IN_DOUBT = "some of this team is closed to you; if {triple} is in it, its readers do not see this one"


def create(courier: Courier, here: Opened, note: str, *, restricted: bool = False) -> Created:
    """Create an environment, with readers of its own if it is to be restricted, and tell teammates."""
    courier.fetch()
    create_environment(here.team, here.context.triple, note, restricted=restricted)
    doubtful = here.team.releases.scopes.is_doubtful(here.context.triple)
    return Created(here.context, courier.deliver(), doubtful)


def fork_team(service: Service, place: Path, person: Person, talk: Talk, *, recovery: bool) -> Forked:
    """Found a new team out of what this device reads, once the person here has said yes.

    Raises:
        Misuse: they said no.
        EnvlspError: as `fork` does.
    """
    if not talk.confirm("found a new team, in which everybody else must be let in anew?"):
        raise Misuse("you said no; the team is as it was", fix="say yes, or add --yes")
    made = fork(service, place, person, talk, recovery=recovery)
    here = service.open(place)
    with contextlib.suppress(EnvlspError):  # a file with changes of its own stays as it is
        pull(here.team, here.context)
    tell_node(service, here.team.id, "joined")
    return made


def environment_word(name: str) -> str:
    """Return `[APP:]NAME` as a target."""
    return name if ":" in name else f":{name}"


# --- for an editor -----------------------------------------------------------------------------


def _create_environment(desk: Desk, arguments: Arguments) -> Json:
    name = asked(desk, arguments, "name", "name of the environment")
    here = desk.service.open(desk.place, environment_word(name))
    message, restricted = arguments.text("message"), arguments.flag("restricted")
    created = create(courier_of(desk, here, arguments), here, message, restricted=restricted)
    if created.doubtful:
        desk.talk.say(IN_DOUBT.format(triple=created.context.triple))
    return created_fields(created.context.triple, str(created.context.file), created.reached)


def _list_environments(desk: Desk, _arguments: Arguments) -> Json:
    return environments_fields(list_environments(open_team(desk).team, open_project(desk.place)))


def _create_team(desk: Desk, arguments: Arguments) -> Json:
    person = who(desk.talk, desk.folder, arguments.text("as") or None, arguments.text("device") or None)
    options = InitOptions(
        person=person,
        project=arguments.text("project") or None,
        signaling=arguments.texts("signaling"),
        team=arguments.text("team") or None,
        new_team=arguments.flag("new_team"),
        recovery=_wants_words(desk, arguments),
        dialect=arguments.text("dialect", "node"),
    )
    return init_fields(init(desk.service, desk.folder, options, talk=desk.talk))


def _fork(desk: Desk, arguments: Arguments) -> Json:
    person = who(desk.talk, desk.folder, arguments.text("as") or None, arguments.text("device") or None)
    recovery = arguments.flag("recovery")
    if not arguments.has("recovery") and not desk.talk.confirm(_WITHOUT_WORDS):
        raise Misuse("no team was made", fix="envlsp team fork in a terminal, which shows recovery words")
    return forked_fields(fork_team(desk.service, desk.folder, person, desk.talk, recovery=recovery))


def _wants_words(desk: Desk, arguments: Arguments) -> bool:
    """Return whether to show recovery words: an editor may not be able to, so it is no default.

    Raises:
        Misuse: the person wants them.
    """
    vault = desk.service.vault
    is_founding = not arguments.text("team") and (
        arguments.flag("new_team") or not vault.exists or not vault.open().teams()
    )
    if arguments.flag("recovery") or not is_founding or arguments.has("recovery"):
        return arguments.flag("recovery")
    if not desk.talk.confirm(_WITHOUT_WORDS):
        raise Misuse("no team was made", fix="envlsp init in a terminal, which shows recovery words")
    return False


def _join(desk: Desk, arguments: Arguments) -> Json:
    if welcome := arguments.text("welcome"):
        from envlsp.service.verbs.carrying import join_by

        return join_fields(join_by(desk.service, _project(desk), desk.folder / welcome, desk.talk))
    code = asked(desk, arguments, "code", "the code that an admin reads to you, or a link")
    project = _project(desk)
    config = project.config if project else None
    servers = arguments.texts("signaling") or signaling_servers(config, desk.service.environ)
    person = who(desk.talk, desk.folder, arguments.text("as") or None, arguments.text("device") or None)
    desk.report("meeting the other side")
    joined = join(
        desk.service,
        project,
        code.strip(),
        person,
        servers,
        talk=desk.talk,
        is_cancelled=desk.is_cancelled,
    )
    return join_fields(joined)


def _project(desk: Desk) -> Project | None:
    try:
        return open_project(desk.place)
    except NotInitialised:
        return None


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "env.create": _create_environment,
    "env.list": _list_environments,
    "team.create": _create_team,
    "team.fork": _fork,
    "join": _join,
}
