"""Whether this device was removed from the team, and how it says so (PROTOCOL A6).

The ledger knows it once the removal's record is here. That record may follow releases
which a removed device is not given; then there is only the word of a teammate who has
proved who they are. It stops us from writing, and nothing else follows from it.
"""

from __future__ import annotations

from typing import Final

from envlsp.errors import NoAccess
from envlsp.service.replica import Replica

_CONTESTED: Final = b"contested"
_TOLD: Final = b"removed"
"""Holds the key that was removed: a device let in again has another one."""


def is_removed(replica: Replica) -> bool:
    """Return whether this device is no member's any more, by the ledger or by a teammate's word."""
    own = replica.keys.dpk
    if not len(replica.ledger) or own == replica.state.root.root_sign:
        return False  # the root key is no device, and can only be replaced
    return not replica.state.is_active(own) or replica.store.meta.get(_TOLD) == own


def note_told(replica: Replica) -> None:
    """Remember that a teammate said so."""
    replica.store.meta.put(_TOLD, replica.keys.dpk)


def note_contested(replica: Replica) -> None:
    """Remember that this device has answered its removal: its teammates have yet to learn of that."""
    replica.store.meta.put(_TOLD, _CONTESTED + replica.keys.dpk)


def is_contesting(replica: Replica) -> bool:
    """Return whether teammates may still take this device for removed, though it has answered that."""
    return replica.store.meta.get(_TOLD) == _CONTESTED + replica.keys.dpk


def note_welcome(replica: Replica) -> None:
    """Forget it: a teammate has synced with us."""
    if replica.store.meta.get(_TOLD) is not None:
        replica.store.meta.delete(_TOLD)


def removed() -> NoAccess:
    """Return the error that says so."""
    return NoAccess("this device was removed from the team", fix="ask an admin for a new invitation")
