"""Meeting the team through a signaling server: rooms, beacons, sealed signals.

Says that we are there, hears who else is, and carries the messages of dials. Trusts
nobody: a beacon or a signal counts when a device that was let in has signed it, and
is still only a hint until the handshake (PROTOCOL G).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envlsp.crypto.rendezvous import (
    RoomKey,
    SignalOrder,
    SignalWriter,
    next_change,
    open_beacon,
    open_signal,
    room_key,
    rooms_at,
    seal_beacon,
)
from envlsp.domain.ids import TEAM_SCOPE, DevicePk
from envlsp.errors import EnvlspError, NobodyReachable, PeerError, TrustError
from envlsp.service.replica import Replica
from envlsp.transport.api import SignalKind
from envlsp.transport.signaling_client import Connected, SignalingClient
from envlsp.wire.canonical import Value
from envlsp.wire.signaling_messages import Message, RoomId, Tag
from envlsp.wire.signals import SessionId, from_words, to_words

BEACON_EVERY_S = 60.0
"""A beacon that got lost is made up for within a minute; one costs a kilobyte."""
WRITERS_MAX = 256
"""Sessions we remember the counter of; a dial lasts seconds."""
OLDER_EPOCHS_MAX = 64
"""Rooms of so many epochs are listened in: a server lets a connection into 256."""

Heard = Callable[[DevicePk, bool], None]
"""Told of a device, and whether it has just come: a start of its program, or a reconnection."""
SignalHeard = Callable[[DevicePk, SessionId, SignalKind, Value], None]


@dataclass(frozen=True, slots=True)
class _Listening:
    """A room we are in, and the key of its beacons."""

    room: RoomId
    key: RoomKey


class Meeting:
    """One team's presence on one signaling server. Also the way of the dialer's signals."""

    def __init__(
        self,
        replica: Replica,
        client: SignalingClient,
        on_beacon: Heard,
        on_signal: SignalHeard,
    ) -> None:
        """Prepare; `run` does it.

        Args:
            replica: who is in the team, and the keys of its rooms.
            client: connected.
            on_beacon: told of a device that announced itself: a teammate's, or one that was.
            on_signal: told of such a device's message to us.
        """
        self._replica = replica
        self._client = client
        self._on_beacon = on_beacon
        self._on_signal = on_signal
        self._rooms: dict[RoomId, _Listening] = {}
        self._announce_in: _Listening | None = None
        self._tags: dict[DevicePk, Tag] = {}
        self._writers: dict[tuple[DevicePk, bytes], SignalWriter] = {}
        self._order = SignalOrder()
        self._keys_known: tuple[object, ...] = ()
        self._moving = asyncio.Event()
        self.there_since: float | None = None
        """When we last came, in monotonic seconds: whoever was there has heard it."""

    async def run(self) -> None:
        """Be there until cancelled."""
        await self.enter()
        self.there_since = time.monotonic()
        ticking = asyncio.create_task(self._keep_announcing())
        try:
            async for event in self._client.messages():
                match event:
                    case Message(room, tag, blob) if room in self._rooms:
                        await self._hear(self._rooms[room], tag, blob)
                    case Connected():
                        self._tags.clear()
                        await self._announce()
                        self.there_since = time.monotonic()
                    case _:
                        pass
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking

    async def enter(self) -> None:
        """Be in the rooms of now, and announce this device there.

        Called again when the day or the team's key has changed.
        """
        self._keys_known = self._keys_now()
        wanted = {place.room: place for place in self._places()}
        for room in self._rooms.keys() - wanted.keys():
            await self._client.unsubscribe(room)
        entered = [place for room, place in wanted.items() if room not in self._rooms]
        self._rooms = wanted
        for place in entered:
            with contextlib.suppress(EnvlspError):
                await self._client.subscribe(place.room)
        if entered:
            await self._announce()

    def look_around(self) -> None:
        """Go where the team meets now, if records that came have changed that."""
        if self._keys_now() != self._keys_known:
            self._moving.set()

    async def send(self, to_dpk: DevicePk, session16: bytes, kind: SignalKind, params: Value) -> None:
        """Send a message of a dial, sealed to its target and signed.

        Raises:
            NobodyReachable: the target has not been heard of.
            SignalingUnreachable: the server is gone.
        """
        tag, device = self._tags.get(to_dpk), self._replica.state.devices.get(to_dpk)
        if tag is None or device is None:
            raise NobodyReachable
        key = (to_dpk, session16)
        if key not in self._writers:
            if len(self._writers) >= WRITERS_MAX:
                del self._writers[next(iter(self._writers))]
            self._writers[key] = SignalWriter(
                self._replica.keys.sign, self._replica.team, to_dpk, device.xpk, SessionId(session16)
            )
        await self._client.send(tag, self._writers[key].seal(from_words(kind, params)))

    # --- where ---------------------------------------------------------------------------------

    def _keys_now(self) -> tuple[object, ...]:
        state, ring = self._replica.state, self._replica.ring
        current = state.current_epoch(TEAM_SCOPE)
        return current, current is not None and ring.key_of(current) is not None, len(state.epochs)

    def _places(self) -> Iterator[_Listening]:
        """Yield the rooms to be in: of the current epoch first, then of older ones.

        Somebody who was away during a rotation announces in the room of the epoch
        they know, so all that we hold are listened in.
        """
        now, state = self._replica.now(), self._replica.state
        current = state.current_epoch(TEAM_SCOPE)
        epochs = sorted(
            (epoch for epoch in state.epochs.values() if epoch.scope == TEAM_SCOPE),
            key=lambda epoch: (epoch.id == current, epoch.n),
            reverse=True,
        )
        self._announce_in = None
        for epoch in epochs[:OLDER_EPOCHS_MAX]:
            key = self._replica.ring.key_of(epoch.id)
            if key is None:
                continue
            for room in rooms_at(room_key(key), now):
                place = _Listening(room, room_key(key))
                self._announce_in = self._announce_in or place
                yield place

    # --- being heard ----------------------------------------------------------------------------

    async def _keep_announcing(self) -> None:
        while True:
            now = self._replica.clock()
            until_next_day = next_change(int(now)) - now
            pause_s = BEACON_EVERY_S * random.uniform(0.8, 1.2)  # noqa: S311 (jitter, not a secret)
            is_moving = await self._moved_within(min(until_next_day + 1, pause_s))
            await self.enter()
            if not is_moving:
                await self._announce()

    async def _moved_within(self, wait_s: float) -> bool:
        """Return whether the place of meeting changed before the time was up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._moving.wait()
        is_moving = self._moving.is_set()
        self._moving.clear()
        return is_moving

    async def _announce(self) -> None:
        place = self._announce_in
        if place is None:
            return
        blob = seal_beacon(self._replica.keys.sign, place.key, place.room, self._replica.now())
        with contextlib.suppress(EnvlspError):  # not connected: `Connected` will announce
            await self._client.publish(place.room, blob)

    # --- hearing --------------------------------------------------------------------------------

    async def _hear(self, place: _Listening, tag: Tag, blob: bytes) -> None:
        with contextlib.suppress(TrustError, PeerError):
            beacon = open_beacon(blob, place.key, place.room)
            if self._was_let_in(beacon.sender):
                is_new = self._tags.get(beacon.sender) != tag
                self._tags[beacon.sender] = tag
                self._on_beacon(beacon.sender, is_new)
                if is_new and self._replica.state.is_active(beacon.sender):
                    await self._answer(place, tag)
            return
        with contextlib.suppress(TrustError, PeerError):
            signal = open_signal(
                blob, self._replica.keys.box, own=self._replica.keys.dpk, team=self._replica.team
            )
            if self._was_let_in(signal.sender) and self._order.accept(signal):
                self._tags[signal.sender] = tag
                self._on_signal(signal.sender, signal.session, *to_words(signal.content))

    async def _answer(self, place: _Listening, tag: Tag) -> None:
        """Say to one device that we are there too.

        It may have died and come back while our link to it still seems to stand: then we
        do not dial, and it has not heard of us.
        """
        blob = seal_beacon(self._replica.keys.sign, place.key, place.room, self._replica.now())
        with contextlib.suppress(EnvlspError):
            await self._client.send(tag, blob)

    def _was_let_in(self, dpk: DevicePk) -> bool:
        """Return whether this is another member's device, or one that was: it has to be told (A6)."""
        if dpk == self._replica.keys.dpk:
            return False
        if dpk not in self._replica.state.devices:
            self._replica.refresh()  # perhaps another process of ours has just let them in
        return dpk in self._replica.state.devices
