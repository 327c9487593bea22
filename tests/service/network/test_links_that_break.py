"""Megabytes over links that break: the next session goes on where the last one stopped (F.3)."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from envlsp.domain.ids import RecordId
from envlsp.errors import LinkClosed
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.sync.states import State
from envlsp.wire.limits import KIB, WINDOW_BYTES
from envlsp.wire.messages import CloseCode
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.memory_links import MemoryLink

pytestmark = pytest.mark.slow

RELEASES = 24
LITERAL_BYTES = 60_000
SOON_S = 60.0


class Breaking(MemoryLink):
    """A link that dies with the message after so many, and loses what was under way."""

    left: int = 1_000_000

    async def send(self, message: bytes) -> None:
        self.left -= 1
        if self.left < 0:
            await self.cut()
            raise LinkClosed
        await super().send(message)

    async def cut(self) -> None:
        for end in (self, self.peer):
            assert end is not None
            while not end.inbox.empty():
                end.inbox.get_nowait()
            end.inbox.put_nowait(None)


@pytest.fixture
def sent(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> tuple[Actor, Actor, Counter[RecordId]]:
    """Alice with megabytes that Bob lacks, and how often each record of hers was read to be sent."""
    alice, bob = cast.team("bob")
    for number in range(RELEASES):
        literal = f"{number:03d}".encode() * (LITERAL_BYTES // 3)
        alice.push(FIRST_FILE + b"BIG=" + literal + b"\n")
    counted: Counter[RecordId] = Counter()
    read = alice.replica.raw

    def raw(identity: RecordId) -> bytes:
        counted[identity] += 1
        return read(identity)

    monkeypatch.setattr(alice.replica, "raw", raw)
    return alice, bob, counted


async def session(alice: Actor, bob: Actor, messages: int | None) -> tuple[CloseCode, CloseCode]:
    """Let both talk until they are in step, or Alice has said so much."""
    a, b = Breaking(), Breaking()
    a.peer, b.peer = b, a
    if messages is not None:
        a.left = messages
    loops = (
        PeerLoop(a, alice.replica, bob.replica.keys.dpk, lambda _: None),
        PeerLoop(b, bob.replica, alice.replica.keys.dpk, lambda _: None),
    )
    running = [asyncio.create_task(loop.run()) for loop in loops]
    async with asyncio.timeout(SOON_S):
        while not any(task.done() for task in running):
            await asyncio.sleep(0.01)
            if all(loop.session.state is State.IN_STEP for loop in loops):
                loops[0].leave()
        first, second = await asyncio.gather(*running)
    return first, second


@pytest.mark.parametrize("cuts", ([40], [9, 30, 31, 5, 60], [3, 3, 3, 25, 25]))
async def test_a_large_transfer_goes_on_where_it_stopped(
    sent: tuple[Actor, Actor, Counter[RecordId]], cuts: list[int]
) -> None:
    alice, bob, counted = sent
    sizes = {record.id: len(alice.replica.raw(record.id)) for record in alice.replica.ledger.records()}
    lacking = set(sizes) - {record.id for record in bob.replica.ledger.records()}
    counted.clear()
    held = [len(bob.replica.ledger)]
    for messages in (*cuts, None):
        stored = {record.id for record in bob.replica.ledger.records()}
        before = counted.copy()
        codes = await session(alice, bob, messages)
        assert CloseCode.ORDERLY in codes if messages is None else codes == (CloseCode.LOST, CloseCode.LOST)
        again = (counted - before).keys() & stored
        assert not again, "a record that Bob had stored was sent to him again"
        held.append(len(bob.replica.ledger))
    assert held == sorted(held)
    assert held[-1] == len(sizes)
    assert max(held[:-1]) > held[0], "the test is about transfers that had begun"
    assert set(counted) == lacking
    useful = sum(sizes[identity] for identity in lacking)
    assert sum(sizes[identity] * times for identity, times in counted.items()) <= useful + len(cuts) * (
        WINDOW_BYTES + 2 * (LITERAL_BYTES + 16 * KIB)
    )
