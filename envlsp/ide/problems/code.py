"""Source code: names that it reads and nobody defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from envlsp.ide.envfile import EnvFile
from envlsp.ide.names import Names
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.wellknown import is_given
from envlsp.ide.results import Json, Place, Problem, Severity
from envlsp.ide.scope import Scope, scope_of
from envlsp.ide.similar import MEANT_MAX, Similar, or_listed
from envlsp.ide.snapshot import AppFacts, EnvironmentFacts, Snapshot, Standing
from envlsp.ide.usages import Usage
from envlsp.ide.words import listed

_UNTOLD = (Standing.LOADING, Standing.LOCKED, Standing.UNOPENABLE, Standing.WAITING)
"""The team may have the name: nobody can tell yet."""


def code_problems(snapshot: Snapshot, place: Place) -> Iterator[Problem]:
    """Yield the reads of a code file that will find nothing, or nothing in some environments."""
    document = snapshot.documents.get(place)
    usages = snapshot.usages.files.get(place, ()) if document is None else document.usages
    scope = scope_of(snapshot, place) if usages else None
    if scope is None or scope.project is None or scope.project.standing in _UNTOLD:
        return
    known = _Known(scope)
    if not known.is_any:
        return
    undefined = 0
    for usage in usages:
        if usage.is_write or is_given(usage.name):
            continue
        if known.has(usage.name):
            if not usage.has_default and (lacking := known.lacking(usage.name)):
                code = "missing-in-environment"
                message = f"{usage.name} is missing in {listed(lacking)}"
                yield Problem(code, usage.range, message, CODES[code].severity, data={"name": usage.name})
        elif not known.is_beyond(usage.name):
            undefined += 1
            meant = Similar.among(known.tables).to(usage.name) if undefined <= MEANT_MAX else ()
            yield _undefined(known, usage, meant)


@dataclass(frozen=True)
class _Known:
    """What there is for code at a place: of its app, or of all apps where it is in none."""

    scope: Scope

    @cached_property
    def _files(self) -> Sequence[EnvFile]:
        return [file for _, file in self.scope.files()]

    @cached_property
    def _releases(self) -> Sequence[EnvironmentFacts]:
        return [slot.facts for slot in self.scope.slots() if slot.facts is not None]

    @cached_property
    def _beyond(self) -> Sequence[EnvFile]:
        return [file for _, file in (*self.scope.above(), *self.scope.below())]

    @property
    def is_any(self) -> bool:
        """Whether anything is defined; where nothing is, nothing is missing."""
        return bool(self._files) or any(facts.names for facts in self._releases)

    @property
    def app(self) -> str:
        """What to call whose names these are."""
        return self.scope.apps[0].name if len(self.scope.apps) == 1 else "any app"

    @property
    def has_releases(self) -> bool:
        """Whether there are environments in the ledger."""
        return bool(self._releases)

    @cached_property
    def tables(self) -> Sequence[Names]:
        """The names there are, ready to be searched."""
        releases = [facts.sorted_names for facts in self._releases]
        return [file.sorted_names for file in self._files] + releases

    def has(self, name: str) -> bool:
        """Return whether an env file or a release of the app has a name."""
        return any(name in file.by_name for file in self._files) or any(
            name in facts.names or name in facts.conflicts for facts in self._releases
        )

    def is_beyond(self, name: str) -> bool:
        """Return whether an env file in a folder around the app, or inside of it, has a name."""
        return any(name in file.by_name for file in self._beyond)

    def lacking(self, name: str) -> Sequence[str]:
        """Return the environments that lack a name: only those that the team shares are complete."""
        if len(self.scope.apps) != 1:
            return []
        return sorted(env for env in self._shared(self.scope.apps[0]) if not self._is_in(env, name))

    def _shared(self, app: AppFacts) -> Iterator[str]:
        assert self.scope.project is not None
        for env in app.files:
            facts = self.scope.project.environments.get((app.name, env))
            if facts is not None and not facts.is_archived and facts.names:
                yield env

    def _is_in(self, env: str, name: str) -> bool:
        (app,) = self.scope.apps
        assert self.scope.project is not None
        facts = self.scope.project.environments[app.name, env]
        local = self.scope.snapshot.env_file(app.files[env])
        return (local is not None and name in local.by_name) or name in facts.names or name in facts.conflicts


def _undefined(known: _Known, usage: Usage, meant: Sequence[str]) -> Problem:
    code = "undefined-name"
    places = "no env file and no release" if known.has_releases else "no env file"
    message = f"{usage.name} is in {places} of {known.app}"
    data: dict[str, Json] = {"name": usage.name}
    if usage.has_default:
        message += "; the default counts"
    if meant:
        message += f"; did you mean {or_listed(meant)}?"
        data["suggestions"] = list(meant)
    severity = Severity.HINT if usage.has_default else CODES[code].severity
    return Problem(code, usage.range, message, severity, data=data)
