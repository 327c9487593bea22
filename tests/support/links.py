"""Links for tests: WebRTC over loopback in one process, without any server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from envlsp.errors import SignalingUnreachable
from envlsp.transport.api import IceServers, LinkOptions, SignalKind
from envlsp.wire.canonical import Value

if TYPE_CHECKING:
    from envlsp.transport.webrtc import Dial, WebRtcLink

LOOPBACK = LinkOptions(hosts=("127.0.0.1",))
NO_SERVERS = IceServers()


@dataclass
class LocalPipe:
    """One end of a signaling pipe that stays in the process. Keeps what it has sent."""

    inbox: asyncio.Queue[tuple[SignalKind, Value]] = field(default_factory=asyncio.Queue)
    peer: LocalPipe | None = None
    sent: list[tuple[SignalKind, Value]] = field(default_factory=list)
    broken: bool = False

    async def send(self, kind: SignalKind, params: Value) -> None:
        if self.broken:
            raise SignalingUnreachable
        self.sent.append((kind, params))
        if self.peer is not None:
            self.peer.inbox.put_nowait((kind, params))

    async def receive(self) -> tuple[SignalKind, Value]:
        if self.broken:
            raise SignalingUnreachable
        return await self.inbox.get()


def pipe_pair() -> tuple[LocalPipe, LocalPipe]:
    """Return two ends of one pipe."""
    a, b = LocalPipe(), LocalPipe()
    a.peer, b.peer = b, a
    return a, b


def dial_pair(
    options: LinkOptions = LOOPBACK, *, options_b: LinkOptions | None = None, servers: IceServers = NO_SERVERS
) -> tuple[Dial, Dial]:
    """Return two dials that will meet: A controls."""
    from envlsp.transport.webrtc import Dial

    pipe_a, pipe_b = pipe_pair()
    return (
        Dial(controlling=True, servers=servers, signals=pipe_a, options=options),
        Dial(controlling=False, servers=servers, signals=pipe_b, options=options_b or options),
    )


async def loopback_pair(
    options: LinkOptions = LOOPBACK, *, options_b: LinkOptions | None = None
) -> tuple[WebRtcLink, WebRtcLink]:
    """Return two open links, A and B, over 127.0.0.1. Close both: `await close_all(a, b)`."""
    a, b = dial_pair(options, options_b=options_b)
    return await asyncio.gather(a.open(), b.open())


async def close_all(*links: WebRtcLink) -> None:
    """Close links side by side, and let what they leave behind finish."""
    await asyncio.gather(*(link.close() for link in links))
    await asyncio.sleep(0)
