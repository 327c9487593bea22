"""Source code: names that it reads and nobody defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envlsp.ide.envfile import EnvFile
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.wellknown import is_given
from envlsp.ide.results import Place, Problem, Severity
from envlsp.ide.snapshot import Snapshot, Standing, Where
from envlsp.ide.usages import Usage
from envlsp.ide.words import listed

_UNTOLD = (Standing.LOADING, Standing.LOCKED, Standing.WAITING)
"""The team may have the name: nobody can tell yet."""


def code_problems(snapshot: Snapshot, place: Place) -> Iterator[Problem]:
    """Yield the reads of a code file that will find nothing, or nothing in some environments."""
    document = snapshot.documents.get(place)
    usages = snapshot.usages.files.get(place, ()) if document is None else document.usages
    where = snapshot.where(place) if usages else None
    if where is None or where.project.standing in _UNTOLD:
        return
    files = _files(snapshot, where)
    releases = [facts for (app, _), facts in where.project.environments.items() if app == where.app.name]
    if not files and not any(facts.names for facts in releases):
        return
    for usage in usages:
        if usage.is_write or is_given(usage.name):
            continue
        in_files = any(usage.name in env.by_name for env in files)
        in_releases = any(usage.name in facts.names or usage.name in facts.conflicts for facts in releases)
        if not in_files and not in_releases:
            yield _undefined(where, usage)
        elif not usage.has_default and (lacking := _lacking(snapshot, where, usage.name)):
            code = "missing-in-environment"
            message = f"{usage.name} is missing in {listed(lacking)}"
            yield Problem(code, usage.range, message, CODES[code].severity, data={"name": usage.name})


def _files(snapshot: Snapshot, where: Where) -> list[EnvFile]:
    places = (*where.app.files.values(), *where.app.others)
    return [env for place in places if (env := snapshot.env_file(place)) is not None]


def _undefined(where: Where, usage: Usage) -> Problem:
    code = "undefined-name"
    has_releases = any(app == where.app.name for app, _ in where.project.environments)
    places = "no env file and no release" if has_releases else "no env file"
    message = f"{usage.name} is in {places} of {where.app.name}"
    if usage.has_default:
        return Problem(
            code, usage.range, f"{message}; the default counts", Severity.HINT, data={"name": usage.name}
        )
    return Problem(code, usage.range, message, CODES[code].severity, data={"name": usage.name})


def _lacking(snapshot: Snapshot, where: Where, name: str) -> Sequence[str]:
    """Return the environments that lack a name: only those that the team shares are complete."""
    found = []
    for env, file in where.app.files.items():
        facts = where.project.environments.get((where.app.name, env))
        if facts is None or facts.is_archived or not facts.names:
            continue
        local = snapshot.env_file(file)
        in_file = local is not None and name in local.by_name
        if not in_file and name not in facts.names and name not in facts.conflicts:
            found.append(env)
    return sorted(found)
