"""What the engine does in its thread: looks, from what is near to what is slow, and tells.

Joins the files (`facts`), the teams (`standing`), git and the network (`embedded`)
to one `Facts`. For one thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from envlsp.ide.positions import Encoding
from envlsp.ide.results import Place
from envlsp.ide.snapshot import AppFacts, EnvironmentFacts, Facts, GitFacts, ProjectFacts, Standing
from envlsp.service.config import FILE_NAME
from envlsp.service.facts import Ground, Workspace
from envlsp.service.finding import INDEX, holds_variables
from envlsp.service.holding import Hold
from envlsp.service.listening import ask_online
from envlsp.service.network.embedded import EmbeddedNode
from envlsp.service.standing import Devices, TeamFacts

_GIT_FILES = frozenset({".gitignore", ".git", "exclude", INDEX})
"""Files by which git changes its mind, should anybody tell us of them."""
T = TypeVar("T")

_UNREAD = TeamFacts(Standing.LOADING)


class Looking:
    """Everything the engine knows, and how it comes to know it."""

    def __init__(
        self,
        tell: Callable[[Facts], None],
        encoding: Encoding,
        environ: Mapping[str, str],
        key_file: Path | None,
        hear: Callable[[], None],
        *,
        hold: Hold,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            tell: takes what changed.
            encoding: how the editor counts columns.
            environ: where this device's files are looked up.
            key_file: opens its key.
            hear: called from another thread when there are news to look at.
            hold: what opens the device, as long as it may.
        """
        self._tell = tell
        self._told: Facts | None = None
        self._workspace = Workspace(encoding)
        self._devices = Devices(environ, key_file, hold)
        self._network = EmbeddedNode(self._devices.another, hear)
        self._peers = 0
        self._teams: dict[Place, TeamFacts] = {}
        self._git: dict[Place, GitFacts] = {}

    def set_folders(self, folders: Iterable[str]) -> None:
        """Look at these folders from now on."""
        self._workspace.set_folders(folders)

    def set_beside(self, folders: Iterable[str]) -> None:
        """Look at the projects of these folders, too."""
        self._workspace.set_beside(folders)

    def use_network(self, *, wanted: bool) -> None:
        """Be the node when nobody else is, or leave that to others."""
        if wanted:
            self._network.join_network()
        else:
            self._network.leave_network()

    def hang_up(self) -> None:
        """Let go of the network; called from another thread, while this one may be busy."""
        self._network.hang_up()

    def is_about(self, places: Iterable[Place]) -> bool:
        """Return whether any of these files is ours to look at."""
        return any(self._is_ours(place) for place in places)

    def _is_ours(self, place: Place) -> bool:
        name = os.path.basename(place)
        if holds_variables(name) or name == FILE_NAME or name in _GIT_FILES:
            return True
        below = place.rstrip("/") + "/"  # a folder that is gone, perhaps
        return any(file.startswith(below) for file in self._workspace.disk)

    def at_files(self, places: Collection[Place] = ()) -> None:
        """Look at the files that are known, these among them, and visit no folder for others."""
        self._workspace.take_note(places)
        self._workspace.look()
        self._publish()

    def everywhere(self) -> None:
        """Visit every folder."""
        known = {ground.root for ground in self._workspace.grounds}
        self._workspace.search()
        self._publish()
        if known != {ground.root for ground in self._workspace.grounds}:
            self.at_teams()

    def close(self, timeout_s: float) -> None:
        """Let go of the stores and the network."""
        self._devices.close()
        self._network.close(timeout_s)

    def at_teams(self) -> None:
        """Look at what the projects' teams say; without a project nothing of this device is opened."""
        if not any(ground.project for ground in self._workspace.grounds):
            return
        if self._devices.begin():
            self._network.look_soon()
        for ground in self._workspace.grounds:
            if ground.project is not None:
                found = self._devices.facts_of(ground.project, self._workspace.disk)
                known = self._teams.get(ground.root)
                if found.standing is Standing.LOADING and known is not None and known.text == found.text:
                    found = replace(known, detail=found.detail)  # busy, perhaps: it was read before
                self._teams[ground.root] = found
                self._publish()
        self._peers = ask_online(self._devices.service.home)
        self._publish()
        self._network.start()  # after the first look, which the editor waits for

    def at_git(self) -> None:
        """Ask git about every env file."""
        from envlsp.service.git_facts import git_facts

        self._git = git_facts(self._workspace.disk)
        self._publish()

    # --- telling ---------------------------------------------------------------------------------

    def _publish(self) -> None:
        before, disk = self._told or Facts(), self._workspace.disk
        known = {project.root: project for project in before.projects}
        projects = (self._project(ground) for ground in self._workspace.grounds)
        facts = Facts(
            projects=tuple(_same(known.get(project.root), project) for project in projects),
            fingerprint=self._devices.fingerprint,
            git=_same(before.git, {file: seen for file, seen in self._git.items() if file in disk}),
            disk=_same(before.disk, disk),
            peers=self._peers,
        )
        if facts != self._told:
            self._told = facts
            self._tell(facts)

    def _project(self, ground: Ground) -> ProjectFacts:
        if ground.project is None:
            standing = Standing.BAD_CONFIG if ground.problem else Standing.NO_PROJECT
            return ProjectFacts(
                ground.root, ground.name, standing, ground.apps, ground.default_env, detail=ground.problem
            )
        team = self._teams.get(ground.root, _UNREAD)
        config = ground.project.config
        if team.text not in {"", config.team}:
            team = _UNREAD  # ev.yaml names another team since
        return ProjectFacts(
            root=ground.root,
            name=config.project,
            standing=team.standing,
            apps=tuple(_with_files(app, team.environments) for app in ground.apps),
            default_env=config.default_env,
            team=config.team,
            role=team.role,
            members=team.members,
            alarms=team.alarms,
            warnings=team.warnings,
            environments=team.environments,
            detail=team.detail,
        )


def _same(before: T | None, now: T) -> T:
    """Return the object of before where it says the same: features remember what they made of it."""
    return before if before is not None and before == now else now


def _with_files(app: AppFacts, environments: Mapping[tuple[str, str], EnvironmentFacts]) -> AppFacts:
    """Return an app that knows the files of the environments in the ledger, too."""
    more = {env: facts.file for (name, env), facts in environments.items() if name == app.name}
    return replace(app, files={**more, **app.files}) if more.keys() - app.files.keys() else app
