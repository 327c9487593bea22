"""What both halves of a pairing stand on: the mailbox as a pipe, and the first link through it.

The first link is dialled through the mailbox, since the joiner holds no key of a room
yet; over it the records flow by an ordinary session. Refuses to know who is let in, and
as what: that is `inviting` and `joining`.

Spec: docs/protocol.md, "E.1 Primary: short code".
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from envlsp.domain.ids import DevicePk
from envlsp.errors import CodeRefused, NobodyReachable, SignalingUnreachable
from envlsp.service.facade import Service
from envlsp.service.network.peer_loop import PeerLoop
from envlsp.service.network.turn import find_servers, link_options
from envlsp.service.signaling_tokens import tokens_from
from envlsp.service.team import Team
from envlsp.sync import join as machine
from envlsp.sync.effects import Effect, InSync
from envlsp.sync.join import InviterJoin, JoinerJoin
from envlsp.transport.api import SignalKind
from envlsp.transport.mailbox import Mailbox
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import BLOB_MAX_BYTES

T = TypeVar("T")

CODE_LIFE_S = 600.0
"""How long a code can be used (PROTOCOL E.1): the server ends its mailbox then."""
LEAVE_S = 5.0
SYNC_S = 60.0
"""How long the first sync may take once the code has matched."""


class Pipe:
    """A join machine on its mailbox. Also the way of the first dial's messages."""

    def __init__(self, mailbox: Mailbox, half: InviterJoin | JoinerJoin, *, again: str) -> None:
        """Take over a mailbox whose other party has come.

        Args:
            mailbox: between both.
            half: ours.
            again: what helps when this attempt is over.
        """
        self._mailbox = mailbox
        self._half = half
        self._events: list[machine.JoinEffect] = []
        self._again = again
        self.is_denied = False
        """Whether the person at the other end said no."""
        # One guess may be all that an inviter ever hears of a stranger; a joiner's inviter just left.
        self._is_trusted = isinstance(half, JoinerJoin)

    async def until(self, kind: type[T]) -> T:
        """Feed the machine until an event of this kind; return it.

        Raises:
            CodeRefused: the code was burned, or we were refused.
            NobodyReachable: whoever has the code has left.
        """
        while True:
            try:
                await self.flush()
                for event in self._take():
                    if (found := self._judge(event, kind)) is not None:
                        return found
                self._half.receive(await self._mailbox.recv())
            except SignalingUnreachable as exc:
                if not self._is_trusted:
                    text = "whoever answered left without proving it"
                    raise CodeRefused(text, fix=self._again) from exc
                raise NobodyReachable("the other side left before you were done", fix=self._again) from exc

    def _judge(self, event: machine.JoinEffect, kind: type[T]) -> T | None:
        match event:
            case machine.CodeBurned():
                raise CodeRefused("somebody tried another code, or altered a message") from event.error
            case machine.JoinDenied():
                self.is_denied = True
                raise CodeRefused("the other side said no", fix="ask them why, then for a new code")
            case machine.CodeMatched():
                self._is_trusted = True
            case _:
                pass
        return event if isinstance(event, kind) else None

    async def flush(self) -> None:
        """Send what the machine wants sent; keep its events."""
        for effect in self._half.take_effects():
            if isinstance(effect, machine.SendBlob):
                await self._mailbox.send(effect.blob)
            else:
                self._events.append(effect)

    def _take(self) -> list[machine.JoinEffect]:
        events, self._events = self._events, []
        return events

    async def send(self, kind: SignalKind, params: Value) -> None:
        """Send a message of the dial."""
        await self._mailbox.send(self._half.seal_signal(encode([kind, params])))

    async def receive(self) -> tuple[SignalKind, Value]:
        """Return the peer's next message of the dial."""
        event = await self.until(machine.SignalReceived)
        match decode_untrusted(event.data, limit_bytes=BLOB_MAX_BYTES):
            case ["dial" | "params" | "candidates" | "end" | "bye" as kind, params]:
                return kind, params
        raise CodeRefused("the other side speaks another protocol")


async def sync_over(
    pipe: Pipe, client: SignalingClient, team: Team, peer: DevicePk, *, vouched: bool
) -> None:
    """Dial the other party through the mailbox and sync until both have everything.

    Raises:
        DialFailed: no way to them; the grant stands, and a later sync finishes.
        NobodyReachable: they went away in between.
    """
    from envlsp.transport.webrtc import Dial

    servers = await find_servers(client)
    link = await Dial(
        controlling=team.keys.dpk < peer, servers=servers, signals=pipe, options=link_options()
    ).open()
    in_step = asyncio.Event()

    def note(effect: Effect) -> None:
        if isinstance(effect, InSync):
            team.store.peers.saw(peer, team.replica.now())
            in_step.set()

    loop = PeerLoop(link, team.replica, peer, note, vouched=vouched)
    running = asyncio.create_task(loop.run())
    waiting = asyncio.create_task(in_step.wait())
    await asyncio.wait({running, waiting}, timeout=SYNC_S, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    loop.leave()
    await asyncio.wait({running}, timeout=LEAVE_S)
    running.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    if not in_step.is_set():
        raise NobodyReachable("the other side went away before everything was there", fix="envlsp sync")


async def ask_person(question: Callable[[], bool]) -> bool:
    """Return a person's answer. The server hangs up on who is silent: they may think, we may not.

    Raises:
        EnvlspError: as the question does, where nobody is there to answer.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bool] = loop.create_future()

    def settle(set_it: Callable[[T], None], value: T) -> None:
        if not answer.done():
            set_it(value)

    def ask() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            try:
                said = question()
            except Exception as exc:  # noqa: BLE001  (raised again where it was asked)
                loop.call_soon_threadsafe(settle, answer.set_exception, exc)
            else:
                loop.call_soon_threadsafe(settle, answer.set_result, said)

    # A daemon: Ctrl-C must not wait for the person to press Enter.
    threading.Thread(target=ask, name="question", daemon=True).start()
    return await answer


@contextlib.asynccontextmanager
async def meeting_place(service: Service, servers: tuple[str, ...]) -> AsyncIterator[SignalingClient]:
    """Yield a connection to the first of these servers that answers.

    Raises:
        BadConfig, LoosePermissions: what the operators' tokens are read from is not right.
        SignalingUnreachable: none does, or there is none.
    """
    if not servers:
        raise SignalingUnreachable("no signaling server is configured")
    client = SignalingClient(servers, tokens=tokens_from(service.environ), reconnect=False)
    try:
        await client.connect()
        yield client
    finally:
        await client.close()
