"""What comes into the room of a link from somebody who means harm."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from typing import cast as as_a

import pytest

from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds, prove
from envlsp.crypto.introductions import claim_of, seal_knock, seal_request
from envlsp.crypto.rendezvous import RoomKey, days_at, invite_room_id
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.domain.ledger.records import Admit, Role
from envlsp.service.access import roles
from envlsp.service.joining import couriers
from envlsp.service.joining.couriers import Couriers
from envlsp.service.joining.invitations import Made, Terms, make_link
from envlsp.service.network.rooms import Kind, Place, Room
from envlsp.wire.introductions import Answer, JoinRequest, from_link_text_untrusted
from envlsp.wire.signaling_messages import Tag
from tests.support.cast import Actor, Cast, give, meet

if TYPE_CHECKING:
    from envlsp.service.network.meeting import Meeting

TAG = Tag(b"t" * 8)


class Heard:
    """Stands for the meeting: keeps whom a courier vouches for, and what it says."""

    def __init__(self) -> None:
        self.vouched: list[DevicePk] = []
        self.answers: list[Answer] = []

    def vouch(self, dpk: DevicePk, _xpk: BoxPk, _tag: Tag) -> None:
        self.vouched.append(dpk)

    def unvouch(self, dpk: DevicePk) -> None:
        self.vouched = [other for other in self.vouched if other != dpk]

    async def give_card(self, _tag: Tag, _to: DevicePk, _box: BoxPk, answer: Answer) -> None:
        self.answers.append(answer)


class Visit:
    """Somebody with a link, at the door of one courier."""

    def __init__(self, courier: Actor, made: Made, teammates: int = 0) -> None:
        self.replica, self.heard = courier.replica, Heard()
        self.link = from_link_text_untrusted(made.text)
        self.keys: DeviceKeys = device_keys(*new_seeds())
        self.door = Couriers(self.replica, as_a("Meeting", self.heard), lambda: teammates)

    def knock(self) -> bytes:
        return seal_knock(self.link, self.keys, self.room.id, self.replica.now())

    @property
    def room(self) -> Room:
        key = claim_of(self.link).inv_pk
        identity = invite_room_id(key, days_at(self.replica.now())[0])
        return Room(identity, Place(Kind.LINK, RoomKey(key), invite=self.link.invite), announces=False)

    def request(self) -> bytes:
        to, keys = self.replica.keys, self.keys
        pop = prove(keys, self.replica.team, PopPurpose.JOIN)
        who = (self.replica.team, keys.dpk, to.dpk, self.link.invite, self.replica.now(), pop, "Eve", "pc")
        return seal_request(JoinRequest(*who), keys.sign, to.xpk)

    async def come(self, requests: int = 1) -> None:
        await self.door.hear(self.room, TAG, self.knock())
        for _ in range(requests):
            await self.door.hear(self.room, TAG, self.request())
        await asyncio.sleep(0)

    def is_in(self) -> bool:
        return self.replica.state.is_active(self.keys.dpk)


def link(inviter: Actor, uses: int = 1) -> Made:
    role, terms = Role.DEVELOPER, Terms("", None, "")
    return make_link(inviter.replica, role, terms, uses=uses, server="ws://a", members_max=10)


def test_a_link_by_a_suspect_gets_no_key_from_who_does_not_trust_them(cast: Cast) -> None:
    """Bob removed Alice; a late record brings her back. Her old link must not bring keys to its holder."""
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    made = link(alice)
    meet(alice, bob, carol)
    roles.revoke(bob.replica, bob.team.releases, [alice.user])
    give(bob, carol)
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    give(alice, carol)
    assert {one.device for one in carol.replica.suspects} == {alice.replica.keys.dpk}
    assert carol.replica.state.invites[made.id].live

    visit = Visit(carol, made)
    asyncio.run(visit.come())
    assert (visit.heard.vouched, visit.heard.answers, visit.is_in()) == ([], [], False)

    carol.replica.tombstones.confirm([alice.replica.keys.dpk])
    visit = Visit(carol, made)
    asyncio.run(visit.come())
    assert visit.is_in()


def test_a_flood_of_requests_is_one_decision(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    monkeypatch.setattr(couriers, "HESITATE_S", 0.02)
    made = link(alice)
    meet(alice, bob)
    visit = Visit(bob, made, teammates=1)

    async def flood() -> int:
        await visit.come(requests=50)
        waiting = len(visit.door._tasks)
        await asyncio.gather(*visit.door._tasks)
        return waiting

    assert asyncio.run(flood()) == 1
    assert visit.is_in()
    admits = [r for r in bob.replica.ledger.auth_records() if isinstance(r.header.pub, Admit)]
    assert len(admits) == 1


def test_what_was_said_for_another_link_or_team_opens_no_door(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    first, second = link(alice), link(alice)
    meet(alice, bob)
    here, there = Visit(bob, first), Visit(bob, second)
    there.keys = here.keys

    async def replay() -> None:
        await there.door.hear(there.room, TAG, here.knock())
        await there.door.hear(there.room, TAG, here.request())
        await there.door.hear(there.room, TAG, there.knock())
        await there.door.hear(there.room, TAG, here.request())
        await asyncio.sleep(0)

    asyncio.run(replay())
    assert there.heard.vouched == [there.keys.dpk], "it has both links"
    assert not there.is_in(), "a request is for one link, and was not for this room's"


def test_nobody_is_let_in_by_who_is_no_developer(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    made = link(alice)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.VIEWER)
    meet(alice, bob)
    visit = Visit(bob, made)
    asyncio.run(visit.come())
    assert (visit.heard.vouched, visit.is_in()) == ([], False)
