"""The environment that an app was switched to, in one folder on this device.

A note of this device alone, sealed in the team's store: teammates see nothing of it, and
another worktree of the same repository has its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from envlsp.domain.environment import is_label
from envlsp.errors import NotFound
from envlsp.service.config import App
from envlsp.service.context import Context
from envlsp.service.places import Places
from envlsp.service.team import Team
from envlsp.wire.canonical import encode


class Switched:
    """What the apps of a project were switched to."""

    def __init__(self, team: Team, root: Path) -> None:
        self._meta = team.store.meta
        self._root = root

    def of(self, app: App) -> str | None:
        """Return the environment of an app; None where nobody switched."""
        found = (self._meta.get(self._name(app)) or b"").decode("utf-8", "replace")
        return found if is_label(found) else None

    def put(self, app: App, env: str | None) -> None:
        """Note it, for the commands that come; None: as `ev.yaml` says."""
        self._meta.put(self._name(app), (env or "").encode())

    def _name(self, app: App) -> bytes:
        return encode(["switched", os.fsencode(self._root), app.name])


def switch(team: Team, context: Context) -> bool:
    """Let commands in this folder be about another environment; return whether they were not before.

    Raises:
        NotFound: there is no such environment, in the ledger or in `ev.yaml`.
    """
    team.replica.refresh()
    project, app, env = context.project, context.app, context.env
    default = project.config.default_env
    if context.triple not in team.releases.environments() and env not in app.files and env != default:
        raise NotFound(
            f"there is no environment {context}", fix=f"envlsp env create {context}, or: envlsp env list"
        )
    switched = Switched(team, project.root)
    if (switched.of(app) or default) == env:
        return False
    switched.put(app, None if env == default else env)
    Places(team.home, team.vault.open().lsk).forget()
    return True
