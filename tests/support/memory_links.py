"""Two real replicas and the real session between them, over a link that stays in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from envlsp.crypto.handshake import NO_BINDING
from envlsp.errors import LinkClosed
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.service.network.witness import Witness
from envlsp.sync.states import State
from envlsp.transport.api import PairPath
from envlsp.wire.messages import CloseCode
from tests.support.cast import Actor

MEETING_MAX_S = 20.0


@dataclass
class MemoryLink:
    """One end; what it sends the other one receives."""

    inbox: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    peer: MemoryLink | None = None
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[bytes] = field(default_factory=list)
    binding: bytes = NO_BINDING

    @property
    def path(self) -> PairPath:
        raise AssertionError("nobody asks for the way of a link in memory")

    async def send(self, message: bytes) -> None:
        if self.closed.is_set() or self.peer is None or self.peer.closed.is_set():
            raise LinkClosed
        self.sent.append(message)
        self.peer.inbox.put_nowait(message)

    async def receive(self) -> bytes:
        message = await self.inbox.get()
        if message is None:
            self.closed.set()
            raise LinkClosed
        return message

    async def close(self) -> None:
        self.closed.set()
        if self.peer is not None:
            self.peer.inbox.put_nowait(None)

    async def wait_closed(self) -> None:
        await self.closed.wait()


def sync(one: Actor, other: Actor, *, limit_s: float = MEETING_MAX_S) -> tuple[CloseCode, CloseCode]:
    """Let two devices meet until they are in step or have parted; return how each of them ended."""
    return asyncio.run(asyncio.wait_for(_meet(one, other), limit_s))


async def _meet(one: Actor, other: Actor) -> tuple[CloseCode, CloseCode]:
    a, b = MemoryLink(), MemoryLink()
    a.peer, b.peer = b, a
    loops = (_loop(a, one, other), _loop(b, other, one))
    for loop, actor in zip(loops, (one, other), strict=True):
        actor.replica.on_change.append(loop.local_change)
    running = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        while not any(task.done() for task in running):
            await asyncio.sleep(0.01)
            if all(loop.session.state is State.IN_STEP and not loop.is_behind for loop in loops):
                loops[0].leave()
        first, second = await asyncio.gather(*running)
        return first, second
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for loop, actor in zip(loops, (one, other), strict=True):
            actor.replica.on_change.remove(loop.local_change)


def _loop(link: MemoryLink, actor: Actor, peer: Actor) -> PeerLoop:
    witness, dpk = Witness(actor.replica), peer.replica.keys.dpk
    return PeerLoop(link, actor.replica, dpk, lambda effect: witness.heard(dpk, effect))
