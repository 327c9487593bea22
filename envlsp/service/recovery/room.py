"""Meeting teammates with the recovery words: what they have is taken, what was written is handed on.

Whoever comes back is not known to them before they have the record that lets the new
device in, so it is the root key that brings it. Nobody has to be there: a backup, or the
records on this disk, are as good.
"""

from __future__ import annotations

from collections.abc import Sequence

from envlsp.errors import TransportError
from envlsp.service.ports import Talk
from envlsp.service.recovery.acting import RootReplica
from envlsp.service.root_meeting import sync_as_root


def fetch(root: RootReplica, room: bytes, servers: Sequence[str], talk: Talk) -> int:
    """Get what teammates have who are online; return how many devices were there.

    Raises:
        TransportError: nobody could be met, and there is no record here to go on with.
    """
    if not servers:
        return 0
    talk.say("looking for teammates who are online")
    try:
        return sync_as_root(root, servers, room).reached
    except TransportError:
        if not len(root.ledger):
            raise
        talk.say("nobody could be met; going on with the records that are here")
        return 0


def hand_on(root: RootReplica, room: bytes, servers: Sequence[str], talk: Talk) -> int:
    """Give them what the root key has written; return how many devices have it."""
    try:
        return sync_as_root(root, servers, room).in_sync
    except TransportError:
        talk.say("teammates were here and are gone; they get it when you are online together (envlsp agent)")
        return 0
