"""Keeps links to the peers that are wanted: `DialPlan` decides, this carries out.

It knows devices by their dpk and nothing else: who may connect, sealing of
messages and the handshake on a fresh link are the caller's. A link that is handed
out belongs to whoever takes it; the dialer watches it and dials anew when it ends.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import random
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol, TypeAlias

from envlsp.crypto.primitives import random_bytes
from envlsp.domain.ids import DevicePk
from envlsp.errors import EnvlspError
from envlsp.transport.api import IceServers, Link, LinkOptions, SignalKind, SignalPipe
from envlsp.transport.dial_plan import (
    AbandonDial,
    AskForDial,
    Deliver,
    DialPlan,
    DropLink,
    Effect,
    StartDial,
    TryAgainIn,
)
from envlsp.wire.canonical import Value
from envlsp.wire.signals import SESSION_BYTES

log = logging.getLogger(__name__)

PIPE_MAX = 64  # messages of one dial that wait to be read: an honest peer sends a handful
_WEBRTC: Final = "envlsp.transport.webrtc"


class Signals(Protocol):
    """The way to any peer through the signaling server, sealed and signed by others."""

    async def send(self, to_dpk: DevicePk, session16: bytes, kind: SignalKind, params: Value) -> None:
        """Send one message of a session.

        Raises:
            TransportError: the signaling server cannot be reached.
        """
        ...


OpenLink: TypeAlias = Callable[[bool, IceServers, SignalPipe], Awaitable[Link]]
"""Dial: `(controlling, servers, pipe)` to an open link; raises TransportError."""
FindServers: TypeAlias = Callable[[], Awaitable[IceServers]]
"""The STUN and TURN servers of the moment, with credentials that are still good."""


def webrtc_opener(options: LinkOptions | None = None) -> OpenLink:
    """Return the dial of `webrtc`, which is loaded when the first link is wanted."""

    async def open_link(controlling: bool, servers: IceServers, signals: SignalPipe) -> Link:  # noqa: FBT001
        if _WEBRTC not in sys.modules:  # a fifth of a second at best: the loop goes on meanwhile
            await asyncio.to_thread(importlib.import_module, _WEBRTC)
        from envlsp.transport.webrtc import Dial

        return await Dial(controlling=controlling, servers=servers, signals=signals, options=options).open()

    return open_link


class _Pipe:
    """One session's part of the signals. A dial without relays says so in its parameters' kind."""

    def __init__(self, signals: Signals, peer: DevicePk, session: bytes, *, direct: bool) -> None:
        self._signals, self._peer, self._session = signals, peer, session
        self._direct = direct
        self._inbox: asyncio.Queue[tuple[SignalKind, Value]] = asyncio.Queue(PIPE_MAX)

    async def send(self, kind: SignalKind, params: Value) -> None:
        said: SignalKind = "direct" if self._direct and kind == "params" else kind
        await self._signals.send(self._peer, self._session, said, params)

    async def receive(self) -> tuple[SignalKind, Value]:
        return await self._inbox.get()

    def push(self, kind: SignalKind, params: Value) -> None:
        if not self._inbox.full():
            self._inbox.put_nowait(("params" if kind == "direct" else kind, params))


class Dialer:
    """Links to many peers, one at most to each. Make it inside the running loop."""

    def __init__(
        self,
        own: DevicePk,
        signals: Signals,
        find_servers: FindServers,
        *,
        open_link: OpenLink | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        new_session: Callable[[], bytes] = lambda: random_bytes(SESSION_BYTES),
        leaves_relays: bool = True,
    ) -> None:
        """Start without peers.

        Args:
            own: this device; the lower dpk of two controls.
            signals: how to reach a peer that has no link yet.
            find_servers: asked at the start of each dial.
            open_link: how to dial; WebRTC if not given.
            clock: seconds that never go back.
            jitter: draws from 0 to 1.
            new_session: draws 16 random bytes.
            leaves_relays: try to replace links over relays by direct ones.
        """
        self._plan = DialPlan(own, jitter=jitter, new_session=new_session, leaves_relays=leaves_relays)
        self._signals, self._find_servers = signals, find_servers
        self._open_link = open_link or webrtc_opener()
        self._clock = clock
        self._pipes: dict[bytes, _Pipe] = {}
        self._dials: dict[bytes, asyncio.Task[None]] = {}
        self._links: dict[bytes, Link] = {}
        self._timers: dict[DevicePk, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._fresh: asyncio.Queue[tuple[DevicePk, Link]] = asyncio.Queue()
        self._closed = False

    # --- what the caller does --------------------------------------------------------------

    def want(self, peer: DevicePk) -> None:
        """Keep a link to this peer from now on."""
        self._obey(self._plan.want(peer, self._clock()))

    def unwant(self, peer: DevicePk) -> None:
        """Dial this peer no more. Its calls are still answered."""
        self._obey(self._plan.unwant(peer))
        self._cancel_timer(peer)

    def forget(self, peer: DevicePk) -> None:
        """Keep nothing about a peer that was answered, and is no acquaintance."""
        self._cancel_timer(peer)
        self._plan.forget(peer)

    def nudge(self, *peers: DevicePk) -> None:
        """Try these peers now: they were seen."""
        for peer in peers:
            self._obey(self._plan.nudge(peer, self._clock()))

    def came(self, peer: DevicePk) -> None:
        """Note that this peer has just appeared, for the first time or again."""
        self._plan.came(peer)

    def dialling_since(self, peer: DevicePk) -> float | None:
        """Return when the dial to this peer that runs now began, by our clock; None where none does."""
        return self._plan.dialling_since(peer)

    def addresses_changed(self) -> None:
        """Dial every wanted peer anew: this machine has other addresses than before.

        Links that still work stay until the new ones are open.
        """
        self._obey(self._plan.addresses_changed(self._clock()))

    def incoming(self, from_dpk: DevicePk, session16: bytes, kind: SignalKind, params: Value) -> None:
        """Take a message whose sender has been verified and may connect."""
        effects = self._plan.hear(from_dpk, session16, kind, self._clock())
        self._obey(effects, message=(kind, params))

    async def next_link(self) -> tuple[DevicePk, Link]:
        """Return the next link that opens, ours to give away, and the device it leads to.

        The device is the one that was dialled; the handshake proves that it is there.
        A second link to a device replaces the first, which is being closed.
        """
        return await self._fresh.get()

    async def close(self) -> None:
        """Stop dialling. Links nobody has taken are closed, those handed out are not."""
        self._closed = True
        for peer in list(self._timers):
            self._cancel_timer(peer)
        tasks = self._tasks | set(self._dials.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        while not self._fresh.empty():
            _, link = self._fresh.get_nowait()
            await link.close()

    # --- effects ---------------------------------------------------------------------------

    def _obey(self, effects: list[Effect], message: tuple[SignalKind, Value] | None = None) -> None:
        for effect in () if self._closed else effects:
            match effect:
                case StartDial():
                    self._start(effect)
                case AbandonDial(session=session):
                    self._dials[session].cancel()
                case AskForDial(peer, session):
                    self._spawn(self._ask(peer, session))
                case Deliver(session=session) if message is not None and session in self._pipes:
                    self._pipes[session].push(*message)
                case DropLink(session=session) if session in self._links:
                    self._spawn(self._links[session].close())
                case TryAgainIn(peer, wait_s):
                    self._cancel_timer(peer)
                    loop = asyncio.get_running_loop()
                    self._timers[peer] = loop.call_later(wait_s, self._retry, peer)
                case _:
                    pass  # the dial or link it speaks of has just ended by itself

    def _start(self, start: StartDial) -> None:
        self._cancel_timer(start.peer)
        pipe = self._pipes[start.session] = _Pipe(
            self._signals, start.peer, start.session, direct=start.direct
        )
        task = asyncio.create_task(self._dial(start, pipe))
        self._dials[start.session] = task
        task.add_done_callback(lambda _task: self._forget(start.session))

    def _forget(self, session: bytes) -> None:
        del self._dials[session], self._pipes[session]

    def _retry(self, peer: DevicePk) -> None:
        del self._timers[peer]
        self._obey(self._plan.retry_due(peer, self._clock()))

    def _cancel_timer(self, peer: DevicePk) -> None:
        timer = self._timers.pop(peer, None)
        if timer is not None:
            timer.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- tasks -----------------------------------------------------------------------------

    async def _dial(self, start: StartDial, pipe: _Pipe) -> None:
        try:
            servers = await self._find_servers()
            if start.direct:
                servers = IceServers(stun=servers.stun)
            link = await self._open_link(start.controlling, servers, pipe)
        except EnvlspError as error:
            log.debug("a dial failed: %s", error.code)
            self._obey(self._plan.failed(start.peer, start.session))
        except Exception as error:  # noqa: BLE001 - a bug in a dial must not stop all later ones
            log.warning("a dial failed: %s", type(error).__name__)
            self._obey(self._plan.failed(start.peer, start.session))
        else:
            self._links[start.session] = link
            self._spawn(self._watch(start.peer, start.session, link))
            is_relayed = link.path.kind == "relay"
            self._obey(self._plan.opened(start.peer, start.session, self._clock(), is_relayed=is_relayed))
            self._fresh.put_nowait((start.peer, link))

    async def _watch(self, peer: DevicePk, session: bytes, link: Link) -> None:
        await link.wait_closed()
        del self._links[session]
        self._obey(self._plan.ended(peer, session, self._clock()))

    async def _ask(self, peer: DevicePk, session: bytes) -> None:
        try:
            await self._signals.send(peer, session, "dial", [])
        except EnvlspError as error:
            log.debug("could not ask for a dial: %s", error.code)  # the timer asks again
