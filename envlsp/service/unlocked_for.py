"""For how long a device stays unlocked, as a person says it: `--for 8h`, or `ENVLSP_UNLOCK_FOR`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from envlsp.errors import UsageError
from envlsp.service.holding import FOREVER

UNLOCK_FOR: Final = "ENVLSP_UNLOCK_FOR"
"""The variable that says so for every command."""

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LONGEST_S: Final = 366 * 86_400.0
_DURATION: Final = re.compile(r"([0-9]{1,6})([smhd])")


def to_seconds(text: str) -> float:
    """Return the seconds of a duration: `45s`, `30m`, `8h`, `2d`, or `forever`.

    Raises:
        UsageError: it is none of these.
    """
    if text == "forever":
        return FOREVER
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds <= _LONGEST_S:
        raise UsageError("that is no length of time", fix="such as 30m, 8h, 2d, or forever")
    return seconds


def unlock_s(environ: Mapping[str, str]) -> float | None:
    """Return for how long the person wants the device unlocked, where they have said so.

    Raises:
        UsageError: the variable makes no sense.
    """
    text = environ.get(UNLOCK_FOR)
    if not text:
        return None
    try:
        return to_seconds(text)
    except UsageError as exc:
        raise UsageError(f"{UNLOCK_FOR} is no length of time", fix=exc.fix) from exc
