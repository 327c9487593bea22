"""How long ago something was, in words; shared by hover, lens, problems and actions."""

from __future__ import annotations

_STEPS = ((60, "minute"), (60, "hour"), (24, "day"), (30, "month"), (12, "year"))
"""How many of the unit before make one of these."""


def ago(ts: int, now: int) -> str:
    """Return the age of a claimed time: `2 days ago`, or `just now` within a minute.

    Args:
        ts: seconds since 1970, as its author says; a time in the future is `just now`.
        now: seconds since 1970.
    """
    amount, unit = now - ts, ""
    for size, larger in _STEPS:
        if amount < size:
            break
        amount, unit = amount // size, larger
    return f"{counted(amount, unit)} ago" if unit else "just now"


def counted(number: int, word: str, plural: str = "") -> str:
    """Return `1 name`, `2 names`."""
    return f"{number} {word if number == 1 else plural or word + 's'}"
