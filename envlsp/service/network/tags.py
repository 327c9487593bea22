"""By which tags each device can be answered: one for each way on which it was heard.

A teammate in the same room of a server and on the same LAN is heard on both. What is said to it
goes by all of them, for either may have died without a word; who hears it twice drops the second.
"""

from __future__ import annotations

from typing import Final

from envlsp.domain.ids import DevicePk
from envlsp.wire.signaling_messages import Tag

WAYS_MAX: Final = 3
"""A server, and the LAN from either side; an older tag is that of a connection before."""


class Tags:
    """Tags by device, the newest first."""

    def __init__(self) -> None:
        self._of: dict[DevicePk, tuple[Tag, ...]] = {}

    def __contains__(self, dpk: DevicePk) -> bool:
        """Return whether a device can be answered at all."""
        return dpk in self._of

    def __len__(self) -> int:
        """Return how many devices can."""
        return len(self._of)

    def hear(self, dpk: DevicePk, tag: Tag) -> bool:
        """Remember by which tag a device was heard; return whether that is new."""
        known = self._of.get(dpk, ())
        if tag in known:
            return False
        self._of[dpk] = (tag, *known)[:WAYS_MAX]
        return True

    def of(self, dpk: DevicePk) -> tuple[Tag, ...]:
        """Return by which tags to answer a device."""
        return self._of.get(dpk, ())

    def lose(self, dpk: DevicePk, tag: Tag) -> None:
        """Forget a tag that leads nowhere any more."""
        if rest := tuple(known for known in self.of(dpk) if known != tag):
            self._of[dpk] = rest
        else:
            self.forget(dpk)

    def forget(self, dpk: DevicePk) -> None:
        """Forget a device."""
        self._of.pop(dpk, None)
