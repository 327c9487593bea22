"""Who is typing: `--as`, or git's idea of it, or a question."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.main import Frame
from envlsp.cli.words import typed

if TYPE_CHECKING:
    from envlsp.service.people import Person

Function = TypeVar("Function", bound=Callable[..., Any])

GIT_TIMEOUT_S = 5.0


def person_option(function: Function) -> Function:
    """Let a verb be told who is typing."""
    return click.option(
        "--as", "person", metavar='"NAME <ADDRESS>"', help="Who you are; by default it is asked."
    )(function)


def device_option(function: Function) -> Function:
    """Let a verb be told what this machine is called."""
    return click.option("--device", metavar="LABEL", help="This machine; by default its host name.")(function)


def who(frame: Frame, text: str | None, device: str | None) -> Person:
    """Return who is typing.

    Raises:
        UsageError: not said, and nobody can be asked.
        BadText: no name can be read out of it.
    """
    from envlsp.service.people import parse_person

    if text is None:
        text = frame.talk.ask("who are you, as teammates will see it", default=_git_identity(), flag="--as")
    return parse_person(typed(text), typed(device) if device else None)


def _git_identity() -> str:
    name, address = _git_setting("user.name"), _git_setting("user.email")
    return f"{name} <{address}>" if name and address else name or address


def _git_setting(name: str) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "--get", name], capture_output=True, timeout=GIT_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()
