"""Who is typing: said, or git's idea of it, or a question."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from envlsp.service.people import Person, parse_person

if TYPE_CHECKING:
    from envlsp.service.ports import Talk

GIT_TIMEOUT_S = 5.0


def who(talk: Talk, folder: Path, text: str | None, device: str | None) -> Person:
    """Return who is typing.

    Args:
        talk: asked where nothing was said.
        folder: whose git settings are offered as the answer.
        text: `Alice <alice@example.com>` as said; None: ask.
        device: what this machine is called; None: its host name.

    Raises:
        UsageError: not said, and nobody can be asked.
        BadText: no name can be read out of it.
    """
    if text is None:
        text = talk.ask("who are you, as teammates will see it", default=_git_identity(folder), flag="--as")
    return parse_person(text, device)


def _git_identity(folder: Path) -> str:
    name, address = _git_setting(folder, "user.name"), _git_setting(folder, "user.email")
    return f"{name} <{address}>" if name and address else name or address


def _git_setting(folder: Path, name: str) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "--get", name],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()
