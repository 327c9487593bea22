"""Which environment a verb is about: the words for it, and opening it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.service.context import Context
    from envlsp.service.facade import Opened, OpenedTeam, Service
    from envlsp.service.team import Team

Function = TypeVar("Function", bound=Callable[..., Any])


def environment_words(function: Function) -> Function:
    """Let a verb be told which environment: `APP:ENV`, `--env ENV`."""
    function = click.option(
        "--env", metavar="ENV", help="The environment; by default the one of the folder and ev.yaml."
    )(function)
    return click.argument("target", required=False, metavar="[APP:ENV]")(function)


def env_option(function: Function) -> Function:
    """Let a verb whose first word is something else be told which environment: `--env [APP:]ENV`."""
    return click.option(
        "--env", metavar="[APP:]ENV", help="The environment; by default the one of the folder and ev.yaml."
    )(function)


def offline_option(function: Function) -> Function:
    """Let a verb be told to stay away from the network."""
    return click.option("--offline", is_flag=True, help="Use what is on this device; no network.")(function)


class Here(NamedTuple):
    """What a verb about an environment works with."""

    service: Service
    opened: Opened
    target: str | None
    env: str | None

    @property
    def team(self) -> Team:
        """The team, opened."""
        return self.opened.team

    @property
    def context(self) -> Context:
        """Which environment, and its file."""
        return self.opened.context


@contextmanager
def opened(frame: Frame, target: str | None, env: str | None) -> Iterator[Here]:
    """Open the environment that was named, for the length of a `with` block."""
    if target is None and env and ":" in env:
        target, env = env, None
    with frame.service() as service:
        yield Here(service, service.open(frame.cwd, target, env), target, env)


@contextmanager
def opened_team(frame: Frame) -> Iterator[tuple[Service, OpenedTeam]]:
    """Open the team of the folder we are in, or the only one of this device."""
    with frame.service() as service:
        yield service, service.open_team(frame.cwd)
