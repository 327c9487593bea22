"""What this device does about keys that others made: in its turn, and past suspects (PROTOCOL C.5).

`rotation` makes keys and delivers them; this says when it is our turn to, and when a key
that somebody else made is none to write under.
"""

from __future__ import annotations

from typing import Final

from envlsp.crypto.labels import hash32
from envlsp.domain.ids import DevicePk, ScopeId
from envlsp.service.access.rotation import is_held_by_suspect, mend, open_epochs, pending, rekey_heads
from envlsp.service.access.unopened import REPLACE_AFTER_S, unopened
from envlsp.service.history import Releases
from envlsp.service.replica import Replica
from envlsp.service.team import Team

TURNS_S: Final = 10
"""Within so many seconds everybody has had a turn: far more than a record takes to reach the others."""


def turn_s(own: DevicePk, target: bytes) -> float:
    """Return after how many seconds it is our turn to help a device, or in a scope.

    `H("reseal", own dpk ‖ target)`, its first eight bytes as milliseconds, modulo ten
    seconds: everybody has another turn, so mostly one device does it and the others see it.
    """
    digest = hash32("reseal", own + target)
    return int.from_bytes(digest[:8], "big") % (TURNS_S * 1000) / 1000


def mend_in_turn(team: Team, waited_s: float) -> bool:
    """Finish what is left open and now our turn; return whether something may be left for later.

    Args:
        team: opened.
        waited_s: since there was news.
    """
    replica, own = team.replica, team.replica.keys.dpk

    def is_due(target: bytes) -> bool:
        return turn_s(own, target) <= waited_s

    if any(map(is_due, pending(replica, team.releases))):
        mend(replica, team.releases, is_due)
    return waited_s < TURNS_S or (waited_s < 2 * REPLACE_AFTER_S and bool(unopened(replica)))


def leave_suspects_out(replica: Replica, releases: Releases, scope: ScopeId) -> None:
    """Start a new epoch of a scope where a suspect holds the current one; for whoever writes next.

    Not a part of `mend`: a device that trusts them delivers the new key to them, so two
    that disagree would go on for ever. Call it inside `writing`.
    """
    if is_held_by_suspect(replica, scope):
        open_epochs(replica, (scope,))
        rekey_heads(replica, releases)
