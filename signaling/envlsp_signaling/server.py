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
import secrets
import ssl
import time
from collections import deque
from collections.abc import Coroutine, Iterable
from typing import Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from envlsp_signaling import messages
from envlsp_signaling.addresses import Trusted, client_address
from envlsp_signaling.desk import Close, Desk, Effect, Reason, Send, SendTurn
from envlsp_signaling.limits import FRAME_MAX_BYTES, Limits
from envlsp_signaling.rooms import ConnectionId
from envlsp_signaling.turn import TTL_S, TurnService

SUBPROTOCOL: Final = Subprotocol("envlsp.1")
SWEEP_S: Final = 5.0
PING_S: Final = 20.0  # finds lost peers, and keeps NATs and proxies from forgetting us
CLOSE_TIMEOUT_S: Final = 2.0
TOO_MANY: Final = 4430  # the close code when a connection lost the race for the last place

log = logging.getLogger("envlsp_signaling")


class _Line:
    """What is on its way to one connection: a queue bounded in bytes, and the task that sends it."""

    def __init__(self, socket: ServerConnection, limit_bytes: int) -> None:
        self._socket = socket
        self._limit_bytes = limit_bytes
        self._frames: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._filled = asyncio.Event()

    def put(self, frame: bytes) -> bool:
        """Queue a frame; False when this connection is too slow to be kept."""
        self._waiting_bytes += len(frame)
        if self._waiting_bytes > self._limit_bytes:
            return False
        self._frames.append(frame)
        self._filled.set()
        return True

    async def drain(self) -> None:
        """Send what is queued, for ever."""
        try:
            while True:
                await self._filled.wait()
                while self._frames:
                    await self._socket.send(self._frames[0])
                    self._waiting_bytes -= len(self._frames.popleft())
                self._filled.clear()
        except ConnectionClosed:
            pass  # the reader notices as well and cleans up

    def cut(self) -> None:
        """Drop the connection without waiting for a peer that does not read."""
        self._socket.transport.abort()

    async def close(self, reason: Reason) -> None:
        """Close with a code, within the close timeout."""
        await self._socket.close(reason.value)


class SignalingServer:
    """One process's rooms, behind one port."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        turn: TurnService | None = None,
        token_hash: bytes | None = None,
        trusted_proxies: Trusted = (),
        log_addresses: bool = False,
    ) -> None:
        """Prepare a server; nothing listens yet.

        Args:
            limits: what one stranger may use.
            turn: the TURN servers to hand out credentials for.
            token_hash: SHA-256 of the token every client must show, if any.
            trusted_proxies: networks whose X-Forwarded-For is believed.
            log_addresses: name the address of refused clients in the log.
        """
        self._desk = Desk(limits or Limits(), secrets.token_bytes, offers_turn=turn is not None)
        self._turn = turn
        self._token_hash = token_hash
        self._trusted = trusted_proxies
        self._log_addresses = log_addresses
        self._lines: dict[ConnectionId, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None

    async def start(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen, and return the port (of the first address, when `port` is 0).

        Raises:
            OSError: the address cannot be bound.
        """
        # The library logs a traceback per failed handshake, which any port scan causes.
        quiet = logging.getLogger("envlsp_signaling.websockets")
        quiet.setLevel(logging.CRITICAL)
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
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=CLOSE_TIMEOUT_S,
            server_header=None,
            logger=quiet,
        )
        self._spawn(self._sweep_for_ever())
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Tell everybody to go away, and wait a bounded time until they have."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        log.info("stopped: %s", self._desk.sizes())

    def _answer_http(self, socket: ServerConnection, request: Request) -> Response | None:
        if request.path == "/healthz":
            return socket.respond(http.HTTPStatus.OK, "ok\n")
        if not self._is_allowed(request):
            return self._turn_away(socket, http.HTTPStatus.UNAUTHORIZED, "a token is needed\n")
        if not self._desk.admits(client_address(socket, self._trusted)):
            return self._turn_away(socket, http.HTTPStatus.TOO_MANY_REQUESTS, "too many connections\n")
        return None

    def _is_allowed(self, request: Request) -> bool:
        if self._token_hash is None:
            return True
        shown = request.headers.get_all("Authorization")
        token = shown[0].removeprefix("Bearer ") if len(shown) == 1 else ""
        return hmac.compare_digest(hashlib.sha256(token.encode()).digest(), self._token_hash)

    def _turn_away(self, socket: ServerConnection, status: http.HTTPStatus, text: str) -> Response:
        if self._log_addresses:
            log.warning("turned away %s: %s", client_address(socket, self._trusted), text.strip())
        return socket.respond(status, text)

    async def _serve_one(self, socket: ServerConnection) -> None:
        who = self._desk.opened(client_address(socket, self._trusted), time.monotonic())
        if who is None:
            await socket.close(TOO_MANY)
            return
        line = self._lines[who] = _Line(socket, self._desk.limits.queue_max_bytes)
        writer = self._spawn(line.drain())
        try:
            async for frame in socket:
                # A text frame can be no request; an empty one never is either.
                data = frame if isinstance(frame, bytes) else b""
                self._obey(self._desk.receive(who, data, time.monotonic()))
                # Frames that are already here would be read without a pause, and fill
                # the lines of others faster than anybody gets to empty them.
                await asyncio.sleep(0)
        except ConnectionClosed:
            pass  # lost peers are daily life
        finally:
            self._forget(who)
            writer.cancel()

    def _obey(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(to, frame):
                    self._send(to, frame)
                case SendTurn(to):
                    self._send((to,), self._credentials())
                case Close(who, reason):
                    self._close(who, reason)

    def _send(self, to: tuple[ConnectionId, ...], frame: bytes) -> None:
        for who in to:
            line = self._lines.get(who)
            if line is not None and not line.put(frame):
                self._desk.refusals["too_slow"] += 1
                line.cut()
                self._forget(who)

    def _close(self, who: ConnectionId, reason: Reason) -> None:
        line = self._lines.get(who)
        self._forget(who)
        if line is not None:
            self._spawn(line.close(reason))

    def _forget(self, who: ConnectionId) -> None:
        self._lines.pop(who, None)
        self._obey(self._desk.closed(who))

    def _credentials(self) -> bytes:
        assert self._turn is not None  # the desk refuses otherwise
        username, password = self._turn.credentials(int(time.time()), secrets.token_bytes(8))
        return messages.credentials(TTL_S, username, password, self._turn.urls)

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._obey(self._desk.sweep(time.monotonic()))

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
