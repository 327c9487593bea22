"""Who is typing: `--as`, else what `service.identity` finds out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.main import Frame
from envlsp.cli.words import typed

if TYPE_CHECKING:
    from envlsp.service.people import Person

Function = TypeVar("Function", bound=Callable[..., Any])


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
    from envlsp.service import identity

    said = typed(text) if text is not None else None
    return identity.who(frame.talk, frame.cwd, said, typed(device) if device else None)
