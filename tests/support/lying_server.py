"""A signaling server that is not what it has to be, in one way at a time."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import MIB
from envlsp.wire.signaling_messages import SUBPROTOCOL, Verb

LOOPBACK: Final = "127.0.0.1"


class Liar:
    """Relays as the real one does, but for one thing.

    Args:
        way: `keeps` what was said, and hands it to whoever comes later; `alters` it; `asks`
            for something; is `silent`; or `honest`.
    """

    def __init__(self, way: str) -> None:
        self._way = way
        self._guests: list[ServerConnection] = []
        self._said: list[bytes] = []

    async def __call__(self, guest: ServerConnection) -> None:
        async for frame in guest:
            assert isinstance(frame, bytes)
            if self._way != "silent":
                await self._answer(guest, decode_untrusted(frame, limit_bytes=MIB))

    async def _answer(self, guest: ServerConnection, value: Any) -> None:
        match value:
            case [Verb.SUB, bytes() as room]:
                await guest.send(encode([Verb.JOINED, room, bytes(16)]))
                if guest not in self._guests:
                    self._guests.append(guest)
                    if self._way == "keeps":
                        for blob in self._said:
                            await guest.send(encode([Verb.MSG, room, bytes(16), blob]))
            case [Verb.PUB, bytes() as room, bytes() as blob]:
                self._said.append(blob)
                passed = bytes(len(blob)) if self._way == "alters" else blob
                for other in self._guests:
                    if other is not guest:
                        await other.send(encode([Verb.MSG, room, bytes(16), passed]))
            case [Verb.TURN]:
                await guest.send(encode([Verb.ERR, 8, Verb.TURN]))
                if self._way == "asks":
                    await guest.send(encode([Verb.GONE, 7]))


@asynccontextmanager
async def lying_server(
    way: str, *, status: int | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Yield the URL of such a server.

    Args:
        way: see `Liar`; `foreign` speaks another protocol.
        status: turn everybody away with it.
        tls: what it shows of itself.
    """

    def turn_away(socket: ServerConnection, _request: Request) -> Response | None:
        return None if status is None else socket.respond(status, "no\n")

    spoken = ["something.else"] if way == "foreign" else [SUBPROTOCOL]
    async with serve(
        Liar(way),
        LOOPBACK,
        0,
        ssl=tls,
        process_request=turn_away,
        subprotocols=[Subprotocol(word) for word in spoken],
        compression=None,
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"{'wss' if tls else 'ws'}://{LOOPBACK}:{port}"
