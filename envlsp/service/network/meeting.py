"""Meeting the team through a signaling server: rooms, beacons, sealed signals.

Says that we are there, hears who else is, and carries the messages of dials. Which rooms,
`rooms` decides. Trusts nobody: a beacon or a signal counts when a device that was let in
has signed it, or one that was vouched for, or a stranger that may be answered
(`strangers`), and is still only a hint until the handshake (PROTOCOL G).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from envlsp.crypto.introductions import open_card, seal_card
from envlsp.crypto.lan import lan_key
from envlsp.crypto.rendezvous import (
    RoomKey,
    SignalOrder,
    SignalWriter,
    new_session,
    next_change,
    open_beacon,
    open_signal,
    seal_beacon,
)
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import EnvlspError, NobodyReachable, PeerError, TransportError, TrustError
from envlsp.service.access.removal import is_removed
from envlsp.service.network.peering import box_of, has_heard_of_us, is_blind, is_known, is_peer, is_root
from envlsp.service.network.rooms import Kind, Place, Room, Standpoint, places, rooms, standpoint
from envlsp.service.network.seeking import Sought, attested_epochs, sought
from envlsp.service.network.strangers import Strangers
from envlsp.service.network.tags import Tags
from envlsp.service.network.telling import untold
from envlsp.service.replica import Replica
from envlsp.service.replicas.allowed import allowed
from envlsp.transport.api import SignalKind
from envlsp.transport.lan import Arrived, ShownRoom
from envlsp.transport.meeting_point import MeetingPoint
from envlsp.transport.signaling_client import Connected
from envlsp.wire.canonical import Value
from envlsp.wire.introductions import Answer, Card
from envlsp.wire.signaling_messages import Message, RoomId, Tag
from envlsp.wire.signals import SessionId, Signal, from_words, to_words

BEACON_EVERY_S = 60.0
"""A beacon that got lost is made up for within a minute; one costs a kilobyte."""
WRITERS_MAX = 256
"""Sessions we remember the counter of; a dial lasts seconds."""
GUESTS_MAX = 32
"""Devices we talk to on somebody's word; the one that came first is forgotten first."""

CALLS_WITHIN_S = 60.0
"""So many strangers as there may be guests are called within this time, on the word of their cards."""

_OF_MEMBERS = frozenset({Kind.TEAM, Kind.SCOPE})

Heard = Callable[[DevicePk, bool], None]
"""Told of a device, and whether it has just come: a start of its program, or a reconnection."""
SignalHeard = Callable[[DevicePk, SessionId, SignalKind, Value], None]


class Door(Protocol):
    """Who answers joiners, in the rooms of links."""

    async def hear(self, room: Room, tag: Tag, blob: bytes) -> bool:
        """Take what came into the room of a link; return False where it is a message of a dial.

        Never raises for what it is.
        """
        ...


class Meeting:
    """One team's presence on one signaling server. Also the way of the dialer's signals."""

    def __init__(
        self,
        replica: Replica,
        client: MeetingPoint,
        on_beacon: Heard,
        on_signal: SignalHeard,
        *,
        own_room: RoomKey | None = None,
    ) -> None:
        """Prepare; `run` does it.

        Args:
            replica: who is in the team, and the keys of its rooms.
            client: connected.
            on_beacon: told of a device that announced itself: a teammate's, or one that was.
            on_signal: told of such a device's message to us.
            own_room: one that this device knows from elsewhere than the records: the recovery
                room from the words, or a blind replica's.
        """
        self._replica = replica
        self._client = client
        self._on_beacon = on_beacon
        self._on_signal = on_signal
        self._own_room = own_room
        self.door: Door | None = None
        """Set before `run` where joiners are answered."""
        self.is_linked: Callable[[DevicePk], bool] = lambda _dpk: False
        """Whether we talk to a device already, and need not seek it."""
        self.on_crowded_out: Callable[[DevicePk], None] = lambda _dpk: None
        """Told of a device that others have taken the place of: nobody is to call it any more."""
        self._rooms: dict[RoomId, Room] = {}
        self._sought: set[Sought] = set()
        self._tags = Tags()
        self._guests: dict[DevicePk, BoxPk] = {}
        self._strangers = Strangers()
        self._called: deque[float] = deque()
        self._writers: dict[tuple[DevicePk, SessionId], SignalWriter] = {}
        self._order = SignalOrder()
        self._places_known: tuple[Place, ...] = ()
        self._went_by: tuple[object, ...] = ()
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
                        with contextlib.suppress(EnvlspError):  # a busy disk: as one that got lost
                            await self._hear(self._rooms[room], tag, blob)
                    case Arrived(room, tag) if room in self._rooms and self._rooms[room].announces:
                        await self._say_there(self._rooms[room], tag)
                    case Connected():  # what was known of others there, `MeetingPoint` has forgotten
                        self._sought.clear()
                        await self._announce()
                        await self._seek()
                        self.there_since = time.monotonic()
                    case _:
                        pass
        finally:
            ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticking

    async def enter(self) -> None:
        """Be in the rooms of now, and announce this device where it is to be found.

        Called again when the day or what decides about rooms has changed.
        """
        self._went_by, self._places_known = self._decisive(), self._places()
        wanted = {room.id: room for room in rooms(self._places_known, self._replica.now())}
        for gone in self._rooms.keys() - wanted.keys():
            await self._client.unsubscribe(gone)
        before, self._rooms = self._rooms, wanted
        for room in wanted.values():
            if room.id not in before:
                with contextlib.suppress(EnvlspError):
                    await self._client.subscribe(room.id)
            if room.announces and not (room.id in before and before[room.id].announces):
                await self._announce_in(room)
        await self._client.show([_shown(room) for room in wanted.values()])
        await self._seek()

    def look_around(self) -> None:
        """Go where the team meets now, if records that came have changed that."""
        if self._decisive() != self._went_by and self._places() != self._places_known:
            self._moving.set()

    def look_again(self) -> None:
        """Be in the rooms of now at once: the day may have changed while the machine slept."""
        self._moving.set()

    async def send(self, to_dpk: DevicePk, session16: bytes, kind: SignalKind, params: Value) -> None:
        """Send a message of a dial, sealed to its target and signed.

        Raises:
            NobodyReachable: the target has not been heard of.
            SignalingUnreachable: the server is gone.
        """
        tags, box = self._reach(to_dpk)
        writer = self._writer(to_dpk, box, SessionId(session16))
        await self._send_every_way(to_dpk, tags, writer.seal(from_words(kind, params)))

    async def _send_every_way(self, dpk: DevicePk, tags: tuple[Tag, ...], blob: bytes) -> None:
        is_sent, failure = False, TransportError()
        for tag in tags:
            try:
                await self._client.send(tag, blob)
                is_sent = True
            except TransportError as exc:
                failure = exc
                if isinstance(exc, NobodyReachable):
                    self._tags.lose(dpk, tag)
        if not is_sent:
            raise failure

    def _reach(self, dpk: DevicePk) -> tuple[tuple[Tag, ...], BoxPk]:
        tags, box = self._tags.of(dpk), box_of(self._replica, dpk) or self._guests.get(dpk)
        if tags and box is not None:
            return tags, box
        stranger = self._strangers.reach(dpk, time.monotonic())
        if stranger is None:
            raise NobodyReachable
        return (stranger[0],), stranger[1]

    def _writer(self, to_dpk: DevicePk, box: BoxPk, session: SessionId) -> SignalWriter:
        key = (to_dpk, session)
        if key not in self._writers:
            if len(self._writers) >= WRITERS_MAX:
                del self._writers[next(iter(self._writers))]
            self._writers[key] = SignalWriter(
                self._replica.keys.sign, self._replica.team, to_dpk, box, session
            )
        return self._writers[key]

    # --- who is no member here -------------------------------------------------------------------

    def vouch(self, dpk: DevicePk, xpk: BoxPk, tag: Tag) -> None:
        """Talk to a device that the records do not name: somebody has proved that it may come."""
        self._guests.pop(dpk, None)
        self._guests[dpk] = xpk
        self._tags.hear(dpk, tag)
        if len(self._guests) > GUESTS_MAX:
            gone = next(iter(self._guests))
            self.unvouch(gone)
            self.on_crowded_out(gone)

    def is_vouched(self, dpk: DevicePk) -> bool:
        """Return whether records are shared with this device although none names it."""
        return dpk in self._guests

    def unvouch(self, dpk: DevicePk) -> None:
        """Take it back; of a device that the records do not name nothing is kept."""
        self._guests.pop(dpk, None)
        if not is_known(self._replica, dpk):
            self._tags.forget(dpk)

    def is_stranger(self, dpk: DevicePk) -> bool:
        """Return whether this is somebody whom we answer although nobody has said who it is."""
        return self._strangers.reach(dpk, time.monotonic()) is not None

    def is_meeting_strangers(self) -> bool:
        """Return whether somebody may turn out to be a teammate in the next moments."""
        return self._strangers.is_meeting(time.monotonic())

    def met_stranger(self, dpk: DevicePk) -> None:
        """Note that it is clear who a stranger is; if no record names it by now, it is left alone."""
        now = time.monotonic()
        if not is_known(self._replica, dpk):
            self._strangers.shun(dpk, now)
        elif (stranger := self._strangers.reach(dpk, now)) is not None:
            self._tags.hear(dpk, stranger[0])
            self._strangers.known(dpk)

    async def give_card(self, tag: Tag, to: DevicePk, box: BoxPk, answer: Answer = Answer.COME) -> None:
        """Tell a device that knows nobody who we are, and what it may do."""
        keys, replica = self._replica.keys, self._replica
        card = Card(replica.team, keys.dpk, keys.xpk, to, replica.now(), answer)
        with contextlib.suppress(EnvlspError):
            await self._client.send(tag, seal_card(card, keys.sign, box))

    # --- where ---------------------------------------------------------------------------------

    def _decisive(self) -> tuple[object, ...]:
        """Return what places follow from, quickly: a state stays the same object while nothing changes."""
        replica = self._replica
        return (id(replica.state) if len(replica.ledger) else None, is_removed(replica), allowed(replica))

    def _places(self) -> tuple[Place, ...]:
        return places(self._view())

    def _view(self) -> Standpoint:
        return standpoint(self._replica, own_room=self._own_room, is_courier=self.door is not None)

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
        for room in list(self._rooms.values()):
            if room.announces:
                await self._announce_in(room)

    async def _announce_in(self, room: Room) -> None:
        with contextlib.suppress(EnvlspError):  # not connected: `Connected` will announce
            await self._client.publish(room.id, self._beacon(room))

    async def _seek(self) -> None:
        """Ask those to dial who do not hear our beacons, once: whoever comes later is heard by us."""
        here = {
            room.place.key: room for room in reversed(self._rooms.values())
        }  # today's before its neighbour's
        for one in sought(self._view(), attested_epochs(self._replica), untold(self._replica)):
            box = box_of(self._replica, one.dpk)
            if one in self._sought or box is None or self.is_linked(one.dpk):
                continue
            if (room := here.get(one.key)) is None:
                continue
            self._sought.add(one)
            blob = self._writer(one.dpk, box, new_session()).seal(from_words("dial", []))
            with contextlib.suppress(EnvlspError):  # not connected: `Connected` will
                await self._client.publish(room.id, blob)

    def _beacon(self, room: Room) -> bytes:
        return seal_beacon(self._replica.keys.sign, room.place.key, room.id, self._replica.now())

    # --- hearing --------------------------------------------------------------------------------

    async def _hear(self, room: Room, tag: Tag, blob: bytes) -> None:
        if room.place.kind is Kind.LINK:
            if self.door is None or await self.door.hear(room, tag, blob):
                return
        else:
            with contextlib.suppress(TrustError, PeerError):
                beacon = open_beacon(blob, room.place.key, room.id)
                if self._was_let_in(beacon.sender):
                    await self._heard_beacon(room, tag, beacon.sender)
                elif self._own_room is not None:
                    await self._say_there(room, tag)  # somebody who knows us and whom we do not know yet
                elif self._may_be_newcomer(room, tag, beacon.sender):
                    await self._say_there(room, tag)  # so that it gives us its card
                return
        with contextlib.suppress(TrustError, PeerError):
            await self._hear_signal(room, tag, blob)
            return
        with contextlib.suppress(TrustError, PeerError):
            if self._own_room is not None:
                self._hear_card(tag, blob)
            elif room.place.is_newest:
                self._hear_newcomer(tag, blob)

    async def _heard_beacon(self, room: Room, tag: Tag, sender: DevicePk) -> None:
        is_new = self._tags.hear(sender, tag)
        if is_new:  # a removed device too; and before the dial, whose preparation may take seconds
            await self._answer(room, tag, sender)
        if room.place.kind in _OF_MEMBERS and not self.is_linked(sender):
            await self._present(tag, sender)
        self._on_beacon(sender, is_new)

    async def _present(self, tag: Tag, dpk: DevicePk) -> None:
        """Give our card to a member who has never said that it knows us: it may have been away."""
        box = box_of(self._replica, dpk)
        if box is not None and is_peer(self._replica, dpk) and not has_heard_of_us(self._replica, dpk):
            await self.give_card(tag, dpk, box)

    def _may_be_newcomer(self, room: Room, tag: Tag, dpk: DevicePk) -> bool:
        if dpk == self._replica.keys.dpk or not room.place.is_newest or is_removed(self._replica):
            return False
        return self._strangers.announced(dpk, tag, time.monotonic())

    def _hear_newcomer(self, tag: Tag, blob: bytes) -> None:
        """Be ready to answer somebody who has announced itself and says what to seal answers to."""
        replica = self._replica
        card = open_card(blob, replica.keys.box, own=replica.keys.dpk, team=replica.team)
        if card.answer is Answer.COME and not self._was_let_in(card.dpk):
            self._strangers.introduced(card.dpk, card.xpk, tag, time.monotonic())

    async def _hear_signal(self, room: Room, tag: Tag, blob: bytes) -> None:
        replica = self._replica
        signal = open_signal(blob, replica.keys.box, own=replica.keys.dpk, team=replica.team)
        if not self._was_let_in(signal.sender):
            await self._hear_strange_signal(room, tag, signal)
            return
        if not self._order.accept(signal):
            return
        is_new = self._tags.hear(signal.sender, tag)
        self._on_signal(signal.sender, signal.session, *to_words(signal.content))
        if is_new and room.place.kind in _OF_MEMBERS and is_peer(replica, signal.sender):
            await self._say_there(room, tag)  # it seeks us, and may not know that we are there

    async def _hear_strange_signal(self, room: Room, tag: Tag, signal: Signal) -> None:
        now = time.monotonic()
        order = self._strangers.order_of(signal.sender, now)
        if order is not None:
            if order.accept(signal):
                self._on_signal(signal.sender, signal.session, *to_words(signal.content))
        elif room.place.is_newest and self._strangers.sought_us(signal.sender, now):
            await self._say_there(room, tag)  # so that it announces itself, and gives us its card

    def _hear_card(self, tag: Tag, blob: bytes) -> None:
        """Meet somebody whom we cannot look up: with no record yet, or with old ones."""
        replica = self._replica
        card = open_card(blob, replica.keys.box, own=replica.keys.dpk, team=replica.team)
        if card.answer is Answer.COME and (self._is_known(card.dpk) or self._may_call()):
            is_new = tag not in self._tags.of(card.dpk)
            self.vouch(card.dpk, card.xpk, tag)
            self._on_beacon(card.dpk, is_new)

    def _may_call(self) -> bool:
        """Return whether one more stranger may be called now: a card costs less than the dial it asks for."""
        now = time.monotonic()
        while self._called and now - self._called[0] > CALLS_WITHIN_S:
            self._called.popleft()
        if len(self._called) >= GUESTS_MAX:
            return False
        self._called.append(now)
        return True

    async def _answer(self, room: Room, tag: Tag, sender: DevicePk) -> None:
        """Say to one device that we are there too.

        It may have died and come back while our link to it still seems to stand: then we
        do not dial, and it has not heard of us. The holder of the recovery words, or a
        replica, may hold no record yet, and could not look a beacon up.
        """
        box = box_of(self._replica, sender)
        if box is not None and (is_root(self._replica, sender) or is_blind(self._replica, sender)):
            await self.give_card(tag, sender, box)
        else:
            await self._say_there(room, tag)

    async def _say_there(self, room: Room, tag: Tag) -> None:
        with contextlib.suppress(EnvlspError):
            await self._client.send(tag, self._beacon(room))

    def _was_let_in(self, dpk: DevicePk) -> bool:
        """Return whether this is another member's device, or one that was: it has to be told (A6)."""
        if dpk == self._replica.keys.dpk:
            return False
        if not self._is_known(dpk):
            self._replica.refresh()  # perhaps another process of ours has just let them in
        return self._is_known(dpk)

    def _is_known(self, dpk: DevicePk) -> bool:
        return is_known(self._replica, dpk) or dpk in self._guests


def _shown(room: Room) -> ShownRoom:
    return ShownRoom(room.id, lan_key(room.place.key, room.id), room.announces)
