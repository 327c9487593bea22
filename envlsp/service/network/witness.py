"""What sessions show of who holds what, taken down as it happens (PROTOCOL F.4).

Hears the events of every session of one team, whatever link carries it, and hands them to
those who know what they mean: `promises`, `own_past`, `freshness`. Refuses to know who is
dialled, and believes nobody but active devices of members: a blind replica's operator is
nobody's teammate.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import PeerError, TrustError
from envlsp.service import own_past, promises
from envlsp.service.freshness import note_confirmed
from envlsp.service.replica import Replica
from envlsp.sync.effects import AttestReceived, Effect, InSync, RecordsWithheld
from envlsp.wire.attest import is_from_the_future

CONFIRM_EVERY_S: Final = 30.0
"""How often the note of when our view was confirmed is written, at most; a day is what matters."""


class Witness:
    """Listens to the sessions of one team.

    Args:
        replica: of this device.
        on_asked: called when a device attests that it lacks the current key.
    """

    def __init__(self, replica: Replica, on_asked: Callable[[], object] = lambda: None) -> None:
        self._replica = replica
        self._on_asked = on_asked
        self._named: dict[DevicePk, set[RecordId]] = {}
        self._confirmed_at = float("-inf")

    def begin(self, dpk: DevicePk) -> None:
        """Note that a new session with a device begins: what it named in the last one is on record."""
        self._named.pop(dpk, None)

    def heard(self, dpk: DevicePk, effect: Effect) -> None:
        """Take down an event of the session with a device.

        Raises:
            StoreError: it could not be kept.
        """
        match effect:
            case AttestReceived(attest, raw):
                self._attested(attest.dpk, raw)
            case RecordsWithheld(ids) if self._is_member(dpk):
                self._named.setdefault(dpk, set()).update(ids)
                promises.note_withheld(self._replica, dpk, ids)
            case InSync() if self._is_member(dpk):
                own_past.note_in_step(self._replica, dpk)
                promises.note_in_step(self._replica, dpk, sorted(self._named.get(dpk, ())))
                self._confirmed_at = float("-inf")
                self._note_confirmed()
            case _:
                pass

    def _attested(self, dpk: DevicePk, raw: bytes) -> None:
        if not len(self._replica.ledger):
            return
        with contextlib.suppress(PeerError, TrustError):
            attest = check_attest_untrusted(raw, self._replica.team)
            if is_from_the_future(attest, self._replica.clock()):
                return
            if dpk == self._replica.keys.dpk:
                own_past.note_own_attest(self._replica, attest)
            elif dpk in self._replica.state.devices:
                is_news = promises.keep_attest(self._replica, attest, raw)
                self._note_confirmed()
                if is_news and attest.epoch is None:
                    self._on_asked()

    def _note_confirmed(self) -> None:
        """Keep when our view was last confirmed; where all is quiet, everybody attests once a minute."""
        if (now := time.monotonic()) - self._confirmed_at > CONFIRM_EVERY_S:
            self._confirmed_at = now
            note_confirmed(self._replica)

    def _is_member(self, dpk: DevicePk) -> bool:
        return len(self._replica.ledger) > 0 and self._replica.state.is_active(dpk)
