"""The verbs that look and change nothing: status, log, diff, list, show. And the one way to a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import NotFound
from envlsp.service.comparing import diff, log, status
from envlsp.service.deriving import decoded, read_environment
from envlsp.service.documents_uri import to_uri
from envlsp.service.locking import state
from envlsp.service.reading import demand_value, value_mark
from envlsp.service.showing import show
from envlsp.service.side_by_side import side_by_side
from envlsp.service.verbs.aging import demand_fresh, policy_of
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.lock_shapes import lock_fields
from envlsp.service.verbs.opening import open_document, open_environment
from envlsp.service.verbs.shapes import (
    diff_fields,
    list_fields,
    log_fields,
    shown_fields,
    status_fields,
    whole_log_fields,
)
from envlsp.service.whole_log import whole_log
from envlsp.wire.text import to_team_text


def _status(desk: Desk, arguments: Arguments) -> Json:
    here, policy = open_environment(desk, arguments), policy_of(desk, arguments)
    result = status(here.team, here.context)
    demand_fresh(desk, policy, result.freshness)
    return {**status_fields(result), "lock": lock_fields(state(desk.service))}


def _log(desk: Desk, arguments: Arguments) -> Json:
    here, limit = open_environment(desk, arguments), arguments.number("limit")
    if arguments.flag("all"):
        return whole_log_fields(whole_log(here.team, here.context)[: limit or None])
    counting = [release for release in log(here.team, here.context) if not release.void]
    return log_fields(counting[: limit or None])


def _diff(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    older, newer = arguments.text("from"), arguments.text("to")
    if newer and not older:
        older = "~0"
    words = f"{older}..{newer}" if newer else older
    fields = diff_fields(diff(here.team, here.context, words))
    if arguments.flag("texts"):
        old, new = side_by_side(here.team, here.context, words)
        fields = {**fields, "old_text": old, "new_text": new}
    return fields


def _list(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    reading = read_environment(here.team, here.context.triple, here.context.dialect)
    marks = {name: value_mark(here.team, value) for name, value in sorted(reading.values.items())}
    return list_fields(reading.release, marks, reading.conflicts)


def _show(desk: Desk, arguments: Arguments) -> Json:
    """Return an environment as a masked document; `uri` may name one of another project."""
    meant = open_document(desk, arguments)
    release = arguments.text("release") or meant.release
    text = show(meant.team, meant.triple, meant.dialect, release).to_text()
    return shown_fields(to_uri(to_team_text(meant.team.id), meant.triple, release), release or "", text)


def value(desk: Desk, name: str, arguments: Arguments) -> SecretText:
    """Return the decoded value of a name, in the newest release or the one of the document.

    Raises:
        NotFound: there is no such name, or release.
        ConflictedName: releases disagree about it.
    """
    meant = open_document(desk, arguments)
    dialect = meant.dialect or "node"
    if meant.release is None:
        return demand_value(read_environment(meant.team, meant.triple, dialect), name)
    meant.team.replica.refresh()
    found = meant.team.releases.of(meant.triple)
    record = found.versions.find(meant.release)
    values = decoded(found.snapshots[record], dialect)
    if SecretName(name) not in values:
        raise NotFound(f"there is no {name} in {meant.release}", fix="envlsp list")
    return values[SecretName(name)]


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {
    "status": _status,
    "log": _log,
    "diff": _diff,
    "list": _list,
    "show": _show,
}
