"""The WebSocket front of the desk: reads frames, obeys effects, writes nothing down.

A connection that reads too slowly is cut off instead of being waited for, so nobody
slows anybody else. Logs say how many, never who, where or what.

Spec: docs/signaling.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http
import logging
import random
import secrets
import ssl
import time
from collections.abc import Coroutine, Iterable
from typing import Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from envlsp_signaling import messages
from envlsp_signaling.addresses import X_FORWARDED_FOR, Trusted, client_address
from envlsp_signaling.backplane import Backplane, BackplaneLost
from envlsp_signaling.desk import Desk
from envlsp_signaling.doorstep import Doorstep
from envlsp_signaling.effects import (
    Close,
    Effect,
    Listen,
    Reason,
    Release,
    Reserve,
    Rest,
    SeekCompany,
    Send,
    SendTurn,
    Take,
    Tell,
    Unlisten,
)
from envlsp_signaling.endpoints import Endpoints
from envlsp_signaling.limits import FRAME_MAX_BYTES, Limits
from envlsp_signaling.line import Line
from envlsp_signaling.logs import say
from envlsp_signaling.metrics import Figures, Metrics
from envlsp_signaling.news import News, ServerId
from envlsp_signaling.rooms import ConnectionId
from envlsp_signaling.turn import TTL_S, TurnService

SUBPROTOCOL: Final = Subprotocol("envlsp.1")
SWEEP_S: Final = 5.0
PING_S: Final = 20.0  # finds lost peers, and keeps NATs and proxies from forgetting us
HANDSHAKE_S: Final = 5.0
CLOSE_TIMEOUT_S: Final = 2.0
TOO_MANY: Final = 4430  # the close code when a connection lost the race for the last place
UNPAUSED_MAX: Final = 8  # frames: of the largest, a quarter of what may wait for one connection
LEAVES_PER_S: Final = 500
"""How many connections a draining server sends away: as many as another one can take in."""
DRAIN_STEP_S: Final = 0.05

_quiet = logging.getLogger("envlsp_signaling.websockets")


class SignalingServer:
    """One process's rooms, behind one port."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        turn: TurnService | None = None,
        token_hash: bytes | None = None,
        trusted_proxies: Trusted = (),
        proxy_header: str = X_FORWARDED_FOR,
        log_addresses: bool = False,
        backplane: Backplane | None = None,
    ) -> None:
        """Prepare a server; nothing listens yet.

        Args:
            limits: what one stranger may use.
            turn: the TURN servers to hand out credentials for.
            token_hash: SHA-256 of the token every client must show, if any.
            trusted_proxies: networks whose forwarding header is believed.
            proxy_header: the one header that they write.
            log_addresses: name the address of refused clients in the log.
            backplane: the way to the other processes of this service, if there are any.
        """
        limits = limits or Limits()
        server = None if backplane is None else backplane.server
        self._desk = Desk(limits, secrets.token_bytes, offers_turn=turn is not None, server=server)
        self._backplane = backplane
        self._turn = turn
        self._token_hash = token_hash
        self._trusted = trusted_proxies
        self._proxy_header = proxy_header
        self._log_addresses = log_addresses
        self._doorstep = Doorstep(limits, trusted_proxies)
        self._endpoints = Endpoints(self.trouble, Metrics(self.figures).page)
        self._lines: dict[ConnectionId, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._is_draining = False
        self._opened = self._sent_frames = self._sent_bytes = 0

    # --- life ---------------------------------------------------------------------------------

    async def start(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen, and return the port (of the first address, when `port` is 0).

        Raises:
            OSError: the address cannot be bound.
        """
        # The library logs a traceback per failed handshake, which any port scan causes.
        _quiet.setLevel(logging.CRITICAL)
        _quiet.propagate = False
        self._server = await serve(
            self._serve_one,
            host,
            port,
            ssl=tls,
            origins=[None],  # no browser page may borrow its visitor's address
            subprotocols=[SUBPROTOCOL],
            process_request=self._answer_http,
            compression=None,  # blobs are random; and compression next to secrets is a leak
            max_size=FRAME_MAX_BYTES,
            open_timeout=HANDSHAKE_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=CLOSE_TIMEOUT_S,
            server_header=None,
            logger=_quiet,
            create_connection=self._doorstep.door(),
            backlog=1024,
            ssl_handshake_timeout=HANDSHAKE_S if tls is not None else None,
        )
        if self._backplane is not None:
            await self._backplane.start(self._hear, self._lose)
        self._spawn(self._sweep_for_ever())
        return int(self._server.sockets[0].getsockname()[1])

    async def start_admin(self, host: str, port: int) -> int:
        """Answer the operator's own pages at another port, and return it.

        Raises:
            OSError: the address cannot be bound.
        """
        return await self._endpoints.listen(host, port, _quiet)

    async def drain(self, within_s: float) -> None:
        """Let nobody in any more, and send everybody elsewhere, spread over a while.

        Pairings get the whole time to end; everybody else leaves at a moment of their own, so
        that they do not come to another server all at once.
        """
        self._is_draining = True
        clock = asyncio.get_running_loop().time
        began = clock()
        spread_s = min(within_s / 2, len(self._lines) / LEAVES_PER_S)
        moments = {who: began + random.uniform(0, spread_s) for who in self._lines}  # noqa: S311 - no secret
        say("draining", connections=len(self._lines), spread_s=round(spread_s, 1))
        while self._lines and clock() - began < within_s:
            for who in tuple(self._lines):
                if clock() >= moments.get(who, began) and not self._desk.is_pairing(who):
                    self._close(who, Reason.GOING_AWAY)
            await asyncio.sleep(DRAIN_STEP_S)
        for who in tuple(self._lines):
            self._close(who, Reason.GOING_AWAY)

    async def stop(self) -> None:
        """Tell everybody to go away, and wait a bounded time until they have."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        if self._backplane is not None:
            await self._backplane.stop()
        await self._endpoints.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        say(
            "stopped", **self._desk.sizes(), **{f"refused_{why}": n for why, n in self._desk.refusals.items()}
        )

    # --- for the operator ---------------------------------------------------------------------

    def trouble(self) -> str | None:
        """Return why no client should be sent here now, or None."""
        if self._is_draining:
            return "draining"
        if self._backplane is not None and not self._backplane.is_up:
            return "backplane lost"
        return None

    def figures(self) -> Figures:
        """Return what is counted."""
        sizes, back = self._desk.sizes(), self._backplane
        return Figures(
            gauges={
                **{name: sizes[name] for name in ("connections", "rooms", "seats")},
                "half_open": len(self._doorstep),
                "queued_bytes": sum(line.waiting_bytes for line in self._lines.values()),
                "draining": self._is_draining,
                "ready": self.trouble() is None,
                "backplane_up": back is None or back.is_up,
            },
            counters={
                "opened": self._opened,
                "received_bytes": self._desk.received_bytes,
                "sent_bytes": self._sent_bytes,
                "sent_frames": self._sent_frames,
                "turn_credentials": self._desk.turn_given,
                "backplane_losses": back.losses if back else 0,
                "backplane_published": back.published if back else 0,
                "backplane_received": back.received if back else 0,
                "backplane_dropped": back.dropped if back else 0,
            },
            mailboxes={"open": sizes["mailboxes_open"], "paired": sizes["mailboxes_paired"]},
            frames=self._desk.frames,
            refusals={**self._desk.refusals, "half_open": self._doorstep.turned_away},
            closes=self._desk.closes,
        )

    # --- the door -----------------------------------------------------------------------------

    def _answer_http(self, socket: ServerConnection, request: Request) -> Response | None:
        page = self._endpoints.answer(socket, request)
        if page is not None:
            return page
        if self._is_draining:
            return socket.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "draining\n")
        if not self._is_allowed(request):
            self._desk.refusals["token"] += 1
            return self._turn_away(socket, http.HTTPStatus.UNAUTHORIZED, "a token is needed")
        if not self._desk.admits(self._address(socket)):
            return self._turn_away(socket, http.HTTPStatus.TOO_MANY_REQUESTS, "too many connections")
        return None

    def _address(self, socket: ServerConnection) -> str:
        return client_address(socket, self._trusted, self._proxy_header)

    def _is_allowed(self, request: Request) -> bool:
        if self._token_hash is None:
            return True
        shown = request.headers.get_all("Authorization")
        token = shown[0].removeprefix("Bearer ") if len(shown) == 1 else ""
        return hmac.compare_digest(hashlib.sha256(token.encode()).digest(), self._token_hash)

    def _turn_away(self, socket: ServerConnection, status: http.HTTPStatus, text: str) -> Response:
        if self._log_addresses:
            say("turned away", level=logging.WARNING, address=self._address(socket), status=status.value)
        return socket.respond(status, f"{text}\n")

    async def _serve_one(self, socket: ServerConnection) -> None:
        self._doorstep.leaves(socket)
        who = self._desk.opened(self._address(socket), time.monotonic())
        if who is None:
            await socket.close(TOO_MANY)
            return
        self._opened += 1
        line = self._lines[who] = Line(socket, self._desk.limits.queue_max_bytes)
        writer = self._spawn(line.empty())
        unpaused = 0
        try:
            async for frame in socket:
                # A text frame can be no request; an empty one never is either.
                data = frame if isinstance(frame, bytes) else b""
                await self._obey_in_order(self._desk.receive(who, data, time.monotonic()))
                # Frames that are already here would be read without a pause, and fill
                # the lines of others faster than anybody gets to empty them.
                unpaused = (unpaused + 1) % UNPAUSED_MAX
                if not unpaused:
                    await asyncio.sleep(0)
        except ConnectionClosed:
            pass  # lost peers are daily life
        finally:
            self._forget(who)
            writer.cancel()

    # --- effects ------------------------------------------------------------------------------

    async def _obey_in_order(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Rest(seconds):
                    await asyncio.sleep(seconds)
                case Listen() | Reserve() | Take() | SeekCompany():
                    await self._obey_in_order(await self._ask_others(effect))
                case Send(to, frame):  # by far the most: no detour
                    self._send(to, frame)
                case _:
                    self._obey((effect,))

    async def _ask_others(self, asked: Listen | Reserve | Take | SeekCompany) -> list[Effect]:
        back = self._backplane
        assert back is not None  # a desk that is alone asks nobody
        match asked:
            case Listen(room):
                await back.listen(room)
                return []
            case SeekCompany(_, rooms):
                return self._desk.company(asked, found=await back.company(rooms))
            case Reserve() | Take():
                try:
                    if isinstance(asked, Reserve):
                        won = await back.reserve(asked.number)
                        return self._desk.reserved(asked, won=won, now=time.monotonic())
                    by = await back.take(asked.number)
                    return self._desk.taken(asked, by=by, now=time.monotonic())
                except BackplaneLost:
                    return self._desk.unavailable(asked)

    def _obey(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(to, frame):
                    self._send(to, frame)
                case SendTurn(to):
                    self._send((to,), self._credentials())
                case Close(who, reason):
                    self._close(who, reason)
                case Tell() | Unlisten() | Release() if self._backplane is not None:
                    self._pass_on(self._backplane, effect)
                case _:
                    raise AssertionError("only requests ask others, and only where there are any")

    def _pass_on(self, back: Backplane, effect: Tell | Unlisten | Release) -> None:
        match effect:
            case Tell(to, news):
                back.tell(to, news)
            case Unlisten(room):
                back.unlisten(room)
            case Release(number):
                back.release(number)

    def _send(self, to: tuple[ConnectionId, ...], frame: bytes) -> None:
        for who in to:
            line = self._lines.get(who)
            if line is None:
                continue
            self._sent_frames += 1
            self._sent_bytes += len(frame)
            if not line.put(frame):
                self._desk.closes[Reason.TOO_SLOW.name.lower()] += 1
                line.cut()
                self._forget(who)

    def _close(self, who: ConnectionId, reason: Reason) -> None:
        line = self._lines.get(who)
        self._forget(who)
        if line is not None:
            self._desk.closes[reason.name.lower()] += 1
            self._spawn(line.close(reason.value))

    def _forget(self, who: ConnectionId) -> None:
        self._lines.pop(who, None)
        self._obey(self._desk.closed(who))

    def _credentials(self) -> bytes:
        assert self._turn is not None  # the desk refuses otherwise
        username, password = self._turn.credentials(int(time.time()), secrets.token_bytes(8))
        return messages.credentials(TTL_S, username, password, self._turn.urls)

    # --- other processes, and time ------------------------------------------------------------

    def _hear(self, server: ServerId, news: News) -> None:
        self._obey(self._desk.hear(server, news, time.monotonic()))

    def _lose(self, server: ServerId | None) -> None:
        self._obey(self._desk.lose(server))

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._obey(self._desk.sweep(time.monotonic()))
            if self._backplane is not None:
                for server in await self._backplane.gone(self._desk.others()):
                    self._lose(server)

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
