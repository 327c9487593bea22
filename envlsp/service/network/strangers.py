"""Devices that no record here names, and that have the key of the newest room (PROTOCOL G).

Somebody may have been let in while we were away, and may be the only one who is there.
So whoever announces itself with that key and then gives a card is answered; the
introduction of F.1 decides, and nothing is believed before. Pure: time is an argument.
Its rules:

* Few at a time and within a minute, so that strangers cost little, and members nothing.
* Never called: whoever knows us calls, and proves with it who we are to it.
* One that came to nothing is left alone for a while.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from envlsp.crypto.rendezvous import SignalOrder
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.wire.signaling_messages import Tag

AT_ONCE_MAX: Final = 4
WITHIN_A_MINUTE_MAX: Final = 16
MINUTE_S: Final = 60.0
CARD_S: Final = 5.0
"""How long a place is kept for a card: it comes within a round trip through the server."""
MEET_S: Final = 40.0
"""And for the rest: a dial takes 12 s at most, the handshake and the introduction 10 s each."""
SHUNNED_S: Final = 600.0
SHUNNED_MAX: Final = 256


@dataclass(slots=True)
class _Stranger:
    tag: Tag
    until: float
    box: BoxPk | None = None
    order: SignalOrder = field(default_factory=SignalOrder)


class Strangers:
    """Those of one team that are being met. Every method first forgets whose time is over."""

    def __init__(self) -> None:
        self._met: dict[DevicePk, _Stranger] = {}
        self._begun: list[float] = []
        self._shunned: dict[DevicePk, float] = {}

    def announced(self, dpk: DevicePk, tag: Tag, now: float) -> bool:
        """Note that somebody has the key of the newest room; return whether to answer that we are there."""
        self._forget(now)
        if dpk in self._met or dpk in self._shunned or len(self._met) >= AT_ONCE_MAX:
            return False
        if len(self._begun) >= WITHIN_A_MINUTE_MAX:
            return False
        self._begun.append(now)
        self._met[dpk] = _Stranger(tag, now + CARD_S)
        return True

    def sought_us(self, dpk: DevicePk, now: float) -> bool:
        """Return whether to say that we are there to a stranger who knows us, and has said no more yet."""
        self._forget(now)
        if dpk in self._met or dpk in self._shunned or len(self._begun) >= WITHIN_A_MINUTE_MAX:
            return False
        self._begun.append(now)
        return True

    def introduced(self, dpk: DevicePk, box: BoxPk, tag: Tag, now: float) -> bool:
        """Take a card of somebody who has just announced itself; return whether it counts."""
        self._forget(now)
        one = self._met.get(dpk)
        if one is None or one.tag != tag or one.box is not None:
            return False
        one.box, one.until = box, now + MEET_S
        return True

    def reach(self, dpk: DevicePk, now: float) -> tuple[Tag, BoxPk] | None:
        """Return where a stranger is and what messages to it are sealed to; None if it is not met."""
        self._forget(now)
        one = self._met.get(dpk)
        return (one.tag, one.box) if one is not None and one.box is not None else None

    def order_of(self, dpk: DevicePk, now: float) -> SignalOrder | None:
        """Return what refuses a stranger's signals that were heard before; None if it is not met."""
        return self._met[dpk].order if self.reach(dpk, now) else None

    def is_meeting(self, now: float) -> bool:
        """Return whether somebody has given a card, and it is still open who that is."""
        self._forget(now)
        return any(one.box is not None for one in self._met.values())

    def known(self, dpk: DevicePk) -> None:
        """Forget a stranger that the records name by now."""
        self._met.pop(dpk, None)

    def shun(self, dpk: DevicePk, now: float) -> None:
        """Leave a stranger alone for a while: it could not say who it is."""
        self._met.pop(dpk, None)
        self._shunned.pop(dpk, None)
        self._shunned[dpk] = now + SHUNNED_S
        if len(self._shunned) > SHUNNED_MAX:
            del self._shunned[next(iter(self._shunned))]

    def _forget(self, now: float) -> None:
        self._begun = [at for at in self._begun if now - at < MINUTE_S]
        for dpk in [dpk for dpk, one in self._met.items() if now > one.until]:
            if self._met[dpk].box is not None:
                self.shun(dpk, now)  # it wanted something of us, and nothing came of it
            else:
                del self._met[dpk]
        for dpk in [dpk for dpk, until in self._shunned.items() if now > until]:
            del self._shunned[dpk]
