"""How this device stands to the teams of a workspace, and what their releases say.

Opens a team when a project asks for it and keeps it open. Rules: nobody is asked for a
passphrase, an environment of which we cannot read everything has no facts at all, and
a failure of one team is a word in its project's facts and stops no other.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envlsp.errors import (
    BadConfig,
    EnvlspError,
    KeyFileError,
    Locked,
    LoosePermissions,
    NotInitialised,
    UsageError,
)
from envlsp.ide.envfile import EnvFile
from envlsp.ide.results import Place
from envlsp.ide.snapshot import EnvironmentFacts, Standing
from envlsp.service.context import Project
from envlsp.service.facts import sentence

if TYPE_CHECKING:
    from envlsp.domain.ids import TeamId
    from envlsp.service.env_facts import EnvironmentReader, Marks
    from envlsp.service.facade import Service
    from envlsp.service.holding import Hold
    from envlsp.service.team import Team


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """What one team says about one project."""

    standing: Standing
    detail: str = ""
    text: str = ""
    """The text form of its id."""
    role: str = ""
    members: tuple[str, ...] = ()
    environments: Mapping[tuple[str, str], EnvironmentFacts] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    """What looks like a copied key, a flood or a leaked link, a sentence each."""
    warnings: tuple[str, ...] = ()
    """Those of them that were news to this device since we began to look."""


class Devices:
    """The device and the teams it is in, as the engine uses them."""

    def __init__(self, environ: Mapping[str, str], key_file: Path | None, hold: Hold) -> None:
        self._environ = environ
        self._hold = hold
        self._turn: tuple[int, bool] | None = None
        self._key_file = key_file
        self._service: Service | None = None
        self._readers: dict[TeamId, EnvironmentReader] = {}
        self._key_mark: tuple[int, int] | None = None
        self.fingerprint: Marks | None = None
        """Compares values on this device; None while it is locked or in no team."""

    @property
    def service(self) -> Service:
        """The device's service; nothing heavy is loaded before it is asked for."""
        if self._service is None:
            self._service = self.another()
        return self._service

    def another(self) -> Service:
        """Return the device as another thread uses it: stores are not shared."""
        from envlsp.service.facade import Service

        return Service(NobodyThere(), key_file=self._key_file, environ=self._environ, hold=self._hold)

    def begin(self) -> bool:
        """Begin a new look: other processes may have locked this device, or changed its key file.

        Returns:
            Whether it was locked or unlocked since the last look.
        """
        turn = self.service.vault.heed_lock(), self._hold.left_s() > 0
        is_new = self._turn not in {None, turn}
        if is_new and self._turn is not None and turn[0] != self._turn[0]:
            self.close()
        self._turn = turn
        mark = _mark(self.service.home.device_key)
        if self._key_mark not in {None, mark}:
            self._open_anew()
        self._key_mark = mark
        return is_new

    def facts_of(self, project: Project, disk: Mapping[Place, EnvFile]) -> TeamFacts:
        """Return what a project's team says now; whatever fails is said in it."""
        text = project.config.team
        try:
            return self._facts_of(project, disk)
        except BadConfig as exc:
            return TeamFacts(Standing.BAD_CONFIG, sentence(exc), text)
        except NotInitialised as exc:
            return TeamFacts(Standing.NOT_JOINED, sentence(exc), text)
        except Locked as exc:
            return TeamFacts(Standing.LOCKED, sentence(exc), text)
        except (KeyFileError, LoosePermissions) as exc:
            return TeamFacts(Standing.UNOPENABLE, sentence(exc), text)
        except EnvlspError as exc:
            return TeamFacts(Standing.LOADING, sentence(exc), text)

    def close(self) -> None:
        """Close every store, and forget the keys."""
        if self._service is not None:
            self._service.lock()
        self._service, self.fingerprint = None, None
        self._readers.clear()

    def _facts_of(self, project: Project, disk: Mapping[Place, EnvFile]) -> TeamFacts:
        team = self._team(project)
        self._note_servers(project, team)
        team.replica.refresh()
        reader = self._reader(team)
        standing, detail = reader.standing()
        return TeamFacts(
            standing,
            detail,
            project.config.team,
            reader.role(),
            reader.members(),
            {} if standing is Standing.WAITING else reader.environments(project, disk),
            *reader.alarms(),
        )

    def _team(self, project: Project) -> Team:
        """Return the team of a project, opened with the keys of now."""
        from envlsp.service.env_facts import Marks
        from envlsp.service.facade import team_of

        identity = team_of(project)
        vault = self.service.vault
        if not vault.exists:
            raise NotInitialised
        if self.fingerprint != (marks := Marks(vault.open().lsk)):
            self.fingerprint = marks
        return self.service.team(identity)

    def _open_anew(self) -> None:
        """Read the keys again, and the teams with them; a key that still fits is not asked for."""
        try:
            self.service.vault.reload()
        except EnvlspError:
            self.close()  # another device.key lies there now
            return
        self._readers.clear()
        self.service.close()

    def _reader(self, team: Team) -> EnvironmentReader:
        from envlsp.service.env_facts import EnvironmentReader

        if team.id not in self._readers:
            assert self.fingerprint is not None
            self._readers[team.id] = EnvironmentReader(team, self.fingerprint)
        return self._readers[team.id]

    def _note_servers(self, project: Project, team: Team) -> None:
        """Keep where the team meets: the node has no `ev.yaml` at hand."""
        from envlsp.service.config import signaling_servers
        from envlsp.service.listening import tell_changed

        servers = signaling_servers(project.config, self._environ)
        if servers and servers != team.store.peers.servers():
            team.store.peers.set_servers(servers)
            tell_changed(self.service.home, team.id)


def _mark(path: str) -> tuple[int, int] | None:
    """Return what changes when a file is written anew; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


class NobodyThere:
    """Nobody who could be asked: the engine works behind the person's back."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        """Refuse: it would be lost."""
        raise UsageError(f"nobody is there to see {len(lines)} lines: {title}")

    def confirm(self, question: str, **_: object) -> bool:
        """Refuse to answer."""
        raise _alone(question)

    def ask(self, question: str, **_: object) -> str:
        """Refuse to answer."""
        raise _alone(question)

    def ask_hidden(self, question: str, **_: object) -> bytes:
        """Refuse to answer."""
        raise _alone(question)

    def pick(self, question: str, *_: object) -> str:
        """Refuse to answer."""
        raise _alone(question)


def _alone(question: str) -> UsageError:
    return UsageError(f"nobody is there to ask: {question}")
