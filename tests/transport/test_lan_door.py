"""The door of a LAN: a greeting that tells strangers nothing, and limits before everything."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from envlsp.crypto.lan import LanKey, filled, new_nonce
from envlsp.errors import NobodyReachable, SignalingUnreachable
from envlsp.transport import lan_door
from envlsp.transport.lan_door import (
    FRAMES_BURST,
    WAITING_MAX,
    WAITING_PER_ADDRESS_MAX,
    Door,
    Neighbour,
    knock,
)
from envlsp.transport.lan_networks import Network
from envlsp.wire.lan import HELLO_BYTES, MARKS_BYTES, NONCE_BYTES, Hello, encode_frame, encode_hello
from envlsp.wire.limits import KIB
from envlsp.wire.signaling_messages import RoomId

pytestmark = pytest.mark.slow

HERE = "127.0.0.1"
LOOPBACK = Network(1, (ipaddress.ip_interface("127.0.0.1/8"),))
ROOM, OLD, ALIEN = RoomId(b"r" * 16), RoomId(b"o" * 16), RoomId(b"a" * 16)
KEYS = {ROOM: LanKey(b"r" * 32), OLD: LanKey(b"o" * 32)}
BLOB = b"b" * KIB


class House:
    """A door, and whoever came in by it."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[Neighbour] = asyncio.Queue()
        self.all: list[Neighbour] = []
        self.door = Door(LOOPBACK, lambda: KEYS, self.welcome)

    def welcome(self, neighbour: Neighbour) -> None:
        self.all.append(neighbour)
        self.came.put_nowait(neighbour)

    async def knock(self, *offered: RoomId, keys: dict[RoomId, LanKey] | None = None) -> Neighbour:
        self.all.append(await knock(HERE, self.door.port, 4321, offered, keys or KEYS))
        return self.all[-1]

    async def stranger(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HERE, self.door.port)


@contextlib.asynccontextmanager
async def house() -> AsyncIterator[House]:
    made = House()
    await made.door.open()
    try:
        yield made
    finally:
        made.door.close()
        for neighbour in made.all:
            neighbour.close()


def play(scene: Coroutine[Any, Any, None]) -> None:
    async def within_time() -> None:
        async with asyncio.timeout(60):
            await scene
            while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110  (who is still being sent away)
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.05)  # connections end in the next round of the loop

    asyncio.run(within_time())


def test_two_who_share_a_room_hear_each_other_in_it() -> None:
    async def scene() -> None:
        async with house() as there:
            alice = await there.knock(ROOM)
            bob = await there.came.get()
            assert (alice.rooms, bob.rooms) == ({0: ROOM}, {0: ROOM})
            assert (alice.port, bob.port) == (there.door.port, 4321)
            alice.send(0, BLOB)
            bob.send(0, BLOB[::-1] * 4)
            assert await anext(bob.frames()) == (0, BLOB)
            assert await anext(alice.frames()) == (0, BLOB[::-1] * 4)

    play(scene())


def test_of_the_rooms_offered_only_those_that_both_are_in_are_shared() -> None:
    async def scene() -> None:
        async with house() as there:
            keys = {**KEYS, ALIEN: LanKey(b"a" * 32)}
            alice = await there.knock(ALIEN, OLD, keys=keys)
            bob = await there.came.get()
            assert (alice.rooms, bob.rooms) == ({1: OLD}, {1: OLD})

    play(scene())


def test_who_has_another_key_is_nobody() -> None:
    async def scene() -> None:
        async with house() as there:
            with pytest.raises(NobodyReachable):
                await there.knock(ROOM, keys={ROOM: LanKey(b"x" * 32)})
            assert there.came.empty()

    play(scene())


def test_a_stranger_gets_a_nonce_and_nothing_else() -> None:
    async def scene() -> None:
        async with house() as there:
            reader, writer = await there.stranger()
            assert len(await reader.readexactly(NONCE_BYTES)) == NONCE_BYTES
            writer.write(encode_hello(Hello(new_nonce(), 4321, filled([]))))
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            assert there.came.empty()
            writer.transport.abort()

    play(scene())


def test_what_somebody_else_said_at_a_door_opens_no_other() -> None:
    """A hello that was recorded is said again: the nonce of who listens is another."""

    async def scene() -> None:
        async with house() as there:
            recorded = bytearray()

            async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                theirs, to_them = await there.stranger()
                writer.write(await theirs.readexactly(NONCE_BYTES))
                recorded.extend(await reader.readexactly(HELLO_BYTES))
                to_them.write(recorded)
                writer.write(await theirs.readexactly(MARKS_BYTES))
                for one in (writer, to_them):
                    one.transport.abort()

            server = await asyncio.start_server(between, HERE, 0)
            port = server.sockets[0].getsockname()[1]
            (await knock(HERE, port, 4321, [ROOM], KEYS)).close()
            (await there.came.get()).close()
            reader, writer = await there.stranger()
            await reader.readexactly(NONCE_BYTES)
            writer.write(recorded)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            assert there.came.empty()
            writer.transport.abort()
            server.close()

    play(scene())


def test_who_listens_in_vain_for_a_proof_is_not_believed() -> None:
    """A forged poster leads to a door of Eve's: she learns nothing and is no neighbour."""

    async def scene() -> None:
        heard = bytearray()

        async def eve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(new_nonce())
            heard.extend(await reader.readexactly(HELLO_BYTES))
            writer.write(b"x" * MARKS_BYTES)
            await reader.read()
            writer.transport.abort()

        server = await asyncio.start_server(eve, HERE, 0)
        with pytest.raises(NobodyReachable):
            await knock(HERE, server.sockets[0].getsockname()[1], 4321, [ROOM], KEYS)
        assert bytes(ROOM) not in bytes(heard)
        server.close()

    play(scene())


def test_who_says_nothing_is_shut_out_or_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_door, "GREETING_S", 0.1)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.transport.abort()

    async def scene() -> None:
        async with house() as there:
            reader, writer = await there.stranger()
            with contextlib.suppress(ConnectionError):
                assert len(await reader.read()) <= NONCE_BYTES
            writer.transport.abort()
            silent = await asyncio.start_server(say_nothing, HERE, 0)
            with pytest.raises(NobodyReachable):
                await knock(HERE, silent.sockets[0].getsockname()[1], 4321, [ROOM], KEYS)
            silent.close()

    play(scene())


def test_a_crowd_from_one_address_is_a_few_and_those_come_in_who_can(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with house() as there:
            crowd = [await there.stranger() for _ in range(3 * WAITING_MAX)]
            await asyncio.sleep(0.2)
            assert len(there.door._waiting) <= WAITING_PER_ADDRESS_MAX
            with pytest.raises(NobodyReachable):
                await there.knock(ROOM)  # from the address of the crowd
            monkeypatch.setattr(lan_door, "WAITING_PER_ADDRESS_MAX", 9 * WAITING_MAX)  # as from many
            crowd += [await there.stranger() for _ in range(3 * WAITING_MAX)]
            await asyncio.sleep(0.2)
            assert len(there.door._waiting) <= WAITING_MAX
            (await there.knock(ROOM)).close()
            (await there.came.get()).close()
            for _, writer in crowd:
                writer.transport.abort()

    play(scene())


@pytest.mark.parametrize(
    "said",
    (
        pytest.param(bytes((1, 0)) + BLOB, id="a slot that is not shared"),
        pytest.param(bytes((9, 0)) + BLOB, id="no slot"),
        pytest.param(bytes((0, 7)) + BLOB, id="no size"),
        pytest.param(bytes((0, 0)) + BLOB[:-1], id="half a blob"),
        pytest.param(encode_frame(0, BLOB) * (int(FRAMES_BURST) + 50), id="too fast"),
    ),
)
def test_a_neighbour_that_breaks_the_rules_is_none_any_more(said: bytes) -> None:
    async def scene() -> None:
        async with house() as there:
            alice = await there.knock(ROOM)
            bob = await there.came.get()
            alice._writer.write(said)
            await alice._writer.drain()
            alice._writer.write_eof()
            frames = [blob async for _, blob in bob.frames()]
            assert len(frames) <= FRAMES_BURST + 20

    play(scene())


def test_who_reads_nothing_does_not_fill_our_memory() -> None:
    async def scene() -> None:
        async with house() as there:
            alice = await there.knock(ROOM)
            await there.came.get()

            def talk() -> None:
                for _ in range(10_000):
                    alice.send(0, b"b" * 16 * KIB)

            with pytest.raises(SignalingUnreachable):
                talk()

    play(scene())
