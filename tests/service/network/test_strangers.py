"""Who may be a newcomer, and what those can do who only say so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import cast as as_a

import pytest

from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds
from envlsp.crypto.introductions import seal_card
from envlsp.crypto.primitives import random_bytes
from envlsp.crypto.rendezvous import SignalWriter, new_session, room_key, seal_beacon
from envlsp.domain.ids import BoxPk, DevicePk, TeamId
from envlsp.service.access import roles
from envlsp.service.network.meeting import Meeting
from envlsp.service.network.peering import has_heard_of_us
from envlsp.service.network.rooms import Kind, Room
from envlsp.service.network.strangers import (
    AT_ONCE_MAX,
    CARD_S,
    MEET_S,
    MINUTE_S,
    SHUNNED_MAX,
    SHUNNED_S,
    WITHIN_A_MINUTE_MAX,
    Strangers,
)
from envlsp.service.network.sync_port import SyncPort
from envlsp.wire.introductions import Answer, Card
from envlsp.wire.signaling_messages import RoomId, Tag
from envlsp.wire.signals import from_words
from tests.support.cast import Actor, Cast

if TYPE_CHECKING:
    from envlsp.transport.meeting_point import MeetingPoint

TAG, OTHER_TAG = Tag(b"t" * 8), Tag(b"o" * 8)


def who(number: int) -> DevicePk:
    return DevicePk(number.to_bytes(32, "big"))


BOX = BoxPk(b"x" * 32)

# --- how many, and for how long ----------------------------------------------------------------


def test_an_announcement_and_a_card_make_a_stranger_and_time_ends_it() -> None:
    strangers = Strangers()
    assert strangers.announced(who(1), TAG, 0)
    assert strangers.reach(who(1), 1) is None
    assert strangers.introduced(who(1), BOX, TAG, 1)
    assert strangers.reach(who(1), 2) == (TAG, BOX)
    assert strangers.is_meeting(2)
    assert strangers.reach(who(1), 2 + MEET_S) is None
    assert not strangers.announced(who(1), TAG, 3 + MEET_S), "it led to nothing"
    assert strangers.announced(who(1), TAG, 4 + MEET_S + SHUNNED_S)


def test_a_card_counts_after_an_announcement_and_from_the_same_place_only() -> None:
    strangers = Strangers()
    assert not strangers.introduced(who(1), BOX, TAG, 0)
    strangers.announced(who(1), TAG, 0)
    assert not strangers.introduced(who(1), BOX, OTHER_TAG, 1)
    assert not strangers.introduced(who(2), BOX, TAG, 1)
    assert not strangers.introduced(who(1), BOX, TAG, CARD_S + 1)
    assert strangers.order_of(who(1), 1) is None


def test_strangers_are_few_at_a_time_and_within_a_minute() -> None:
    strangers = Strangers()
    assert sum(strangers.announced(who(number), TAG, 0) for number in range(100)) == AT_ONCE_MAX
    answered = AT_ONCE_MAX
    for second in range(1, int(MINUTE_S)):
        answered += sum(strangers.announced(who(1000 * second + n), TAG, second) for n in range(20))
        answered += strangers.sought_us(who(1000 * second + 999), second)
    assert answered == WITHIN_A_MINUTE_MAX
    assert len(strangers._met) <= AT_ONCE_MAX
    assert strangers.announced(who(7), TAG, 2 * MINUTE_S)


def test_who_was_sent_away_is_left_alone_and_the_list_of_those_has_an_end() -> None:
    strangers = Strangers()
    for number in range(2 * SHUNNED_MAX):
        strangers.shun(who(number), 0)
    assert len(strangers._shunned) == SHUNNED_MAX
    assert not strangers.announced(who(2 * SHUNNED_MAX - 1), TAG, 1)
    assert not strangers.sought_us(who(2 * SHUNNED_MAX - 1), 1)


# --- at a meeting ------------------------------------------------------------------------------


@dataclass
class Post:
    """Stands for the connection: keeps what is sent, and to whom."""

    sent: list[Tag] = field(default_factory=list)

    async def subscribe(self, _room: RoomId) -> None: ...

    async def publish(self, _room: RoomId, _blob: bytes) -> None: ...

    async def show(self, _rooms: object) -> None: ...

    async def send(self, tag: Tag, _blob: bytes) -> None:
        self.sent.append(tag)


class Scene:
    """Alice's device in its rooms, and whoever likes to say something there."""

    def __init__(self, alice: Actor) -> None:
        self.alice, self.post = alice.replica, Post()
        self.called: list[DevicePk] = []
        self.signals: list[DevicePk] = []
        self.meeting = Meeting(
            self.alice,
            as_a("MeetingPoint", self.post),
            lambda dpk, _is_new: self.called.append(dpk),
            lambda dpk, *_: self.signals.append(dpk),
        )
        asyncio.run(self.meeting.enter())

    def room(self, *, newest: bool = True) -> Room:
        """Return the room of the newest epoch, or of an older one."""
        found = [room for room in self.meeting._rooms.values() if room.place.kind is Kind.TEAM]
        return next(room for room in found if room.place.is_newest == newest)

    def hear(self, blob: bytes, room: Room, tag: Tag = TAG) -> None:
        asyncio.run(self.meeting._hear(room, tag, blob))

    def beacon(self, keys: DeviceKeys, room: Room) -> bytes:
        return seal_beacon(keys.sign, room.place.key, room.id, self.alice.now())

    def card(self, keys: DeviceKeys, team: TeamId | None = None, answer: Answer = Answer.COME) -> bytes:
        to = self.alice.keys
        said = Card(team or self.alice.team, keys.dpk, keys.xpk, to.dpk, self.alice.now(), answer)
        return seal_card(said, keys.sign, to.xpk)

    def signal(self, keys: DeviceKeys) -> bytes:
        to = self.alice.keys
        writer = SignalWriter(keys.sign, self.alice.team, to.dpk, to.xpk, new_session())
        return writer.seal(from_words("dial", []))


def somebody() -> DeviceKeys:
    return device_keys(*new_seeds())


def test_a_newcomer_is_answered_and_never_called(cast: Cast) -> None:
    (alice,) = cast.team()
    scene, bob = Scene(alice), somebody()
    room = scene.room()
    scene.hear(scene.beacon(bob, room), room)
    assert scene.post.sent == [TAG]
    scene.hear(scene.card(bob), room)
    scene.hear(scene.signal(bob), room)
    assert (scene.signals, scene.called) == ([bob.dpk], [])
    asyncio.run(scene.meeting.send(bob.dpk, bytes(16), "dial", []))
    assert scene.post.sent == [TAG, TAG]


def test_what_a_stranger_said_before_says_nothing_again(cast: Cast) -> None:
    (alice,) = cast.team()
    scene, bob = Scene(alice), somebody()
    room, signal = scene.room(), scene.signal(bob)
    for blob in (scene.beacon(bob, room), scene.card(bob), signal, signal):
        scene.hear(blob, room)
    assert scene.signals == [bob.dpk]
    scene.meeting.met_stranger(bob.dpk)
    for blob in (scene.beacon(bob, room), scene.card(bob), signal):
        scene.hear(blob, room, OTHER_TAG)
    assert scene.signals == [bob.dpk], "nobody named it, so it is left alone"
    assert scene.post.sent == [TAG]


def test_a_stranger_without_the_rooms_key_is_nobody(cast: Cast) -> None:
    """A card and a signal need our key alone, which guests and replicas know too."""
    (alice,) = cast.team()
    scene, eve = Scene(alice), somebody()
    room = scene.room()
    scene.hear(scene.card(eve), room)
    assert scene.post.sent == []
    scene.hear(scene.signal(eve), room)
    assert scene.signals == []
    assert scene.post.sent == [TAG], "our beacon, which only the room's key opens"


def test_a_removed_device_has_no_use_of_the_key_it_still_has(cast: Cast) -> None:
    """Eve draws new keys and announces them in the room that she knows: nobody there is a newcomer."""
    alice, eve = cast.team("eve")
    olds = {room_key(key) for one in eve.replica.state.epochs if (key := eve.replica.ring.key_of(one))}
    roles.revoke(alice.replica, alice.team.releases, {eve.user})
    scene, puppet = Scene(alice), somebody()
    old = scene.room(newest=False)
    assert old.place.key in olds
    assert scene.room().place.key not in olds
    for blob in (scene.beacon(puppet, old), scene.card(puppet), scene.signal(puppet)):
        scene.hear(blob, old)
    assert (scene.signals, scene.post.sent) == ([], [])
    # Eve has the card heard in the right room as well, where she cannot announce herself.
    scene.hear(scene.card(puppet), scene.room())
    scene.hear(scene.signal(puppet), scene.room())
    assert scene.signals == []


def test_a_beacon_of_another_room_makes_nobody_a_stranger(cast: Cast) -> None:
    alice, eve = cast.team("eve")
    roles.revoke(alice.replica, alice.team.releases, {eve.user})
    scene, puppet = Scene(alice), somebody()
    old, new = scene.room(newest=False), scene.room()
    scene.hear(scene.beacon(puppet, old), new)
    assert scene.post.sent == []


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.COME])
def test_a_card_that_refuses_or_is_of_another_team_is_no_introduction(cast: Cast, answer: Answer) -> None:
    (alice,) = cast.team()
    scene, bob = Scene(alice), somebody()
    room = scene.room()
    scene.hear(scene.beacon(bob, room), room)
    scene.hear(scene.card(bob, answer=answer), room)
    scene.hear(scene.card(bob, TeamId(b"e" * 32)), room)
    scene.hear(scene.signal(bob), room)
    assert scene.signals == []


def test_a_flood_of_strangers_takes_no_place_of_a_teammate(cast: Cast) -> None:
    """Eve is in the team, and announces as many devices as she can draw keys for."""
    alice, bob = cast.team("bob")
    scene = Scene(alice)
    room = scene.room()
    for _ in range(50):
        puppet, tag = somebody(), Tag(random_bytes(8))
        for blob in (scene.beacon(puppet, room), scene.card(puppet), scene.signal(puppet)):
            scene.hear(blob, room, tag)
    assert len(scene.signals) == AT_ONCE_MAX
    assert len(scene.post.sent) <= WITHIN_A_MINUTE_MAX
    assert (scene.meeting._guests, scene.meeting._order._seen) == ({}, {})

    scene.post.sent.clear()
    scene.hear(scene.beacon(bob.replica.keys, room), room, OTHER_TAG)
    scene.hear(scene.signal(bob.replica.keys), room, OTHER_TAG)
    assert scene.called == [bob.replica.keys.dpk]
    assert scene.signals[AT_ONCE_MAX:] == [bob.replica.keys.dpk]
    assert OTHER_TAG in scene.post.sent


def test_a_card_is_given_to_whoever_has_not_said_that_it_knows_us(cast: Cast) -> None:
    alice, carol = cast.team("carol")
    bob = cast.join(alice, cast.actor("bob"))
    assert not has_heard_of_us(bob.replica, carol.replica.keys.dpk)
    _attest(carol, bob)
    assert not has_heard_of_us(bob.replica, carol.replica.keys.dpk), "she has, and was away then"
    carol.replica.receive(alice.raws())
    _attest(carol, bob)
    assert has_heard_of_us(bob.replica, carol.replica.keys.dpk)

    assert not has_heard_of_us(bob.replica, somebody().dpk)


def _attest(by: Actor, to: Actor) -> None:
    to.replica.store.peers.put_attestation(by.replica.keys.dpk, 1, SyncPort(by.replica)._own_attest())
