"""The one way in for every front end: which team, which environment, opened.

A front end makes a `Service`, opens a place, and calls the functions of `pushing`,
`pulling`, `reading`, `comparing`, `access` and `network` on what it got. Nothing
of a team is read before it is asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from envlsp.domain.ids import TeamId
from envlsp.errors import BadConfig, BadText, NotInitialised
from envlsp.service.config import FILE_NAME, MEMBERS_MAX, signaling_servers
from envlsp.service.context import Context, Project, find_context, open_project
from envlsp.service.holding import Hold
from envlsp.service.ports import Clock, Talk
from envlsp.service.switching import Switched
from envlsp.service.team import Team
from envlsp.service.vault import MOVED, Vault
from envlsp.store.home import Home, find_home
from envlsp.wire.text import from_team_text

if TYPE_CHECKING:
    from envlsp.store.pending import Pending


@dataclass(frozen=True, slots=True)
class OpenedTeam:
    """A team that a command is about."""

    team: Team
    servers: tuple[str, ...]
    """Signaling servers to use, best first; empty: work locally."""
    members_max: int
    """The team's own policy of how many people it has."""


@dataclass(frozen=True, slots=True)
class Opened(OpenedTeam):
    """A team and the environment that a command is about."""

    context: Context


class Service:
    """What one front end does on this device."""

    def __init__(
        self,
        talk: Talk,
        *,
        key_file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Clock = time.time,
        hold: Hold | None = None,
        moved: bool = False,
    ) -> None:
        """Name the device; nothing is read yet.

        Args:
            talk: the person in front.
            key_file: protects a new device.key, and opens one that moved.
            environ: where `ENVLSP_HOME`, `ENVLSP_SIGNALING` and `ENVLSP_KEY_FILE` are looked up.
            clock: for the claimed times we write.
            hold: what opens device.key, where this process shares it among threads.
            moved: the person says that the keys have moved to this machine.
        """
        self.talk = talk
        self.environ = environ
        self.clock = clock
        self.home: Home = find_home(environ)
        key_file = key_file or _path(environ.get("ENVLSP_KEY_FILE"))
        self.vault = Vault(
            self.home,
            talk,
            key_file,
            moved=moved or bool(environ.get(MOVED)),
            hold=hold,
            unlock_s=self._unlock_s,
        )
        self._teams: dict[TeamId, Team] = {}

    def open(self, place: Path, target: str | None = None, env: str | None = None) -> Opened:
        """Open the environment that a command in `place` is about.

        Args:
            place: the working directory, or a document.
            target: `app:env` as typed.
            env: `--env` as typed.

        Raises:
            NotInitialised: no project here, or this device is not in its team.
            BadConfig, NotFound, AmbiguousName: which environment is meant.
        """
        project = open_project(place)
        team = self.team(team_of(project))
        switched = Switched(team, project.root).of
        context = find_context(project, place, target=target, env=env, switched=switched)
        servers = signaling_servers(project.config, self.environ)
        return Opened(team, servers, project.config.members_max, context)

    def open_team(self, place: Path) -> OpenedTeam:
        """Open the team that `place` is about, or the only one of this device.

        Raises:
            NotInitialised: this device is in no such team, or in none.
            BadConfig: `ev.yaml` is not valid, or nothing says which team.
        """
        try:
            project = open_project(place)
        except NotInitialised:
            team = self.only_team()
            return OpenedTeam(self.team(team), self.servers_of(team), MEMBERS_MAX)
        servers = signaling_servers(project.config, self.environ)
        return OpenedTeam(self.team(team_of(project)), servers, project.config.members_max)

    def team(self, identity: TeamId) -> Team:
        """Return a team of this device; opened when first used."""
        if identity not in self._teams:
            self._teams[identity] = Team(self.home, self.vault, identity, self.clock)
        return self._teams[identity]

    @property
    def pending(self) -> Pending:
        """The keys of this device that wait to be let in somewhere."""
        from envlsp.store.pending import Pending

        return Pending(self.home.pending, self.vault.open().lsk)

    def forget(self, identity: TeamId) -> None:
        """Close a team: its keys on this device have changed."""
        if (team := self._teams.pop(identity, None)) is not None:
            team.close()

    def servers_of(self, team: TeamId) -> tuple[str, ...]:
        """Return the signaling servers of a team, where no `ev.yaml` is at hand."""
        return signaling_servers(None, self.environ) or self.team(team).store.peers.servers()

    def only_team(self) -> TeamId:
        """Return the team of this device, where it is in just one.

        Raises:
            NotInitialised: it is in none.
            BadConfig: it is in several, and nothing says which.
        """
        teams = self.vault.open().teams()
        if not teams:
            raise NotInitialised
        if len(teams) > 1:
            raise BadConfig("this device is in several teams", fix=f"cd to a project with an {FILE_NAME}")
        return teams[0]

    def _unlock_s(self) -> float | None:
        from envlsp.service.unlocked_for import unlock_s  # for devices without a key file

        return unlock_s(self.environ)

    def lock(self) -> None:
        """Close everything, and wipe the keys; they have to be opened again."""
        self.close()
        self.vault.forget()

    def close(self) -> None:
        """Close every store that was opened."""
        for team in self._teams.values():
            team.close()
        self._teams.clear()


def team_of(project: Project) -> TeamId:
    """Return the id of the team that `ev.yaml` names.

    Raises:
        BadConfig: it is no team's id.
    """
    return parse_team(project.config.team, str(project.config_path))


def parse_team(text: str, where: str = "") -> TeamId:
    """Return the team that a text form stands for.

    Raises:
        BadConfig: mistyped, or no team's id.
    """
    try:
        return from_team_text(text)
    except BadText as exc:
        place = f"{where}: " if where else ""
        raise BadConfig(f"{place}team is not a team's id", fix="copy it from a teammate's ev.yaml") from exc


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
