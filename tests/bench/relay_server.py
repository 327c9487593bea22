"""`python -m tests.bench.relay_server bare|ours|redis://…`: a relay to be measured; prints its port.

`bare` is what anybody pays who relays frames with the same library: rooms by the first bytes
of a frame, no limits, no decoding. `ours` is the signaling server with limits that let a single
machine load it; an address makes it one of several processes.
"""

from __future__ import annotations

import asyncio
import resource
import secrets
import sys

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from envlsp_signaling.limits import FRAME_MAX_BYTES, Limits
from envlsp_signaling.news import ServerId
from envlsp_signaling.redis_backplane import RedisBackplane
from envlsp_signaling.server import PING_S, SignalingServer

MANY = 1 << 40
LIMITS = Limits(
    connections=20_000,
    connections_per_address=20_000,
    half_open=20_000,
    half_open_per_address=20_000,
    frames_per_s=1e9,
    frames_burst=MANY,
    bytes_per_s=1e12,
    bytes_burst=MANY,
    address_bytes_per_s=1e12,
    address_bytes_burst=MANY,
    queue_max_bytes=MANY,
)
HEAD = 2
ROOM = 20  # with its own two bytes of msgpack, behind the array's and the verb's


async def bare() -> int:
    """Serve the least that relays, and return the port."""
    rooms: dict[bytes, set[ServerConnection]] = {}

    async def relay(socket: ServerConnection) -> None:
        own: bytes | None = None
        try:
            async for frame in socket:
                assert isinstance(frame, bytes)
                if own is None:
                    own = frame[HEAD:ROOM]
                    rooms.setdefault(own, set()).add(socket)
                    await socket.send(frame)
                    continue
                for other in rooms[frame[HEAD:ROOM]]:
                    if other is not socket:
                        await other.send(frame)
        except ConnectionClosed:
            pass
        finally:
            if own is not None:
                rooms[own].discard(socket)

    server = await serve(
        relay, "127.0.0.1", 0, compression=None, max_size=FRAME_MAX_BYTES, ping_interval=PING_S, backlog=1024
    )
    return int(server.sockets[0].getsockname()[1])


async def main(kind: str) -> None:
    """Serve until killed."""
    if kind == "bare":
        port = await bare()
    else:
        back = None
        if kind != "ours":
            back = RedisBackplane(kind, ServerId(secrets.token_bytes(16)), reserved_s=1200)
        server = SignalingServer(LIMITS, backplane=back)
        port = await server.start("127.0.0.1", 0)
        for _ in range(200):
            if server.trouble() is None:
                break
            await asyncio.sleep(0.05)
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main(sys.argv[1]))
