"""The newest view of the store, as `get`, `list` and `run` see it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.main import Frame
from envlsp.cli.notices import tell_differs

if TYPE_CHECKING:
    from envlsp.cli.environment import Here
    from envlsp.service.reading import Reading

Function = TypeVar("Function", bound=Callable[..., Any])


def local_option(function: Function) -> Function:
    """Let a verb be told to prefer the values of the file."""
    return click.option(
        "--local", is_flag=True, help="Where the file has a name, take the file's value instead."
    )(function)


def read(frame: Frame, here: Here, *, local: bool, max_age: str = "") -> Reading:
    """Return the newest values, and say so when the file differs from them, or they are old.

    Raises:
        TooOld: nobody has confirmed them for longer than the person allows.
    """
    from envlsp.service.deriving import read_environment
    from envlsp.service.reading import differs_on_disk

    _demand_fresh(frame, here, max_age)
    if local:
        from envlsp.service.local_values import read_with_local

        return read_with_local(here.team, here.context)
    reading = read_environment(here.team, here.context.triple, here.context.dialect)
    _remember(frame, here)
    if differs_on_disk(here.team.vault.open().lsk, reading, here.context.file):
        tell_differs(str(here.context.file), reading.release)
    return reading


def _demand_fresh(frame: Frame, here: Here, max_age: str) -> None:
    """Look at the note of when this was last confirmed; at the ledger only where it is too old."""
    from envlsp.service.as_of import Policy, known_as_of

    policy, now = Policy(max_age), time.time()
    as_of = known_as_of(here.team.store.views)
    if not policy.is_too_old(as_of, now) or (as_of is None and not policy.is_strict):
        return
    from envlsp.cli.freshness import demand_fresh
    from envlsp.service.freshness import freshness

    demand_fresh(frame, policy, freshness(here.team.replica))


def _remember(frame: Frame, here: Here) -> None:
    """Keep what the words were resolved to, for the short way of the next command."""
    import contextlib

    from envlsp.errors import EnvlspError
    from envlsp.service.places import Places, Words

    words = Words(os.path.realpath(frame.cwd), here.target or "", here.env or "")
    with contextlib.suppress(EnvlspError, OSError):  # it only saves time
        Places(here.service.home, here.team.vault.open().lsk).remember(words, here.team.id, here.context)
