"""How old a view may be, at the terminal: `--max-age`, and a line about what is older."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.main import Frame

if TYPE_CHECKING:
    from envlsp.service.as_of import Policy
    from envlsp.service.results import Freshness

Function = TypeVar("Function", bound=Callable[..., Any])


def max_age_option(function: Function) -> Function:
    """Let a verb be told how old what it shows may be."""
    return click.option(
        "--max-age",
        metavar="DURATION",
        default="",
        help="Fail with exit code 8 where no other device has confirmed this for so long, such as 30m,"
        " 8h, 7d or forever. [default: warn after 24h; ENVLSP_MAX_AGE says another]",
    )(function)


def demand_fresh(frame: Frame, policy: Policy, freshness: Freshness) -> None:
    """Say that a view is old, or refuse it.

    Raises:
        TooOld: it is older than the person allows.
    """
    from envlsp.service.as_of import old_line

    now = time.time()
    if policy.demand(freshness.as_of, freshness.devices, now) and freshness.as_of is not None:
        frame.output.warn(old_line(freshness.as_of, now))


def say_fresh(frame: Frame, freshness: Freshness) -> None:
    """Say quietly how new a view is, where anybody else could say so."""
    from envlsp.service.as_of import sentence

    if freshness.devices:
        words = sentence(freshness.as_of, freshness.confirmed_by, freshness.devices, time.time())
        frame.output.say(words)
