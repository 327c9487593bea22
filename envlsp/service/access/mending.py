"""What this device does about keys that others made: past suspects (PROTOCOL C.5).

`rotation` makes keys and delivers them; this says when one that somebody else made is
none to write under.
"""

from __future__ import annotations

from envlsp.domain.ids import ScopeId
from envlsp.service.access.rotation import is_held_by_suspect, open_epochs, rekey_heads
from envlsp.service.history import Releases
from envlsp.service.replica import Replica


def leave_suspects_out(replica: Replica, releases: Releases, scope: ScopeId) -> None:
    """Start a new epoch of a scope where a suspect holds the current one; for whoever writes next.

    Not a part of `mend`: a device that trusts them delivers the new key to them, so two
    that disagree would go on for ever. Call it inside `writing`.
    """
    if is_held_by_suspect(replica, scope):
        open_epochs(replica, (scope,))
        rekey_heads(replica, releases)
