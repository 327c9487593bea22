"""What is said in rooms by whoever likes to say it: cards without end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from typing import cast as as_a

from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds
from envlsp.crypto.introductions import seal_card
from envlsp.crypto.primitives import random_bytes
from envlsp.domain.ids import TeamId
from envlsp.domain.ledger.records import Role
from envlsp.errors import CannotOpen, StoreBusy
from envlsp.service.access.removal import is_removed
from envlsp.service.joining.invitations import Terms, make_link
from envlsp.service.network.meeting import GUESTS_MAX, Meeting
from envlsp.service.network.rooms import Room
from envlsp.service.network.team_node import TeamNode
from envlsp.service.replica import Replica
from envlsp.service.replicas.allowed import allow
from envlsp.service.replicas.keeping import pairing_of
from envlsp.store.keyfile import DeviceSeeds
from envlsp.store.team import TeamStore
from envlsp.sync.effects import InSync
from envlsp.wire.introductions import Answer, Card
from envlsp.wire.replicas import to_pairing_text
from envlsp.wire.signaling_messages import Message, RoomId, Tag
from tests.support.cast import Actor, Cast

if TYPE_CHECKING:
    from envlsp.transport.meeting_point import MeetingPoint

SERVERS = ("ws://127.0.0.1:9",)


def card_for(target: Replica, sender: DeviceKeys, team: TeamId, answer: Answer = Answer.COME) -> bytes:
    card = Card(team, sender.dpk, sender.xpk, target.keys.dpk, target.now(), answer)
    return seal_card(card, sender.sign, target.keys.xpk)


def blind(alice: Actor, folder: Path) -> Replica:
    """A replica of Alice's team that holds no record yet."""
    keys = device_keys(*new_seeds())
    return Replica(alice.replica.team, keys, TeamStore(str(folder), b"l" * 32, keys.dpk), lambda: 1.0)


def test_a_flood_of_cards_leaves_a_few_to_call(cast: Cast, tmp_path: Path) -> None:
    """Somebody who was told a replica's string, or was in the team once, draws keys as fast as they can."""
    (alice,) = cast.team()
    replica = blind(alice, tmp_path / "blind")

    async def flood() -> tuple[int, int, int]:
        node = TeamNode(replica, SERVERS, b"r" * 32)
        meeting: Meeting = node._meeting
        for _ in range(4 * GUESTS_MAX):
            blob = card_for(replica, device_keys(*new_seeds()), replica.team)
            meeting._hear_card(Tag(random_bytes(8)), blob)
            called.update(node._dialer._plan._peers)
        try:
            return len(meeting._guests), len(meeting._tags), len(node._there.seen)
        finally:
            await node.close()

    called: set[bytes] = set()
    assert asyncio.run(flood()) == (GUESTS_MAX, GUESTS_MAX, GUESTS_MAX)
    assert len(called) == GUESTS_MAX
    replica.close()


def test_a_card_of_another_team_changes_nothing_for_who_has_one(cast: Cast, tmp_path: Path) -> None:
    """A replica that keeps a team is given no other one, and a refusal calls nobody."""
    (alice,) = cast.team()
    replica = blind(alice, tmp_path / "blind")
    eve = device_keys(*new_seeds())

    async def hear() -> tuple[int, int]:
        node = TeamNode(replica, SERVERS, b"r" * 32)
        for team, answer in ((TeamId(b"e" * 32), Answer.COME), (replica.team, Answer.USED)):
            blob = card_for(replica, eve, team, answer)
            with contextlib.suppress(CannotOpen):
                node._meeting._hear_card(Tag(b"t" * 8), blob)
        try:
            return len(node._meeting._guests), len(node._there.seen)
        finally:
            await node.close()

    assert asyncio.run(hear()) == (0, 0)
    replica.close()


def test_who_was_crowded_out_is_called_no_more(cast: Cast, tmp_path: Path) -> None:
    """Knocks take places too; who lost theirs is no reason to dial."""
    (alice,) = cast.team()
    replica = blind(alice, tmp_path / "blind")
    first = device_keys(*new_seeds())

    async def come() -> tuple[bool, bool]:
        node = TeamNode(replica, SERVERS, b"r" * 32)
        node._meeting._hear_card(Tag(b"t" * 8), card_for(replica, first, replica.team))
        was_there = first.dpk in node._there.seen
        for _ in range(GUESTS_MAX):
            keys = device_keys(*new_seeds())
            node._meeting.vouch(keys.dpk, keys.xpk, Tag(random_bytes(8)))
        await node.close()
        return was_there, first.dpk in node._there.seen or first.dpk in node._meeting._tags

    assert asyncio.run(come()) == (True, False)
    replica.close()


class Relay:
    """Stands for the connection: says the same thing over and over in the room of a link."""

    def __init__(self, blobs: int) -> None:
        self.rooms: list[RoomId] = []
        self.blobs = blobs

    async def subscribe(self, room: RoomId) -> None:
        self.rooms.append(room)

    async def show(self, _rooms: object) -> None: ...

    async def publish(self, _room: RoomId, _blob: bytes) -> None: ...

    async def messages(self) -> AsyncIterator[Message]:
        for _ in range(self.blobs):
            for room in self.rooms:
                yield Message(room, Tag(b"t" * 8), bytes(1024))


class Ajar:
    """A door behind which the disk is busy."""

    heard = 0

    async def hear(self, _room: Room, _tag: Tag, _blob: bytes) -> bool:
        self.heard += 1
        raise StoreBusy("ledger.db")


def test_a_disk_that_is_busy_for_one_message_ends_no_meeting(cast: Cast) -> None:
    (alice,) = cast.team()
    terms = Terms("", None, "")
    make_link(alice.replica, Role.VIEWER, terms, uses=1, server="ws://a", members_max=10)

    async def meet() -> int:
        client = as_a("MeetingPoint", Relay(3))
        meeting = Meeting(alice.replica, client, lambda *_: None, lambda *_: None)
        meeting.door = door = Ajar()
        await meeting.run()
        return door.heard

    assert asyncio.run(meet()) >= 3


def test_who_is_vouched_for_no_more_is_forgotten_unless_the_records_name_them(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    stranger, known = device_keys(*new_seeds()), bob.replica.keys

    async def come_and_go() -> tuple[bool, bool]:
        node = TeamNode(alice.replica, SERVERS)
        for keys in (stranger, known):
            node._meeting.vouch(keys.dpk, keys.xpk, Tag(b"t" * 8))
            node._meeting.unvouch(keys.dpk)
        tags = node._meeting._tags
        await node.close()
        return stranger.dpk in tags, known.dpk in tags

    assert asyncio.run(come_and_go()) == (False, True)


def test_a_replicas_word_neither_stops_a_member_nor_brings_one_back(cast: Cast) -> None:
    """Whoever runs a blind replica says that Alice was removed; only a teammate's word holds for that."""
    alice, bob = cast.team("bob")
    operator = pairing_of(DeviceSeeds(*new_seeds()))
    allow(alice.replica, to_pairing_text(operator), "nas")

    async def hear() -> tuple[bool, bool, bool, bool]:
        node = TeamNode(alice.replica, SERVERS)
        node._part(operator.dpk)
        by_operator = is_removed(alice.replica)
        node._part(bob.replica.keys.dpk)
        by_bob = is_removed(alice.replica)
        node._session_event(operator.dpk, InSync(()))
        after_operator = is_removed(alice.replica)
        node._session_event(bob.replica.keys.dpk, InSync(()))
        await node.close()
        return by_operator, by_bob, after_operator, is_removed(alice.replica)

    assert asyncio.run(hear()) == (False, True, True, False)
