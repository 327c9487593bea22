"""What a joiner hears in the room of a link from members, and others, who mean harm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from typing import cast as as_a

import pytest

from envlsp.crypto.device import DeviceKeys, device_keys, new_seeds
from envlsp.crypto.introductions import seal_card
from envlsp.domain.ids import TeamId
from envlsp.domain.ledger.records import Role
from envlsp.errors import NobodyReachable
from envlsp.service.joining.invitations import Terms, make_link
from envlsp.service.joining.link_visit import CARDS_MAX, TRIES_MAX, LinkVisit
from envlsp.service.people import parse_person
from envlsp.service.replica import Replica
from envlsp.store.team import TeamStore
from envlsp.wire.introductions import Answer, Card, from_link_text_untrusted
from envlsp.wire.signaling_messages import Tag
from tests.support.cast import Cast

if TYPE_CHECKING:
    from envlsp.transport.signaling_client import SignalingClient

TAG = Tag(b"t" * 8)


class Visit(LinkVisit):
    """A stay where nobody who answers can be reached; keeps who was dialled."""

    def start(self, eve: list[DeviceKeys], *, again: bool) -> None:
        self.eve, self.again, self.dialled = eve, again, list[bytes]()
        for keys in eve:
            self._hear(TAG, self.card(keys))

    def card(self, sender: DeviceKeys, team: TeamId | None = None) -> bytes:
        own = self._keys
        card = Card(team or self._link.team, sender.dpk, sender.xpk, own.dpk, 1, Answer.COME)
        return seal_card(card, sender.sign, own.xpk)

    async def _ask(self, card: Card, _tag: Tag) -> None:
        self.dialled.append(card.dpk)
        await asyncio.sleep(0.005)
        if self.again:
            fresh = device_keys(*new_seeds())
            self._hear(TAG, self.card(fresh))
        raise NobodyReachable


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    cast = Cast(tmp_path)
    (alice,) = cast.team()
    terms = Terms("", None, "")
    made = make_link(alice.replica, Role.VIEWER, terms, uses=1, server="ws://a", members_max=10)
    keys = device_keys(*new_seeds())
    store = TeamStore(str(tmp_path / "joining"), b"l" * 32, keys.dpk)
    replica = Replica(alice.replica.team, keys, store, lambda: 1.0)
    link = from_link_text_untrusted(made.text)
    client = as_a("SignalingClient", None)
    yield Visit(client, replica, link, parse_person("Carol <carol@example.com>", "pc"))
    store.close()
    cast.close()


def test_cards_without_end_keep_nobody_dialling_beyond_their_time(visit: Visit) -> None:
    """Eve is in the room: for each dial that fails she has another card, by another key."""
    visit.start([device_keys(*new_seeds()) for _ in range(4)], again=True)

    async def come() -> None:
        with pytest.raises(NobodyReachable):
            await visit.get_in(0.05)

    asyncio.run(asyncio.wait_for(come(), 5))
    assert len(visit.dialled) < 40


def test_one_key_is_dialled_a_few_times_and_no_more(visit: Visit) -> None:
    eve = device_keys(*new_seeds())
    visit.start([eve] * (2 * CARDS_MAX), again=False)

    async def come() -> None:
        with pytest.raises(NobodyReachable):
            await visit.get_in(0.3)

    asyncio.run(come())
    assert visit.dialled == [eve.dpk] * TRIES_MAX


def test_a_card_of_another_team_or_by_other_hands_is_not_heard(visit: Visit) -> None:
    eve, mallory = device_keys(*new_seeds()), device_keys(*new_seeds())
    visit.start([], again=False)
    visit._hear(TAG, visit.card(eve, TeamId(b"e" * 32)))
    forged = DeviceKeys(mallory.sign, eve.box)
    blob = seal_card(
        Card(visit._link.team, mallory.dpk, eve.xpk, mallory.dpk, 1, Answer.COME),
        forged.sign,
        visit._keys.xpk,
    )
    visit._hear(TAG, blob)
    assert visit._cards.empty()
