"""Whether this device was removed from the team, and how it says so (PROTOCOL A6).

The ledger knows it once the removal's record is here. That record may follow releases
which a removed device is not given; then there is only the word of a teammate who has
proved who they are. It stops us from writing, and nothing else follows from it.
"""

from __future__ import annotations

from typing import Final

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import TeamState
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


def removals(state: TeamState, dpk: DevicePk) -> tuple[RecordId, ...]:
    """Return what removed a device: its person, or itself."""
    user = state.user_of(dpk)
    by_user = state.removed_users.get(user, ()) if user else ()
    return (*by_user, *state.removed_devices.get(dpk, ()))


def way_back(replica: Replica) -> str:
    """Return what a person can do whose device was removed."""
    if _may_answer(replica):
        return "envlsp access contest, if it is not right; or ask an admin for a new invitation"
    return "ask an admin for a new invitation"


def _may_answer(replica: Replica) -> bool:
    """Return whether an answer of ours would probably stand; the answer itself makes sure."""
    ledger, own = replica.ledger, replica.keys.dpk
    mine, found = replica.state.user_of(own), removals(replica.state, own)
    authors = {ledger.author_of(removal) for removal in found}
    if not found or mine is None or ROOT in authors:
        return False
    past = ledger.state_after(ledger.parents_without(own, *found))
    member = past.members.get(mine)
    if member is None or not past.is_active(own):
        return False
    if authors == {mine}:
        others = (replica.record(removal).header.author for removal in found)
        order = _order(replica, past.devices[own].intro)
        return all(dpk == own or order < _order(replica, past.devices[dpk].intro) for dpk in others)
    # Whoever is none there was removed by us, and is back: they are the senior one.
    admins = [past.members.get(user) for user in authors - {mine}]
    return member.role is Role.ADMIN and all(
        admin and _order(replica, member.in_force[0]) < _order(replica, admin.in_force[0]) for admin in admins
    )


def _order(replica: Replica, record: RecordId) -> tuple[int, RecordId]:
    return replica.record(record).header.height, record


def removed(replica: Replica) -> NoAccess:
    """Return the error that says so."""
    return NoAccess("this device was removed from the team", fix=way_back(replica))
