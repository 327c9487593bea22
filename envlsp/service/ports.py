"""What the service asks of whoever runs it: a person to talk to, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since 1970. A claim in what we write, never a reason to decide (PROTOCOL B.3)."""
Cancelled: TypeAlias = Callable[[], bool]
"""Whether the person has changed their mind about what is being done."""


def never() -> bool:
    """Return that nobody has: for front ends that interrupt by a signal."""
    return False


class Choice(NamedTuple):
    """One thing to pick; none of it holds a value."""

    value: str
    """What `pick` returns for it."""
    label: str
    detail: str = ""


class Talk(Protocol):
    """The person in front of this front end, if there is one.

    Every method raises `Misuse` with a fix when nobody can answer: a script gets a
    clear error, never a hanging prompt.
    """

    def say(self, line: str) -> None:
        """Tell the person something that is not the result."""

    def show_once(self, title: str, lines: Sequence[str]) -> None:
        """Show something that is written down now or never: on a terminal, never in a log.

        Raises:
            UsageError: there is no terminal.
        """

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask yes or no."""

    def ask(self, question: str, *, default: str = "", flag: str = "") -> str:
        """Ask for a line of text; `flag` is the option that would have answered."""

    def ask_hidden(self, question: str, *, twice: bool = False) -> bytes:
        """Ask for a secret without showing it."""

    def pick(self, question: str, options: Sequence[tuple[str, str, str]]) -> str:
        """Ask which of several; return its value.

        Args:
            question: what is asked.
            options: `(value, label, detail)` of each, as `Choice` has them; not empty.

        Raises:
            Stopped: they want none of them.
        """
