"""The newest view of the store, as `get`, `list` and `run` see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.main import Frame
from envlsp.cli.shapes import near

if TYPE_CHECKING:
    from envlsp.cli.environment import Here
    from envlsp.service.reading import Reading

Function = TypeVar("Function", bound=Callable[..., Any])


def local_option(function: Function) -> Function:
    """Let a verb be told to prefer the values of the file."""
    return click.option(
        "--local", is_flag=True, help="Where the file has a name, take the file's value instead."
    )(function)


def read(frame: Frame, here: Here, *, local: bool) -> Reading:
    """Return the newest values, and say so when the file differs from them."""
    from envlsp.service.reading import differs_on_disk, read_environment

    if local:
        from envlsp.service.local_values import read_with_local

        return read_with_local(here.team, here.context)
    reading = read_environment(here.team, here.context.triple, here.context.dialect)
    if not reading.conflicts and differs_on_disk(here.team, reading, here.context.file):
        frame.output.say(differs_words(near(here.context.file, frame.cwd), reading.release))
    return reading


def differs_words(file: str, release: str) -> str:
    """Return what is said when values come from a release and the file has others."""
    return f"{file} differs from {release}: envlsp diff"
