"""Attacks 39 and 41 over real data channels, against real stores: Eve in between, and Eve a member."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import pytest

from envlsp.crypto.handshake import Setup, Side, side_of
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.domain.ledger.records import RecordType
from envlsp.errors import HandshakeFailed, LinkClosed
from envlsp.service.access import roles
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.sync.effects import PeerProved, RecordsWithheld
from envlsp.sync.states import State
from envlsp.transport.api import Link
from envlsp.transport.webrtc import WebRtcLink
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB
from envlsp.wire.messages import Announce, CloseCode, Done, Heads, Message, Progress, Records, Vector, Want
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.eve import forge
from tests.support.eve_online import Eve, pump, until
from tests.support.links import close_all, loopback_pair

pytestmark = pytest.mark.slow

SOON_S = 60.0


@pytest.fixture
def people(cast: Cast) -> tuple[Actor, Actor, Actor]:
    """Alice, Bob and Eve of one team; Alice has a release that nobody else has."""
    alice, bob, eve = cast.team("bob", "eve")
    alice.push(FIRST_FILE + b"NEWS=1\n")
    return alice, bob, eve


def dpk(actor: Actor) -> DevicePk:
    return actor.replica.keys.dpk


class Watched:
    """A peer's loop, and what it told."""

    def __init__(self, link: Link, actor: Actor, peer: DevicePk) -> None:
        self.log: list[object] = []
        self.loop = PeerLoop(link, actor.replica, peer, self.log.append)

    def happened(self, kind: type[object]) -> int:
        return sum(isinstance(effect, kind) for effect in self.log)

    async def end(self) -> CloseCode:
        async with asyncio.timeout(SOON_S):
            return await self.loop.run()


class Taped:
    """A link that keeps what was sent over it."""

    def __init__(self, link: WebRtcLink) -> None:
        self._link = link
        self.sent: list[bytes] = []
        self.binding, self.path = link.binding, link.path
        self.receive, self.close, self.wait_closed = link.receive, link.close, link.wait_closed

    async def send(self, message: bytes) -> None:
        self.sent.append(message)
        await self._link.send(message)


def setup_of(eve: Actor, victim: Actor, link: Link) -> Setup:
    side = side_of(dpk(eve), dpk(victim))
    return Setup(eve.replica.team, eve.replica.keys.sign, side, link.binding, dpk(victim))


# --- 39 --------------------------------------------------------------------------------------


def another_version(hello: bytes) -> bytes:
    match decode_untrusted(hello, limit_bytes=2 * KIB):
        case ["envlsp", int(lowest), int(highest), *keys]:
            return encode(["envlsp", lowest, highest + 1, *keys])
    return hello


@pytest.mark.parametrize("alter", (bytes, another_version), ids=("certificates", "versions too"))
async def test_case_39_who_swaps_the_certificates_hears_nothing(
    people: tuple[Actor, Actor, Actor], alter: Callable[[bytes], bytes]
) -> None:
    alice, bob, _ = people
    before = len(bob.replica.ledger)
    (to_alice, eves), (eves_other, to_bob) = await loopback_pair(), await loopback_pair()
    assert to_alice.binding != to_bob.binding
    ends = Watched(to_alice, alice, dpk(bob)), Watched(to_bob, bob, dpk(alice))
    pumps = asyncio.gather(pump(eves, eves_other, alter), pump(eves_other, eves, alter))
    codes = await asyncio.gather(*(end.end() for end in ends))
    await pumps
    await close_all(to_alice, eves, eves_other, to_bob)
    assert set(codes) <= {CloseCode.HANDSHAKE, CloseCode.LOST}
    assert CloseCode.HANDSHAKE in codes
    assert not any(end.happened(PeerProved) for end in ends)
    assert len(bob.replica.ledger) == before


async def test_case_39_a_session_cannot_be_played_again(people: tuple[Actor, Actor, Actor]) -> None:
    alice, bob, _ = people
    a, b = await loopback_pair()
    tape = Taped(a)
    ends = Watched(tape, alice, dpk(bob)), Watched(b, bob, dpk(alice))
    running = [asyncio.create_task(end.end()) for end in ends]
    await in_step(*ends)
    ends[0].loop.leave()
    await asyncio.gather(*running)
    await close_all(a, b)
    eves, to_bob = await loopback_pair()
    late = Watched(to_bob, bob, dpk(alice))
    ending = asyncio.create_task(late.end())
    with contextlib.suppress(LinkClosed):
        for message in tape.sent:
            await eves.send(message)
    assert await ending is CloseCode.HANDSHAKE
    assert not late.happened(PeerProved)
    await close_all(eves, to_bob)


@pytest.mark.parametrize("speaks_first", (True, False))
async def test_case_39_what_is_reflected_proves_nothing(
    people: tuple[Actor, Actor, Actor], speaks_first: bool
) -> None:
    low, high = sorted(people[:2], key=dpk)
    victim, pretended = (low, high) if speaks_first else (high, low)
    eves, to_victim = await loopback_pair()
    end = Watched(to_victim, victim, dpk(pretended))
    ending = asyncio.create_task(end.end())
    if not speaks_first:  # it waits for a first message, and anybody can make one
        stranger = Setup(victim.replica.team, people[2].replica.keys.sign, Side.A, eves.binding)
        hello = Eve(eves, stranger)._handshake.start()
        assert hello is not None
        await eves.send(hello)
    await eves.send(await eves.receive())
    assert await ending is CloseCode.HANDSHAKE
    assert not end.happened(PeerProved)
    await close_all(eves, to_victim)


async def test_case_39_a_device_that_thinks_of_another_team_is_nobody(
    people: tuple[Actor, Actor, Actor],
) -> None:
    alice, bob, _ = people
    eves, to_alice = await loopback_pair()
    end = Watched(to_alice, alice, dpk(bob))
    ending = asyncio.create_task(end.end())
    other = dataclasses.replace(setup_of(bob, alice, eves), team=TeamId(os.urandom(32)))
    with contextlib.suppress(HandshakeFailed, LinkClosed):
        await Eve(eves, other).prove()
    await eves.close()
    assert await ending in (CloseCode.HANDSHAKE, CloseCode.LOST)
    await close_all(eves, to_alice)
    assert not end.happened(PeerProved)


async def test_case_39_a_removed_member_gets_who_is_who_and_no_release(
    people: tuple[Actor, Actor, Actor],
) -> None:
    alice, bob, _ = people
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    release = alice.push(FIRST_FILE + b"NEWS=2\n").release.id
    a, b = await loopback_pair()
    ends = Watched(a, alice, dpk(bob)), Watched(b, bob, dpk(alice))
    codes = await asyncio.gather(*(end.end() for end in ends))
    await close_all(a, b)
    assert codes[0] is CloseCode.REVOKED
    assert RecordId(bytes.fromhex(release)) not in bob.replica.ledger


# --- 41 --------------------------------------------------------------------------------------


@contextmanager
def told(watched: Watched, actor: Actor) -> Iterator[None]:
    """Tell a loop what its store has got, as the node does."""
    actor.replica.on_change.append(watched.loop.local_change)
    try:
        yield
    finally:
        actor.replica.on_change.remove(watched.loop.local_change)


async def in_step(*ends: Watched) -> None:
    await until(lambda: all(end.loop.session.state is State.IN_STEP for end in ends))


class Scene:
    """Alice linked with Bob and with Eve, who is a member and has proved it."""

    def __init__(self, people: tuple[Actor, Actor, Actor]) -> None:
        self.alice, self.bob, self.mallory = people
        self.before = len(self.alice.replica.ledger)

    async def __aenter__(self) -> Self:
        (a, b), (to_alice, eves) = await loopback_pair(), await loopback_pair()
        self._links = (a, b, to_alice, eves)
        self.with_bob, self.bobs = (
            Watched(a, self.alice, dpk(self.bob)),
            Watched(b, self.bob, dpk(self.alice)),
        )
        self.with_eve = Watched(to_alice, self.alice, dpk(self.mallory))
        self._running: list[asyncio.Task[Any]] = [
            asyncio.create_task(end.end()) for end in (self.with_bob, self.bobs)
        ]
        self.ending = asyncio.create_task(self.with_eve.end())
        self.eve = Eve(eves, setup_of(self.mallory, self.alice, eves))
        await self.eve.prove()
        self._running.append(asyncio.create_task(self.eve.listen()))
        await in_step(self.with_bob, self.bobs)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Show that Bob was not hurt: what Alice pushes now reaches him over the link of before."""
        with told(self.with_bob, self.alice):
            pushed = RecordId(bytes.fromhex(self.alice.push(FIRST_FILE + b"AFTER=1\n").release.id))
            await until(lambda: pushed in self.bob.replica.ledger)
        await in_step(self.with_bob, self.bobs)
        self.with_bob.loop.leave()
        await self.eve.link.close()
        await asyncio.gather(self.ending, *self._running)
        await close_all(*self._links)

    def orphan(self, number: int) -> bytes:
        """Return a record of Eve's, in order and signed by her, upon a parent that nobody has."""
        own = self.mallory.replica
        release = next(one for one in own.ledger.records() if one.header.type == RecordType.RELEASE)
        parents = (RecordId(number.to_bytes(32, "big")),)
        header = dataclasses.replace(release.header, author=own.keys.dpk, seq=number + 1, parents=parents)
        return forge(own.keys.sign, header, bytes(64))

    async def flood(self, *messages: Message) -> None:
        """Say it all, or as much as Alice listens to."""
        with contextlib.suppress(LinkClosed):
            for message in messages:
                await self.eve.say(message)


async def test_case_41_a_lying_vector_is_served_and_harms_nobody(people: tuple[Actor, Actor, Actor]) -> None:
    async with Scene(people) as scene:
        await scene.eve.until(Heads)
        await scene.eve.say(Vector((Progress(dpk(scene.bob)[:8], 2**53, bytes(8)),)))
        await scene.eve.until(Done)
        assert scene.with_eve.loop.session.state is not State.CLOSED


async def test_case_41_orphans_without_end_end_the_session(people: tuple[Actor, Actor, Actor]) -> None:
    async with Scene(people) as scene:
        await scene.eve.until(Heads)
        await scene.eve.say(Heads((RecordId(bytes(32)),), 1, ()))
        await scene.eve.until(Vector)
        orphans = [scene.orphan(number) for number in range(4_700)]  # more than are held, and let go
        await scene.flood(*(Records(tuple(orphans[n : n + 100])) for n in range(0, len(orphans), 100)))
        assert await scene.ending is CloseCode.LIMIT
        assert len(scene.alice.replica.ledger) == scene.before


async def test_case_41_of_a_flood_of_bad_records_the_first_is_the_last(
    people: tuple[Actor, Actor, Actor],
) -> None:
    async with Scene(people) as scene:
        await scene.eve.until(Heads)
        await scene.eve.say(Heads((RecordId(bytes(32)),), 1, ()))
        await scene.eve.until(Vector)
        bad = scene.orphan(1)[:-1] + b"\x00"
        await scene.flood(*[Records((bad,) * 200)] * 500)  # 10^5 of them
        assert await scene.ending is CloseCode.BAD_RECORD
        assert len(scene.alice.replica.ledger) == scene.before


async def test_case_41_a_parent_that_is_withheld_is_named(people: tuple[Actor, Actor, Actor]) -> None:
    async with Scene(people) as scene:
        await scene.eve.until(Heads)
        hidden = RecordId(os.urandom(32))
        await scene.eve.say(Announce((hidden,)))
        assert await scene.eve.until(Want) == Want((hidden,))
        await scene.eve.say(Done())
        await until(lambda: scene.with_eve.happened(RecordsWithheld) > 0)
        assert scene.with_eve.loop.session.state is not State.CLOSED
