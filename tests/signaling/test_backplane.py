"""Two server processes and a real Redis: to their clients they are one service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest
from websockets.asyncio.client import ClientConnection

from envlsp_signaling.limits import KIB
from envlsp_signaling.messages import Code, Verb
from tests.support.redis_server import RedisServer, redis_server
from tests.support.signaling import BLOB, ROOM, ServerProcess, hear, plain, process, tell

pytestmark = pytest.mark.slow

OTHER = b"o" * 16


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@contextlib.asynccontextmanager
async def two(redis: RedisServer, *options: str) -> AsyncIterator[tuple[ServerProcess, ServerProcess]]:
    """Yield two processes of one service, both ready."""
    words = ("--backplane", redis.url, *options)
    async with process(*words) as one, process(*words) as other:
        for server in (one, other):
            await until(lambda server=server: readiness(server) == "ready")
        yield one, other


def readiness(server: ServerProcess) -> str:
    return page(server.url.replace("ws://", "http://") + "/readyz")


def page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode().strip())
    except urllib.error.HTTPError as refused:
        return str(refused.read().decode().strip())


async def until(holds: object, within_s: float = 20.0) -> None:
    """Wait until something holds."""
    assert callable(holds)
    limit = time.monotonic() + within_s
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)


async def enter(*members: ClientConnection, room: bytes = ROOM) -> None:
    for member in members:
        await tell(member, Verb.SUB, room)
        assert (await hear(member))[:2] == [Verb.JOINED, room]


async def test_members_at_two_processes_talk(redis: RedisServer) -> None:
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await enter(alice, bob)
        await tell(alice, Verb.PUB, ROOM, BLOB)
        verb, room, tag, blob = await hear(bob)
        assert (verb, room, blob) == (Verb.MSG, ROOM, BLOB)
        await tell(bob, Verb.TO, tag, b"c" * KIB)
        verb, room, bobs_tag, blob = await hear(alice)
        assert (verb, room, blob) == (Verb.MSG, ROOM, b"c" * KIB)
        await tell(alice, Verb.TO, bobs_tag, b"d" * KIB)
        assert (await hear(bob))[3] == b"d" * KIB


async def test_messages_arrive_in_order_and_once_each(redis: RedisServer) -> None:
    async with (
        two(redis) as (one, other),
        plain(one.url) as alice,
        plain(other.url) as bob,
        plain(one.url) as carol,
    ):
        await enter(alice, bob, carol)
        for number in range(80):
            await tell(alice, Verb.PUB, ROOM, bytes((number,)) * KIB)
        for member in (bob, carol):
            assert [(await hear(member))[3] for _ in range(80)] == [bytes((n,)) * KIB for n in range(80)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(alice.recv(), 0.3)  # nobody hears oneself


async def test_what_is_said_right_after_joined_is_heard(redis: RedisServer) -> None:
    """JOINED means that Redis listens too: no first message is lost, however early it comes."""
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        for number in range(30):
            room = number.to_bytes(16, "big")
            await enter(alice, room=room)
            await enter(bob, room=room)
            await tell(bob, Verb.PUB, room, BLOB)
            assert (await hear(alice))[1] == room
            for member in (alice, bob):
                await tell(member, Verb.UNSUB, room)


async def test_leaving_and_coming_back_at_once_hears_everything(redis: RedisServer) -> None:
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await enter(bob)
        for _ in range(20):
            await enter(alice)
            await tell(bob, Verb.PUB, ROOM, BLOB)
            assert (await hear(alice))[0] == Verb.MSG
            await tell(alice, Verb.UNSUB, ROOM)


async def test_a_tag_of_a_room_one_is_not_in_does_not_exist(redis: RedisServer) -> None:
    async with (
        two(redis) as (one, other),
        plain(one.url) as alice,
        plain(other.url) as bob,
        plain(other.url) as eve,
    ):
        await enter(alice, bob)
        await enter(eve, room=OTHER)
        await tell(alice, Verb.PUB, ROOM, BLOB)
        tag = (await hear(bob))[2]
        await tell(eve, Verb.TO, tag, BLOB)
        assert await hear(eve) == [Verb.ERR, Code.NO_SUCH_TAG, Verb.TO]


async def test_a_mailbox_joins_two_processes(redis: RedisServer) -> None:
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await tell(alice, Verb.ALLOC)
        _, number = await hear(alice)
        await tell(bob, Verb.CLAIM, number)
        paired = await hear(bob)
        assert paired == await hear(alice)
        assert paired[:2] == [Verb.PAIRED, number]
        pipe = paired[2]
        await tell(bob, Verb.PUB, pipe, BLOB)
        assert await hear(alice) == [Verb.MSG, pipe, bytes(16), BLOB]
        await tell(alice, Verb.PUB, pipe, b"c" * KIB)
        assert await hear(bob) == [Verb.MSG, pipe, bytes(16), b"c" * KIB]
        await tell(bob, Verb.LEAVE, number)
        assert await hear(bob) == await hear(alice) == [Verb.GONE, number]


async def test_of_many_who_claim_at_once_one_comes_in(redis: RedisServer) -> None:
    async with two(redis) as (one, other), contextlib.AsyncExitStack() as people:
        alice = await people.enter_async_context(plain(one.url))
        await tell(alice, Verb.ALLOC)
        _, number = await hear(alice)
        places = [one.url, other.url] * 6
        strangers = [await people.enter_async_context(plain(url)) for url in places]
        await asyncio.gather(*(tell(stranger, Verb.CLAIM, number) for stranger in strangers))
        answers = [(await hear(stranger))[0] for stranger in strangers]
        assert (answers.count(Verb.ERR), answers.count(Verb.PAIRED)) == (11, 1)
        assert (await hear(alice))[0] == Verb.PAIRED


async def test_an_ended_mailbox_is_dead_at_every_process(redis: RedisServer) -> None:
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await tell(alice, Verb.ALLOC)
        _, number = await hear(alice)
        (key,) = redis.ask("KEYS", "*").split()
        await tell(alice, Verb.LEAVE, number)
        assert (await hear(alice))[0] == Verb.GONE
        await until(lambda: redis.ask("GET", key.decode()).strip() == b"-")
        await tell(bob, Verb.CLAIM, number)
        assert await hear(bob) == [Verb.ERR, Code.NO_SUCH_MAILBOX, Verb.CLAIM]


async def test_turn_is_for_those_with_company_at_any_process(redis: RedisServer) -> None:
    options = ("--turn-url", "turn:turn.example.org:3478")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVLSP_SIGNALING_TURN_SECRET", "north")
        async with two(redis, *options) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
            await enter(alice)
            await tell(alice, Verb.TURN)
            assert await hear(alice) == [Verb.ERR, Code.NOT_IN_ROOM, Verb.TURN]
            await enter(bob)
            await tell(alice, Verb.TURN)
            assert (await hear(alice))[0] == Verb.CREDENTIALS


async def test_redis_holds_no_room_and_nothing_that_stays(redis: RedisServer) -> None:
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await enter(alice, bob)
        await tell(alice, Verb.ALLOC)
        await hear(alice)
        await tell(alice, Verb.PUB, ROOM, BLOB)
        await hear(bob)
        channels, keys = redis.ask("PUBSUB", "CHANNELS"), redis.ask("KEYS", "*").split()
        assert channels.count(b"envlsp:r:") == 1
        assert ROOM not in channels
        assert ROOM.hex().encode() not in channels
        assert len(keys) == 1
        assert 0 < int(redis.ask("TTL", keys[0].decode())) <= 1200
    await until(lambda: not redis.ask("PUBSUB", "CHANNELS").strip())


async def test_the_process_of_the_other_party_dies(redis: RedisServer) -> None:
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await tell(alice, Verb.ALLOC)
        _, number = await hear(alice)
        await tell(bob, Verb.CLAIM, number)
        await hear(bob)
        await one.stop(signal.SIGKILL)
        assert await hear(bob) == [Verb.GONE, number]


async def test_redis_restarts(redis: RedisServer) -> None:
    """Without Redis the members of one process still talk; with it again, all do."""
    async with two(redis, "--metrics-listen", "127.0.0.1:0") as (one, other):
        async with plain(one.url) as alice, plain(one.url) as carol, plain(other.url) as bob:
            await enter(alice, bob, carol)
            redis.stop()
            await until(lambda: readiness(one) == readiness(other) == "backplane lost")
            await tell(alice, Verb.PUB, ROOM, BLOB)
            assert (await hear(carol))[3] == BLOB
            await tell(alice, Verb.ALLOC)
            assert await hear(alice) == [Verb.ERR, Code.UNAVAILABLE, Verb.ALLOC]
            await enter(carol, room=OTHER)
            redis.start()
            await until(lambda: readiness(one) == readiness(other) == "ready")
            await tell(alice, Verb.PUB, ROOM, b"c" * KIB)
            assert (await hear(bob))[3] == b"c" * KIB
            await enter(bob, room=OTHER)
            await tell(bob, Verb.PUB, OTHER, BLOB)
            assert (await hear(carol))[3] == b"c" * KIB
            assert (await hear(carol))[1] == OTHER
        await one.stop()
    assert b"backplane lost" in one.log
    assert b"Traceback" not in one.log


async def test_a_redis_that_hangs_is_noticed(redis: RedisServer) -> None:
    async with two(redis) as (one, other):
        redis.pause()
        await until(lambda: readiness(one) == readiness(other) == "backplane lost")
        redis.go_on()
        await until(lambda: readiness(one) == readiness(other) == "ready")


async def test_a_redis_with_a_password(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    redis.ask("CONFIG", "SET", "requirepass", "north")
    monkeypatch.setenv("ENVLSP_SIGNALING_BACKPLANE_PASSWORD", "north")
    async with two(redis) as (one, other), plain(one.url) as alice, plain(other.url) as bob:
        await enter(alice, bob)
        await tell(alice, Verb.PUB, ROOM, BLOB)
        assert (await hear(bob))[3] == BLOB
        await one.stop()
    assert b"north" not in one.log
    assert json.dumps("north").encode() not in other.log
