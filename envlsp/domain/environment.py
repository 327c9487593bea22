"""Environments: what a release belongs to (PROTOCOL A1)."""

from __future__ import annotations

import re
from typing import NamedTuple

from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.errors import BadText

_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def check_label(text: str, what: str = "name") -> str:
    """Return `text` if it can name a project, an app or an environment.

    Raises:
        BadText: it is not `[a-z0-9][a-z0-9._-]{0,63}`.
    """
    if not _LABEL.fullmatch(text):
        raise BadText(
            f"{what} must be lower case letters, digits, '.', '_' or '-', at most 64", fix="give another name"
        )
    return text


def is_label(text: str) -> bool:
    """Return whether `text` can name a project, an app or an environment."""
    return _LABEL.fullmatch(text) is not None


class Triple(NamedTuple):
    """The names of an environment: what people type."""

    project: str
    app: str
    env: str

    def __str__(self) -> str:
        return f"{self.project}/{self.app}/{self.env}"


class Environment(NamedTuple):
    """The identity of an environment: its scope and its names."""

    scope: ScopeId
    triple: Triple


def team_environment(project: str, app: str, env: str) -> Environment:
    """Return the environment of that name in the team's scope."""
    return Environment(TEAM_SCOPE, Triple(project, app, env))
