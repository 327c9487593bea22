"""Words in and words out: what people type, and how we say things back.

Knows no service and no terminal. Rules: what a teammate chose (a display name, a
message, a project) is never printed as it came, since it may carry terminal
commands: it passes through `plain`. A value is never a word here.
"""

from __future__ import annotations

from envlsp.errors import BadText

_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (7, "day"), (4.35, "week"), (12, "month"))


def typed(text: str) -> str:
    """Return a word of the command line as the UTF-8 it was typed in, whatever the locale says.

    Raises:
        BadText: it is no UTF-8; no ledger could carry it.
    """
    try:
        return text.encode("utf-8", "surrogateescape").decode()
    except UnicodeError:
        raise BadText("a word on the command line is not UTF-8", fix="type it in UTF-8") from None


def plain(text: str) -> str:
    """Return text that is safe in a terminal: what is not printable becomes `?`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "?" for char in text)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 secret`, `2 secrets`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def lasting(seconds: float) -> str:
    """Return how long something goes on: `8 hours`, `90 minutes` as `1 hour`."""
    amount = seconds
    for size, unit in _STEPS[:3]:
        if amount < size:
            return count(int(amount), unit)
        amount /= size
    return count(int(amount), "day")


def ago(then: float, now: float) -> str:
    """Return how long ago something was, both in seconds since 1970: `2 days ago`.

    A time ahead of ours is somebody's wrong clock, and is said as `just now`.
    """
    amount = now - then
    if amount < 10:
        return "just now"
    for size, unit in _STEPS:
        if amount < size:
            return f"{count(int(amount), unit)} ago"
        amount /= size
    return f"{count(int(amount), 'year')} ago"
