"""Words that problems, actions and the like share. They quote names of variables and of people only."""

from __future__ import annotations

from collections.abc import Sequence

from envlsp.ide.ages import ago, counted
from envlsp.ide.snapshot import MARK_HEX, EnvironmentFacts

_LISTED = 8
"""Names that are written out before the rest is counted."""
_TEXT_MAX = 60
"""Characters of what somebody else wrote: the width of a menu."""


def plain(text: str) -> str:
    """Return what somebody else wrote as one short, printable line."""
    line = "".join(char if char.isprintable() else " " for char in text)
    line = unlinked(" ".join(line.split()))
    return line if len(line) <= _TEXT_MAX else line[: _TEXT_MAX - 1].rstrip() + "…"


def unlinked(text: str) -> str:
    """Return a text in which no editor finds a link: some run commands for `[words](command:…)`."""
    return text.replace("](", "] (")


def listed(names: Sequence[str]) -> str:
    """Return `A, B and 3 more`."""
    shown = ", ".join(names[:_LISTED])
    rest = len(names) - _LISTED
    return shown if rest <= 0 else f"{shown} and {rest} more"


def who_and_when(author: str, ts: int, now: int) -> str:
    """Return `Alice, 2 days ago`."""
    return f"{plain(author)}, {ago(ts, now)}"


def newest(facts: EnvironmentFacts) -> str:
    """Return what to call what an environment holds now: `v3`, or `v3-b7f2 and v3-c01d`."""
    return " and ".join(facts.heads) or (facts.releases[0].label if facts.releases else "the newest release")


def mark(literal: bytes | None) -> str:
    """Return the hex digits by which people compare two values without seeing them."""
    return "" if literal is None else literal.hex()[:MARK_HEX]


def names_counted(number: int) -> str:
    """Return `1 name`, `2 names`."""
    return counted(number, "name")


def file_name(place: str) -> str:
    """Return the last part of a path."""
    return place.rpartition("/")[2]
