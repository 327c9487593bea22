"""Until when this device is known to have had everything, in one sealed row, and how old is too old.

Light to load: `envlsp run` looks here each time. What the row says is worked out in
`freshness`, whenever there is news of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from envlsp.errors import StoreCorrupt, TooOld, UsageError

if TYPE_CHECKING:
    from envlsp.store.views import Views

WARN_S: Final = 24 * 3600
"""Older than a day is said, and stops nothing."""
VARIABLE: Final = "ENVLSP_MAX_AGE"
FOREVER: Final = "forever"
_NAME: Final = b"as-of"
_MAX_BYTES: Final = 16
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_DIGITS_MAX: Final = 9


def known_as_of(views: Views) -> int | None:
    """Return until when all that others had was here, in seconds since 1970; None: nobody has said so."""
    try:
        data = views.any_of(_NAME)
    except StoreCorrupt:
        return None  # it is worked out again
    if data is None or len(data) > _MAX_BYTES:
        return None
    return int.from_bytes(data) or None


def keep_as_of(views: Views, as_of: int | None) -> None:
    """Keep it; None forgets it, as where there is no other device."""
    if known_as_of(views) != as_of:
        views.put(_NAME, views.generation(), (as_of or 0).to_bytes(8))


class Policy:
    """How old a view may be.

    Args:
        text: what `--max-age` says, empty where it was not given.
        environ: where `ENVLSP_MAX_AGE` is looked up.

    Raises:
        UsageError: that is no length of time.
    """

    def __init__(self, text: str = "", environ: Mapping[str, str] = os.environ) -> None:
        self._text = text or environ.get(VARIABLE, "")
        self.max_s = to_seconds(self._text) if self._text else WARN_S
        self.is_strict = bool(self._text)

    def is_too_old(self, as_of: int | None, now: float) -> bool:
        """Return whether a view that was confirmed then is too old now; one that never was is."""
        if self.max_s == float("inf"):
            return False
        return as_of is None or now - as_of > self.max_s

    def demand(self, as_of: int | None, devices: int, now: float) -> bool:
        """Return whether people should be told that the view is old.

        Args:
            as_of: when it was confirmed.
            devices: how many other devices there are: who is alone has all there is.
            now: seconds since 1970.

        Raises:
            TooOld: it is older than somebody allows.
        """
        if not devices or not self.is_too_old(as_of, now):
            return False
        if self.is_strict:
            allowed = f"; at most {self._text} is allowed"
            if as_of is None:
                raise TooOld(f"no other device has ever confirmed what is here{allowed}")
            raise TooOld(f"it was last confirmed {lasting(now - as_of)} ago{allowed}")
        return as_of is not None  # a team that has not met yet is told of that elsewhere


def to_seconds(text: str) -> float:
    """Return the seconds of `30m`, `8h`, `7d`, `2w`, or of `forever`, which is without end.

    Raises:
        UsageError: that is no length of time.
    """
    if text == FOREVER:
        return float("inf")
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isascii() or not number.isdigit() or len(number) > _DIGITS_MAX:
        raise UsageError("that is no length of time", fix="such as 30m, 8h, 7d, 2w, or forever")
    return int(number) * _UNITS[unit]


def moment(then: int, now: float) -> str:
    """Return when something was, as people here say it: `14:02`, or with the day where it was another one."""
    local, today = time.localtime(min(then, now)), time.localtime(now)
    is_today = local[:3] == today[:3]
    return time.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M", local)


def sentence(as_of: int | None, confirmed_by: int, devices: int, now: float) -> str:
    """Return how new a view is: `as of 14:02, confirmed by 3 of 4 devices`."""
    if not devices:
        return "no other device in the team"
    plural = "" if devices == 1 else "s"
    if as_of is None:
        return f"not confirmed by any of {devices} other device{plural} yet"
    return f"as of {moment(as_of, now)}, confirmed by {confirmed_by} of {devices} device{plural}"


def old_line(as_of: int, now: float) -> str:
    """Return what is said of a view that is old."""
    return f"nobody has confirmed for {lasting(now - as_of)} that this is the newest: envlsp sync"


def lasting(seconds: float) -> str:
    """Return a length of time as people say it: `26 hours`, `3 days`."""
    for unit, size in (("day", _UNITS["d"]), ("hour", _UNITS["h"]), ("minute", _UNITS["m"])):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}s"
    return "a minute" if seconds >= _UNITS["m"] else "less than a minute"
