"""Which teammates do not hear where this device announces itself, and where they are (PROTOCOL G).

Pure, as `service.rooms` is. After a rotation, whoever was away announces and listens only in
the rooms of older epochs; guests only in those of their scopes; and members announce in none
of these. So a device that comes asks for a dial there: a message sealed to that one device, in which
others in the room, removed ones among them, read neither from whom nor to whom it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from envlsp.crypto.rendezvous import RoomKey, room_key
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, ScopeId
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import EpochState
from envlsp.errors import PeerError, TrustError
from envlsp.service.network.rooms import Standpoint, epochs_by_use, places
from envlsp.service.replica import Replica
from envlsp.wire.attest import decode_attest_untrusted

SOUGHT_MAX: Final = 24
"""Of one arrival: a server lets through a burst of 100 frames, and rooms are entered first."""
_TRIES: Final = 2
"""Rooms in which a device is looked for of which nobody knows which epoch it has."""


@dataclass(frozen=True, slots=True, order=True)
class Sought:
    """A device that does not hear us, and a room in which it is."""

    dpk: DevicePk
    key: RoomKey = field(repr=False)


def attested_epochs(replica: Replica) -> dict[DevicePk, EpochId]:
    """Return the team's epoch that each device has last said is current, where it named one."""
    found: dict[DevicePk, EpochId] = {}
    for dpk, note in replica.store.peers.all().items():
        if not note.attestation:
            continue
        try:
            attest = decode_attest_untrusted(note.attestation)
        except (PeerError, TrustError):
            continue
        if attest.epoch is not None:
            found[dpk] = attest.epoch
    return found


def sought(
    view: Standpoint, attested: Mapping[DevicePk, EpochId], untold: Collection[DevicePk] = ()
) -> tuple[Sought, ...]:
    """Return whom to ask for a dial in which room, at most `SOUGHT_MAX`.

    Nobody, for the root key and for a device that was removed.

    Args:
        view: what this device knows.
        attested: the team's epoch that a device was last heard to have.
        untold: removed devices that are to be told so.
    """
    state = view.state
    if state is None or view.is_root or view.removed or not state.is_active(view.own):
        return ()
    heard = {place.key for place in places(view) if place.announces}
    found: list[Sought] = []
    for dpk in sorted(state.devices):
        if dpk != view.own and (state.is_active(dpk) or dpk in untold):
            found.extend(Sought(dpk, key) for key in _rooms_of(view, dpk, attested.get(dpk), heard))
    return tuple(found[:SOUGHT_MAX])


def _rooms_of(
    view: Standpoint, dpk: DevicePk, attested: EpochId | None, heard: set[RoomKey]
) -> tuple[RoomKey, ...]:
    """Return the rooms in which a device is to be sought; none where it hears us anyway."""
    state = view.state
    assert state is not None
    team, key = list(_shared(view, TEAM_SCOPE, dpk)), view.key_of(attested) if attested else None
    found: list[RoomKey]
    is_guest = state.is_active(dpk) and state.role(state.devices[dpk].user, TEAM_SCOPE) is Role.NONE
    if not team or is_guest:
        found = next((keys[:_TRIES] for keys in _of_scopes(view, dpk) if keys), team[:_TRIES])
    elif attested is None:
        found = team[:_TRIES]
    elif attested not in state.epochs:
        found = []  # it is ahead of us, and listens in our room
    else:
        found = [room_key(key)] if key is not None else team[:1]
    return tuple(key for key in found if key not in heard)


def _of_scopes(view: Standpoint, dpk: DevicePk) -> Iterator[list[RoomKey]]:
    assert view.state is not None
    for scope in sorted(view.state.scopes):
        yield list(_shared(view, scope, dpk))


def _shared(view: Standpoint, scope: ScopeId, dpk: DevicePk) -> Iterator[RoomKey]:
    """Yield the rooms of the epochs of a scope that this device holds and that one was given."""
    assert view.state is not None
    for epoch in epochs_by_use(view.state, scope):
        key = view.key_of(epoch.id)
        if key is not None and _has(epoch, dpk):
            yield room_key(key)


def _has(epoch: EpochState, dpk: DevicePk) -> bool:
    return dpk == epoch.author or dpk in epoch.recipients
