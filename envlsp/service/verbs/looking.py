"""The verbs that look and change nothing: status, log, diff, list, show. And the one way to a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadConfig, NotFound, NotInitialised
from envlsp.service.comparing import diff, log, status
from envlsp.service.context import open_project
from envlsp.service.deriving import decoded, read_environment
from envlsp.service.documents_uri import DocumentUri, to_uri
from envlsp.service.reading import demand_value, value_mark
from envlsp.service.showing import masked_text
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import find_team, open_environment
from envlsp.service.verbs.shapes import (
    diff_fields,
    list_fields,
    log_fields,
    shown_fields,
    status_fields,
)
from envlsp.wire.text import to_team_text


def _status(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    return status_fields(status(here.team, here.context))


def _log(desk: Desk, arguments: Arguments) -> Json:
    here, limit = open_environment(desk, arguments), arguments.number("limit")
    return log_fields(log(here.team, here.context)[: limit or None])


def _diff(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    older, newer = arguments.text("from"), arguments.text("to")
    if newer and not older:
        older = "~0"
    words = f"{older}..{newer}" if newer else older
    return diff_fields(diff(here.team, here.context, words))


def _list(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    reading = read_environment(here.team, here.context.triple, here.context.dialect)
    marks = {name: value_mark(here.team, value) for name, value in sorted(reading.values.items())}
    return list_fields(reading.release, marks, reading.conflicts)


def _show(desk: Desk, arguments: Arguments) -> Json:
    """Return an environment as a masked document; `uri` may name one of another project."""
    document, release = arguments.document(), arguments.text("release") or None
    if document is not None and not arguments.text("target"):
        team, triple = desk.service.team(find_team(desk, document)), document.triple
        release, dialect = release or document.release, _dialect(desk, document)
    else:
        here = open_environment(desk, arguments)
        team, triple, dialect = here.team, here.context.triple, here.context.dialect
    text = masked_text(team, triple, dialect, release)
    return shown_fields(to_uri(to_team_text(team.id), triple, release), release or "", text)


def _dialect(desk: Desk, document: DocumentUri) -> str:
    """Return the loader of a document's app, where the project at hand says it; else empty."""
    try:
        config = open_project(desk.place).config
    except (NotInitialised, BadConfig):
        return ""
    app = config.apps.get(document.triple.app)
    return app.dialect if app is not None and config.project == document.triple.project else ""


def value(desk: Desk, name: str, arguments: Arguments) -> SecretText:
    """Return the decoded value of a name, in the newest release or the one of the document.

    Raises:
        NotFound: there is no such name, or release.
        ConflictedName: releases disagree about it.
    """
    here, document = open_environment(desk, arguments), arguments.document()
    if document is None or document.release is None:
        return demand_value(read_environment(here.team, here.context.triple, here.context.dialect), name)
    here.team.replica.refresh()
    found = here.team.releases.of(here.context.triple)
    record = found.versions.find(document.release)
    values = decoded(found.snapshots[record], here.context.dialect)
    if SecretName(name) not in values:
        raise NotFound(f"there is no {name} in {document.release}", fix="envlsp list")
    return values[SecretName(name)]


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "status": _status,
    "log": _log,
    "diff": _diff,
    "list": _list,
    "show": _show,
}
