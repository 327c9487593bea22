"""The words for what a member may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def role_option(function: Function) -> Function:
    """Let a verb be told a role."""
    return click.option(
        "--role",
        type=click.Choice(["viewer", "developer", "admin"]),
        default="developer",
        show_default=True,
        help="What they may do: read; read and push; or everything.",
    )(function)
