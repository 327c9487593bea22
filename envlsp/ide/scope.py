"""Which apps and env files a place has to do with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from envlsp.ide.envfile import EnvFile
from envlsp.ide.results import Place, Target
from envlsp.ide.snapshot import AppFacts, EnvironmentFacts, ProjectFacts, Snapshot, Standing, holds
from envlsp.ide.usages import Usage

_SHOWN = "envlsp://"
_NAMES = 3
"""A project, an app, an environment."""


class Slot(NamedTuple):
    """An environment of an app: its file and its releases, where there are any."""

    label: str
    """`dev`; `web:dev` where several apps are meant."""
    place: Place
    file: EnvFile | None
    facts: EnvironmentFacts | None


class Scope(NamedTuple):
    """What a place has to do with: one app, or all of a project for code that they share."""

    snapshot: Snapshot
    place: Place
    project: ProjectFacts | None
    apps: tuple[AppFacts, ...]

    def slots(self) -> Iterator[Slot]:
        """Yield the environments, the default one first."""
        for app in self.apps:
            assert self.project is not None
            default = self.project.default_env
            for env in sorted(app.files, key=lambda env: env != default):
                label = env if len(self.apps) == 1 else f"{app.name}:{env}"
                place = app.files[env]
                facts = self.project.environments.get((app.name, env))
                yield Slot(label, place, self.snapshot.env_file(place), facts)

    def files(self) -> Iterator[tuple[Place, EnvFile]]:
        """Yield the env files that exist, the default environment's first, `.env.example` last."""
        places = [slot.place for slot in self.slots()] + [place for app in self.apps for place in app.others]
        for place in dict.fromkeys((*places, self.place)):
            file = self.snapshot.env_file(place)
            if file is not None:
                yield place, file

    def above(self) -> Iterator[tuple[Place, EnvFile]]:
        """Yield env files of other apps, or of none, in the folders around the place; loaders find them."""
        for place, file in self._others():
            if holds(place.rpartition("/")[0], self.place):
                yield place, file

    def below(self) -> Iterator[tuple[Place, EnvFile]]:
        """Yield env files of other apps, or of none, in the folders of these: code up here may serve them."""
        for place, file in self._others():
            if any(holds(app.folder, place) for app in self.apps):
                yield place, file

    def _others(self) -> Iterator[tuple[Place, EnvFile]]:
        if self.project is None:
            return
        own = {place for app in self.apps for place in (*app.files.values(), *app.others)}
        documents = self.snapshot.documents
        opened = (place for place, document in documents.items() if document.env is not None)
        for place in sorted({*self.snapshot.facts.disk, *opened} - own - {self.place}):
            file = self.snapshot.env_file(place) if holds(self.project.root, place) else None
            if file is not None:
                yield place, file

    def covers(self, place: Place) -> bool:
        """Return whether code at a place runs with these variables."""
        if self.project is None:
            return False
        if len(self.apps) == 1 < len(self.project.apps):
            return holds(self.apps[0].folder, place)
        return holds(self.project.root, place)

    def reads(self, name: str) -> list[tuple[Target, Usage]]:
        """Return where code reads a name, but for code that finds it in an env file nearer by."""
        nearer = [
            place.rpartition("/")[0]
            for place, file in self.below()
            if name in file.by_name and self._is_loaded(place)
        ]
        return [
            found
            for found in self.snapshot.usages.of(name)
            if self.covers(found[0].place) and not any(holds(folder, found[0].place) for folder in nearer)
        ]

    def _is_loaded(self, place: Place) -> bool:
        """Return whether a loader takes a file by itself: `prod.env` only where an app says so."""
        apps = self.project.apps if self.project is not None else ()
        is_named = any(place in app.files.values() for app in apps)
        return is_named or place.rpartition("/")[2].startswith(".env")

    def shown(self, place: Place) -> str:
        """Return a place as people know it: from the folder of the project."""
        if self.project is not None and holds(self.project.root, place):
            return place[len(self.project.root.rstrip("/")) + 1 :]
        return place.rpartition("/")[2]


def scope_of(snapshot: Snapshot, place: Place) -> Scope:
    """Return what a place has to do with; without a project, with itself."""
    where = snapshot.where(place)
    if where is not None:
        return Scope(snapshot, place, where.project, (where.app,))
    for project in snapshot.facts.projects:
        if holds(project.root, place):
            return Scope(snapshot, place, project, project.apps)
    return _scope_of_shown(snapshot, place) or Scope(snapshot, place, None, ())


def scope_of_open(snapshot: Snapshot, place: Place) -> Scope:
    """Return what a place has to do with as far as open documents tell.

    For what is only shown, in the moment before anything was read from disk.
    """
    opened = [document for document in snapshot.documents.values() if document.env is not None]
    files = {found.place: found for found in opened if holds(found.place.rpartition("/")[0], place)}
    if not files:
        return Scope(snapshot, place, None, ())
    nearest = max((file.rpartition("/")[0] for file in files), key=len)
    app = AppFacts("", nearest, "", {file: file for file in files})
    return Scope(snapshot, place, ProjectFacts(nearest, "", Standing.LOADING, (app,)), (app,))


def _scope_of_shown(snapshot: Snapshot, place: Place) -> Scope | None:
    """Return what `envlsp://team/project/app/env` has to do with, where that is of this workspace."""
    team, _, rest = unquote(place).removeprefix(_SHOWN).partition("/")
    names = rest.split("/")
    if not place.startswith(_SHOWN) or len(names) != _NAMES:
        return None
    for project in snapshot.facts.projects:
        if project.name == names[0] and team and project.team.startswith(team.lower()):
            apps = tuple(app for app in project.apps if app.name == names[1])
            return Scope(snapshot, place, project, apps) if apps else None
    return None
