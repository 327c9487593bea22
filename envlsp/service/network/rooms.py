"""The rooms of one team that a device is in, and in which of them it says so (PROTOCOL G, A2).

Pure: what the device knows and the time go in, rooms come out, the most useful first.
Each kind of room is one function, and knows nothing of the others:

    team        whoever holds the team's key is met here; older epochs find who was away
    scope       guests hold no key of the team: they are met in the rooms of their scopes
    recovery    removed devices, and the holder of the recovery words
    replica     blind replicas that this device gives records to
    link        joiners with an invitation link, met by couriers

A server lets a connection into 256 rooms, so the last ones are left out beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from envlsp.crypto.epochs import TeamKey
from envlsp.crypto.rendezvous import RoomKey, days_at, invite_room_id, room_id, room_key
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, RecordId, ScopeId
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.state import EpochState, TeamState
from envlsp.service.access.removal import is_contesting, is_removed
from envlsp.service.replica import Replica
from envlsp.service.replicas.allowed import allowed
from envlsp.wire.bodies import GenesisBody, RootReplaceBody
from envlsp.wire.signaling_messages import RoomId

ROOMS_MAX: Final = 240
"""A little below what a server lets a connection into."""
OLDER_EPOCHS_MAX: Final = 64
"""Rooms of so many older epochs of the team are listened in; of a scope, a quarter of that."""
LINKS_MAX: Final = 32
"""Rooms of so many links, the newest, are listened in."""
DEAD_LINKS_MAX: Final = 8
"""And of so many that let nobody in any more: whoever comes with one is told so."""


class Kind(Enum):
    """What a room is for."""

    TEAM = auto()
    SCOPE = auto()
    RECOVERY = auto()
    REPLICA = auto()
    LINK = auto()


@dataclass(frozen=True, slots=True)
class Place:
    """A meeting place, whatever the day."""

    kind: Kind
    key: RoomKey = field(repr=False)
    """What its beacons are sealed under; of a link, its public key."""
    announces: bool = False
    is_newest: bool = False
    """Whether its key is that of the epoch of now, as far as we know: newcomers have it too."""
    invite: RecordId | None = None
    """Of a link: its record."""


@dataclass(frozen=True, slots=True)
class Room:
    """A place on one day."""

    id: RoomId
    place: Place
    announces: bool


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What decides where a device is to be found.

    Attributes:
        state: the team; None while the device holds no record.
        own: the device, or the root key.
        key_of: the epochs' keys that it holds.
        recovery: keys of the recovery rooms it knows, the newest first; the one room of
            whoever has it from elsewhere than the records.
        removed: it was removed, or was told so.
        is_courier: it answers whoever comes with a link.
        replicas: keys of the rooms of the replicas it allows.
    """

    state: TeamState | None
    own: DevicePk
    key_of: Callable[[EpochId], TeamKey | None]
    recovery: tuple[RoomKey, ...] = field(default=(), repr=False)
    removed: bool = False
    is_courier: bool = False
    replicas: tuple[RoomKey, ...] = field(default=(), repr=False)

    @property
    def is_root(self) -> bool:
        """Whether this is the holder of the recovery words, who may know nothing else yet."""
        return self.state is None or self.own == self.state.root.root_sign


def standpoint(replica: Replica, *, own_room: RoomKey | None, is_courier: bool) -> Standpoint:
    """Return where a replica stands now.

    Args:
        replica: of this device, or of the root key.
        own_room: the recovery room, for whoever has it from the words; a blind replica's.
        is_courier: whether this process answers joiners, if the role allows it.
    """
    known = (own_room,) if own_room is not None else tuple(recovery_rooms(replica))
    blind = tuple(RoomKey(one.pairing.room) for one in allowed(replica))
    state = replica.state if len(replica.ledger) else None
    removed = is_removed(replica) or is_contesting(replica)
    return Standpoint(state, replica.keys.dpk, replica.ring.key_of, known, removed, is_courier, blind)


def recovery_rooms(replica: Replica) -> Iterator[RoomKey]:
    """Yield the keys of the recovery rooms that this device can read: of the root of now, and of the first.

    Somebody who was removed before the root key was replaced knows only the older one.
    """
    if not len(replica.ledger):
        return
    for record in dict.fromkeys((replica.state.root.record, RecordId(replica.team))):
        body = replica.body(replica.record(record))
        if isinstance(body, GenesisBody | RootReplaceBody):
            yield RoomKey(body.recovery_room)


def rooms(places: Collection[Place], now: int) -> tuple[Room, ...]:
    """Return the rooms of places at a time (unix seconds), at most `ROOMS_MAX`.

    Around midnight a place has two; a device announces itself in that of its own day.
    """
    found: dict[RoomId, Room] = {}
    for is_today, day in ((True, days_at(now)[0]), *((False, day) for day in days_at(now)[1:])):
        for place in places:
            identity = _room_id(place, day)
            found.setdefault(identity, Room(identity, place, place.announces and is_today))
    first = sorted(found.values(), key=lambda room: not room.announces)
    return tuple(first[:ROOMS_MAX])


def _room_id(place: Place, day: int) -> RoomId:
    if place.kind is Kind.LINK:
        return invite_room_id(DevicePk(place.key), day)
    return room_id(place.key, day)


# --- places ------------------------------------------------------------------------------------


def places(view: Standpoint) -> tuple[Place, ...]:
    """Return every place to be in, the most useful first."""
    return (*_newest(view), *_recovery(view), *_replicas(view), *_links(view), *_older(view))


def _newest(view: Standpoint) -> Iterator[Place]:
    """Yield where teammates are now: in the newest epochs of the team and of scopes with guests."""
    for scope, kind in _scopes(view):
        yield from _of_epochs(view, scope, kind)[:1]


def _older(view: Standpoint) -> Iterator[Place]:
    """Yield where somebody is who was away during a rotation: in all epochs that we hold."""
    for scope, kind in _scopes(view):
        limit = OLDER_EPOCHS_MAX if kind is Kind.TEAM else OLDER_EPOCHS_MAX // 4
        yield from _of_epochs(view, scope, kind)[1 : 1 + limit]


def _of_epochs(view: Standpoint, scope: ScopeId, kind: Kind) -> list[Place]:
    """Return the rooms of a scope's epochs that we hold: the one to announce in, then the others."""
    assert view.state is not None
    ordered = epochs_by_use(view.state, scope)
    keys = [room_key(key) for epoch in ordered if (key := view.key_of(epoch.id)) is not None]
    speaks = kind is Kind.TEAM or not _holds_current(view, TEAM_SCOPE)
    return [
        Place(kind, key, announces=speaks and place == 0, is_newest=place == 0)
        for place, key in enumerate(keys)
    ]


def epochs_by_use(state: TeamState, scope: ScopeId) -> list[EpochState]:
    """Return the epochs of a scope: the current one, then the others, the newest first."""
    current = state.current_epoch(scope)
    return sorted(
        _epochs(state, scope), key=lambda epoch: (epoch.id == current, epoch.n, epoch.id), reverse=True
    )


def _scopes(view: Standpoint) -> Iterator[tuple[ScopeId, Kind]]:
    """Yield the scopes in whose rooms this device meets others; the root key meets them elsewhere."""
    state = view.state
    if state is None or view.is_root:
        return
    yield TEAM_SCOPE, Kind.TEAM
    away = _without_team_key(state)
    for scope in sorted(state.scopes):
        if any(not away.isdisjoint(epoch.recipients) for epoch in _epochs(state, scope)):
            yield scope, Kind.SCOPE


def _without_team_key(state: TeamState) -> frozenset[DevicePk]:
    """Return the devices that cannot be met in the team's room: of guests, and of who was one."""
    sealed: set[DevicePk] = set()
    for epoch in _epochs(state, TEAM_SCOPE):
        sealed |= epoch.recipients
        if epoch.author is not None:
            sealed.add(epoch.author)
    guests = {user for user, member in state.members.items() if member.role is Role.NONE}
    return frozenset(
        dpk for dpk, device in state.devices.items() if device.user in guests or dpk not in sealed
    )


def _recovery(view: Standpoint) -> Iterator[Place]:
    for key in view.recovery:
        yield Place(Kind.RECOVERY, key, announces=view.removed or view.is_root)


def _replicas(view: Standpoint) -> Iterator[Place]:
    """Yield the rooms of replicas; both sides announce themselves, for either may have been there first."""
    if view.state is not None and not view.removed:
        for key in view.replicas:
            yield Place(Kind.REPLICA, key, announces=True)


def _links(view: Standpoint) -> Iterator[Place]:
    """Yield the rooms of links, for who may admit somebody: of those that live first."""
    state = view.state
    if state is None or not view.is_courier or view.removed:
        return
    user = state.user_of(view.own)
    if user is None or state.role(user, TEAM_SCOPE) < Role.DEVELOPER:
        return
    links = tuple(state.invites.values())
    live, dead = [link for link in links if link.live], [link for link in links if not link.live]
    for invite in (*live[-LINKS_MAX:], *dead[-DEAD_LINKS_MAX:]):
        yield Place(Kind.LINK, RoomKey(invite.inv_pk), invite=invite.id)


def _epochs(state: TeamState, scope: ScopeId) -> Iterator[EpochState]:
    return (epoch for epoch in state.epochs.values() if epoch.scope == scope)


def _holds_current(view: Standpoint, scope: ScopeId) -> bool:
    assert view.state is not None
    current = view.state.current_epoch(scope)
    return current is not None and view.key_of(current) is not None
