"""What most verbs begin with: the team or environment meant, and somebody to carry news."""

from __future__ import annotations

from typing import NamedTuple

from envlsp.domain.environment import Triple
from envlsp.domain.ids import TeamId
from envlsp.errors import BadConfig, NotFound, NotInitialised
from envlsp.service.context import open_project
from envlsp.service.documents_uri import DocumentUri
from envlsp.service.facade import Opened, OpenedTeam
from envlsp.service.team import Team
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk
from envlsp.wire.text import to_team_text


def open_environment(desk: Desk, arguments: Arguments) -> Opened:
    """Open the environment that the arguments mean, else the one of the place.

    Raises:
        NotFound: `uri` is of another project than the place.
        EnvlspError: as `Service.open` does.
    """
    document = arguments.document()
    if document is not None and document.triple.project != open_project(desk.place).config.project:
        raise NotFound(f"{document.triple} is of another project", fix="open that project's folder")
    return desk.service.open(desk.place, arguments.target())


def asked(desk: Desk, arguments: Arguments, name: str, question: str) -> str:
    """Return an argument that is text; what was not given is asked for.

    Raises:
        UsageError: not given, and nobody can be asked, or they said nothing.
    """
    answer = arguments.text(name) or desk.talk.ask(question, flag=name).strip()
    return answer or arguments.required(name)


def open_team(desk: Desk) -> OpenedTeam:
    """Open the team of the place, else the only one of this device."""
    return desk.service.open_team(desk.place)


class Meant(NamedTuple):
    """An environment to read, which need not be of the project at hand."""

    team: Team
    triple: Triple
    dialect: str
    """Empty: nobody at hand knows the loader."""
    release: str | None


def open_document(desk: Desk, arguments: Arguments) -> Meant:
    """Open the environment of a document `envlsp://…`, else the one that the verb is about."""
    document = arguments.document()
    if document is None or arguments.text("target"):
        here = open_environment(desk, arguments)
        return Meant(here.team, here.context.triple, here.context.dialect, None)
    team = desk.service.team(find_team(desk, document))
    return Meant(team, document.triple, _dialect(desk, document), document.release)


def _dialect(desk: Desk, document: DocumentUri) -> str:
    try:
        config = open_project(desk.place).config
    except (NotInitialised, BadConfig):
        return ""
    app = config.apps.get(document.triple.app)
    return app.dialect if app is not None and config.project == document.triple.project else ""


def find_team(desk: Desk, document: DocumentUri) -> TeamId:
    """Return the team of this device that a document's name means.

    Raises:
        NotInitialised: this device is in no such team.
        BadConfig: it is in several that begin so.
    """
    fits = [t for t in desk.service.vault.open().teams() if to_team_text(t).startswith(document.team)]
    if not fits:
        raise NotInitialised("this device is not in the team of that document", fix="envlsp join CODE")
    if len(fits) > 1:
        raise BadConfig("that document's team may be one of several", fix="write more letters of it")
    return fits[0]


def courier_of(desk: Desk, opened: OpenedTeam, arguments: Arguments) -> Courier:
    """Return who asks the network on behalf of this verb."""
    return Courier(
        desk.service,
        opened,
        desk.talk.say,
        offline=arguments.flag("offline"),
        is_cancelled=desk.is_cancelled,
    )
