"""A Redis that is none, or that somebody has taken over: the server goes on alone, and comes back."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from envlsp_signaling import redis_backplane
from envlsp_signaling.news import News, ServerId
from envlsp_signaling.redis_backplane import RedisBackplane

pytestmark = pytest.mark.slow

SUBSCRIBED = b"*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"
SAID = b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n"


@pytest.mark.parametrize(
    "answer",
    (
        b":x\r\n",
        b"*1\r\n$1\r\nx\r\n",
        b"*3\r\n*0\r\n*0\r\n*0\r\n",
        SAID + b":5\r\n",
        SAID + b"$3\r\nxyz\r\n",
        SUBSCRIBED + SAID + b"*0\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ),
)
async def test_nonsense_does_not_end_the_way_to_the_others(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_backplane, "BACKOFF_S", (0.01, 0.02))
    monkeypatch.setattr(redis_backplane, "SILENCE_S", 0.1)
    came, again, heard = 0, asyncio.Event(), list[News]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        if came == 5:
            again.set()
        with contextlib.suppress(OSError):
            while await reader.read(4096):
                writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        backplane = RedisBackplane(url, ServerId(b"s" * 16), reserved_s=10)
        await backplane.start(lambda _server, news: heard.append(news), lambda _server: None)
        try:
            await asyncio.wait_for(again.wait(), 60)
        finally:
            await backplane.stop()
    assert not heard
