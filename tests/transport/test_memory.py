from __future__ import annotations

import asyncio
import time

import pytest

from envlsp.errors import LinkClosed, Misuse
from envlsp.transport.api import MESSAGE_MAX_BYTES, NO_BINDING, Link
from envlsp.transport.memory import memory_pair
from envlsp.wire.limits import WINDOW_BYTES


async def test_messages_keep_their_order_both_ways() -> None:
    a, b = memory_pair()
    for number in range(5):
        await a.send(b"%d" % number)
        await b.send(b"-%d" % number)
    assert [await b.receive() for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert [await a.receive() for _ in range(5)] == [b"-0", b"-1", b"-2", b"-3", b"-4"]


async def test_it_is_a_link() -> None:
    a: Link
    b: Link
    a, b = memory_pair(binding=b"b" * 32)
    assert a.binding == b.binding == b"b" * 32
    assert a.path.kind == "direct"
    assert memory_pair()[0].binding == NO_BINDING == bytes(32)


async def test_send_waits_while_the_window_is_full() -> None:
    a, b = memory_pair()
    for _ in range(WINDOW_BYTES // MESSAGE_MAX_BYTES):
        await a.send(bytes(MESSAGE_MAX_BYTES))
    waiting = asyncio.create_task(a.send(b"more"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await b.receive()
    await asyncio.wait_for(waiting, 60)


async def test_closing_ends_both_directions_after_what_was_sent() -> None:
    a, b = memory_pair()
    await a.send(b"last")
    reading = asyncio.create_task(a.receive())
    await asyncio.sleep(0)
    await a.close()
    await a.close()
    await asyncio.wait_for(b.wait_closed(), 60)
    assert await b.receive() == b"last"
    for link in (a, b):
        with pytest.raises(LinkClosed):
            await link.receive()
        with pytest.raises(LinkClosed):
            await link.send(b"late")
    with pytest.raises(LinkClosed):
        await reading


async def test_closing_frees_a_blocked_sender() -> None:
    a, b = memory_pair()
    for _ in range(WINDOW_BYTES // MESSAGE_MAX_BYTES):
        await a.send(bytes(MESSAGE_MAX_BYTES))
    waiting = asyncio.create_task(a.send(b"more"))
    await asyncio.sleep(0.01)
    await b.close()
    with pytest.raises(LinkClosed):
        await waiting


async def test_a_message_that_is_too_long_is_misuse() -> None:
    a, _ = memory_pair()
    with pytest.raises(Misuse):
        await a.send(bytes(MESSAGE_MAX_BYTES + 1))


async def test_delay() -> None:
    a, b = memory_pair(delay_s=0.05)
    started = time.monotonic()
    await a.send(b"x")
    await a.send(b"y")
    assert [await b.receive(), await b.receive()] == [b"x", b"y"]
    assert 0.045 < time.monotonic() - started < 5
