"""A LAN as a meeting place: who shares a room meets, whoever shows it and whoever only looks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from envlsp.crypto.lan import LanKey
from envlsp.errors import NobodyReachable, SignalingUnreachable
from envlsp.transport import lan as lan_module
from envlsp.transport.lan import Arrived, LanPoint, ShownRoom
from envlsp.transport.lan_discovery import Sighting
from envlsp.transport.meeting_point import Everywhere
from envlsp.transport.signaling_client import Connected, SignalingClient
from envlsp.wire.limits import KIB
from envlsp.wire.signaling_messages import Message, RoomId
from tests.support.lans import HERE, Board
from tests.support.signaling import serving

pytestmark = pytest.mark.slow

TEAM = ShownRoom(RoomId(b"t" * 16), LanKey(b"t" * 32), announces=True)
LISTENED = ShownRoom(TEAM.id, TEAM.key, announces=False)
OTHER = ShownRoom(RoomId(b"o" * 16), LanKey(b"o" * 32), announces=True)
BLOB = b"b" * KIB
NOON = 1_800_000_000.0
NOWHERE = "ws://127.0.0.1:9"


def play(scene: Callable[[Board], Awaitable[None]]) -> None:
    async def within_time() -> None:
        async with asyncio.timeout(60):
            await scene(Board())
        await asyncio.sleep(0.05)  # connections end in the next round of the loop

    asyncio.run(within_time())


@contextlib.asynccontextmanager
async def device(board: Board, *rooms: ShownRoom) -> AsyncIterator[LanPoint]:
    point = LanPoint(board.device(), lambda: NOON)
    await point.start()
    await point.show(rooms)
    try:
        yield point
    finally:
        await point.close()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  (what is waited for tells nobody)
        await asyncio.sleep(0.02)


async def next_of(point: LanPoint | Everywhere, kind: type) -> Any:
    async for event in point.messages():
        if isinstance(event, kind):
            return event
    raise AssertionError("it was closed")


def test_two_who_show_one_room_hear_each_other_over_one_connection() -> None:
    async def scene(board: Board) -> None:
        async with device(board, TEAM) as alice, device(board, TEAM, OTHER) as bob:
            arrived = await next_of(bob, Arrived)
            await next_of(alice, Arrived)
            assert arrived.room == TEAM.id
            await alice.publish(TEAM.id, BLOB)
            heard = await next_of(bob, Message)
            assert (heard.room, heard.tag, heard.blob) == (TEAM.id, arrived.tag, BLOB)
            await bob.send(heard.tag, BLOB * 4)
            assert (await next_of(alice, Message)).blob == BLOB * 4
            await asyncio.sleep(2.0)  # longer than the other side hesitates
            assert (len(alice._neighbours), len(bob._neighbours)) == (1, 1)

    play(scene)


def test_who_only_looks_finds_who_shows_the_room() -> None:
    """A removed device, or one that was away during a rotation, is looked for in older rooms."""

    async def scene(board: Board) -> None:
        async with device(board, TEAM), device(board, LISTENED, OTHER) as looking:
            assert (await next_of(looking, Arrived)).room == TEAM.id

    play(scene)


def test_who_shares_no_room_meets_nobody() -> None:
    async def scene(board: Board) -> None:
        async with device(board, TEAM) as alice, device(board, OTHER) as carol:
            await asyncio.sleep(0.3)
            assert not alice._neighbours
            assert not carol._neighbours
            await alice.publish(TEAM.id, BLOB)

    play(scene)


def test_who_is_nowhere_to_be_shown_hangs_no_poster() -> None:
    async def scene(board: Board) -> None:
        async with device(board, LISTENED) as alice:
            assert not board.posters
            await alice.show([TEAM])
            assert len(board.posters) == 1
            await alice.show([LISTENED])
            assert not board.posters

    play(scene)


def test_another_room_is_shown_at_once_and_the_old_neighbours_are_left() -> None:
    async def scene(board: Board) -> None:
        async with device(board, TEAM) as alice, device(board, TEAM) as bob:
            await next_of(alice, Arrived)
            await alice.show([OTHER])
            await until(lambda: not bob._neighbours)
            await bob.show([OTHER])
            assert (await next_of(alice, Arrived)).room == OTHER.id

    play(scene)


def test_posters_change_their_name_and_all_that_they_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan_module, "ROTATE_S", (0.05, 0.1))

    async def scene(board: Board) -> None:
        async with device(board, TEAM) as alice, device(board, TEAM) as bob:
            await next_of(alice, Arrived)
            shown = {poster.poster for poster in board.posters.values()}
            await until(lambda: len(board.every_name) > 8)
            assert len(set(board.every_name)) == len(board.every_name)
            later = {poster.poster for poster in board.posters.values()}
            assert {tag for one in shown for tag in one.tags}.isdisjoint(t for one in later for t in one.tags)
            await asyncio.sleep(0.3)
            assert (len(alice._neighbours), len(bob._neighbours)) == (1, 1), "nobody knocks anew for that"

    play(scene)


def test_a_neighbour_that_dies_is_reached_again_and_its_tag_is_good_no_more() -> None:
    async def scene(board: Board) -> None:
        async with device(board, TEAM) as alice, device(board, TEAM) as bob:
            first = await next_of(alice, Arrived)
            await next_of(bob, Arrived)
            bob._neighbours[0].close()
            second = await next_of(alice, Arrived)
            assert second.tag != first.tag
            with pytest.raises(NobodyReachable):
                await alice.send(first.tag, BLOB)

    play(scene)


def test_a_copied_poster_brings_no_stranger_in() -> None:
    """Eve shows Alice's tags as her own: Bob knocks at her door a few times, and that is all."""

    async def scene(board: Board) -> None:
        knocks = 0

        async def eve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal knocks
            knocks += 1
            writer.write(bytes(16))
            with contextlib.suppress(asyncio.IncompleteReadError):
                await reader.readexactly(146)
            writer.write(bytes(128))
            writer.transport.abort()

        server = await asyncio.start_server(eve, HERE, 0)
        async with device(board, TEAM) as alice, device(board, TEAM) as bob:
            await next_of(bob, Arrived)
            copied = next(iter(board.posters.values()))
            port = server.sockets[0].getsockname()[1]
            board.hang("eve", Sighting("0" * 16, (HERE,), port, copied.poster))
            await until(lambda: knocks > 0)
            assert (len(alice._neighbours), len(bob._neighbours)) == (1, 1)
            await alice.publish(TEAM.id, BLOB)
            assert (await next_of(bob, Message)).blob == BLOB
        server.close()

    play(scene)


# --- together with a server --------------------------------------------------------------------


def everywhere(board: Board | None, url: str | None = NOWHERE) -> Everywhere:
    client = SignalingClient(url, backoff_s=(0.05, 0.1)) if url else None
    return Everywhere(client, LanPoint(board.device(), lambda: NOON) if board else None)


@contextlib.asynccontextmanager
async def at(point: Everywhere, *rooms: ShownRoom) -> AsyncIterator[Everywhere]:
    try:
        await point.connect()
        for room in rooms:
            await point.subscribe(room.id)
        await point.show(rooms)
        yield point
    finally:
        await point.close()


@pytest.mark.parametrize("url", (NOWHERE, None), ids=("a server that is down", "no server"))
def test_the_lan_is_enough(url: str | None) -> None:
    async def scene(board: Board) -> None:
        async with at(everywhere(board, url), TEAM) as alice, at(everywhere(board, url), TEAM) as bob:
            assert alice.is_connected is (url is None)
            await next_of(alice, Arrived)
            await next_of(bob, Arrived)
            await alice.publish(TEAM.id, BLOB)
            heard = await next_of(bob, Message)
            await bob.send(heard.tag, BLOB)
            assert (await next_of(alice, Message)).blob == BLOB
            with contextlib.suppress(SignalingUnreachable):
                assert await alice.turn() is None

    play(scene)


@pytest.mark.parametrize("url", (NOWHERE, None), ids=("a server that is down", "no server"))
def test_without_a_lan_a_server_is_needed(url: str | None) -> None:
    async def scene(_: Board) -> None:
        point = everywhere(None, url)
        with pytest.raises(SignalingUnreachable):
            await point.connect()
        await point.close()

    play(scene)


def test_whoever_is_heard_by_the_server_and_on_the_lan_can_be_answered_both_ways() -> None:
    async def scene(board: Board) -> None:
        async with (
            serving() as url,
            at(everywhere(board, url), TEAM) as alice,
            at(everywhere(board, url), TEAM) as bob,
        ):
            await until(lambda: alice.is_connected and bob.is_connected)
            await next_of(alice, Arrived)
            await next_of(bob, Arrived)
            await alice.publish(TEAM.id, BLOB)
            heard = [await next_of(bob, Message) for _ in range(2)]
            assert len({one.tag for one in heard}) == 2
            for one in heard:
                await bob.send(one.tag, BLOB)
            assert len({(await next_of(alice, Message)).tag for _ in range(2)}) == 2

    play(scene)


def test_a_connection_that_is_another_has_other_tags() -> None:
    """Who was known by the old one is new: it has to be told again that we are there."""

    async def scene(board: Board) -> None:
        async with (
            serving() as url,
            at(everywhere(board, url), TEAM) as alice,
            at(everywhere(None, url), TEAM) as bob,
        ):
            await until(lambda: alice.is_connected)
            await next_of(alice, Connected)
            await bob.publish(TEAM.id, BLOB)
            before = await next_of(alice, Message)
            alice._forget(alice._client)  # type: ignore[arg-type]  # as a lost connection does
            with pytest.raises(NobodyReachable):
                await alice.send(before.tag, BLOB)
            await bob.publish(TEAM.id, BLOB)
            assert (await next_of(alice, Message)).tag != before.tag

    play(scene)
