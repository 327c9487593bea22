"""Opening and closing the WebSocket to a signaling server, with every failure one of ours.

The only module that imports `websockets`, and only when a connection is made:
importing it takes longer than a whole `envlsp run`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from envlsp.domain.secret import SecretText
from envlsp.errors import SignalingUnreachable
from envlsp.wire.signaling_messages import FRAME_MAX_BYTES, SUBPROTOCOL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

CLOSE_TIMEOUT_S: Final = 2.0
PING_S: Final = 20.0
GOING_AWAY: Final = 1001
FRAMES_PER_S: Final = 18.0
FRAMES_BURST: Final = 90.0
"""A little below what the server allows, since its clock starts elsewhere."""
TOKEN_FIX: Final = "ask whoever runs it for one, and set ENVLSP_SIGNALING_TOKEN=HOST=TOKEN"  # noqa: S105
_STATUS: Final = {429: "too many connections from this address"}
_UNAUTHORIZED: Final = 401


class Pace:
    """Waits, so that we never send faster than the server allows."""

    def __init__(self) -> None:
        self._level = FRAMES_BURST
        self._then = 0.0

    async def wait(self) -> None:
        """Wait for our turn to send a frame."""
        now = asyncio.get_running_loop().time()
        self._level = min(FRAMES_BURST, self._level + (now - self._then) * FRAMES_PER_S) - 1
        self._then = now
        if self._level < 0:
            await asyncio.sleep(-self._level / FRAMES_PER_S)


class SignalingSocket:
    """One open connection: binary frames out, binary frames in."""

    def __init__(self, socket: ClientConnection, url: str) -> None:
        self._socket = socket
        self.url = url

    @property
    def was_sent_away(self) -> bool:
        """Whether the server closed because it stops, and wants us elsewhere."""
        return self._socket.close_code == GOING_AWAY

    async def send(self, frame: bytes) -> None:
        """Send one frame.

        Raises:
            SignalingUnreachable: the connection was lost.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(frame)
        except (ConnectionClosed, OSError) as exc:
            raise SignalingUnreachable("the connection was lost") from exc

    async def frames(self) -> AsyncIterator[bytes]:
        """Yield frames until the connection is lost, however that happens. A text frame ends it."""
        from websockets.exceptions import ConnectionClosed

        try:
            async for frame in self._socket:
                if isinstance(frame, str):
                    return
                yield frame
        except (ConnectionClosed, OSError):
            pass

    @property
    def local_host(self) -> str:
        """Return the address of ours that it was made from; empty if that is not known."""
        name = self._socket.transport.get_extra_info("sockname")
        return str(name[0]) if isinstance(name, tuple) and name else ""

    @property
    def server_time_s(self) -> float | None:
        """Return the server's clock when it let us in, in seconds since 1970; None where it said nothing."""
        from email.utils import parsedate_to_datetime

        response = self._socket.response
        try:
            return parsedate_to_datetime(response.headers["Date"]).timestamp() if response else None
        except (LookupError, ValueError, OverflowError):
            return None

    @property
    def certificate_ends_s(self) -> float | None:
        """Return when its certificate ends, in seconds since 1970; None where there is no TLS."""
        import ssl

        tls = self._socket.transport.get_extra_info("ssl_object")
        shown = tls.getpeercert() if tls is not None else None
        ends = shown.get("notAfter") if shown else None
        return float(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None

    async def answers(self, within_s: float) -> bool:
        """Return whether the server is still at the other end."""
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(within_s):
                await (await self._socket.ping())
        except (TimeoutError, ConnectionClosed, OSError):
            return False
        return True

    def abort(self) -> None:
        """End it at once, and tell the server nothing: `frames` ends."""
        self._socket.transport.abort()

    async def close(self) -> None:
        """Close within seconds, whatever the server does."""
        from websockets.exceptions import ConnectionClosed

        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._socket.close()
        except (TimeoutError, ConnectionClosed, OSError):
            self._socket.transport.abort()


async def open_socket(url: str, *, token: SecretText | None, timeout_s: float) -> SignalingSocket:
    """Connect to one server, and go nowhere else than where the URL says.

    Args:
        url: `ws://` or `wss://`.
        token: the operator's, shown over TLS or to this machine, else kept back.
        timeout_s: for everything.

    Raises:
        SignalingUnreachable: whatever the reason.
    """
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.typing import Subprotocol

    from envlsp.transport.straight import connect

    # At DEBUG the library logs whole frames.
    quiet = logging.getLogger("envlsp.transport.websockets")
    quiet.setLevel(logging.WARNING)
    host = _host(url)
    shown = token if _is_safe_for_tokens(url) else None
    try:
        async with asyncio.timeout(timeout_s):
            socket = await connect(
                url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Authorization": f"Bearer {shown.reveal_text()}"} if shown else None,
                user_agent_header=None,
                proxy=None if _is_loopback(host) else True,
                compression=None,
                max_size=FRAME_MAX_BYTES,
                open_timeout=None,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=CLOSE_TIMEOUT_S,
                logger=quiet,
            )
    except InvalidStatus as exc:
        status = exc.response.status_code
        if status == _UNAUTHORIZED:
            raise _wants_token(host, has_one=token is not None, was_shown=shown is not None) from exc
        raise SignalingUnreachable(f"{host}: {_STATUS.get(status, f'HTTP status {status}')}") from exc
    except TimeoutError as exc:
        raise SignalingUnreachable(f"{host}: no answer within {timeout_s:g} s") from exc
    except (OSError, EOFError, ValueError, WebSocketException) as exc:
        raise SignalingUnreachable(f"{host}: {type(exc).__name__}") from exc
    if socket.subprotocol != SUBPROTOCOL:
        await SignalingSocket(socket, url).close()
        raise SignalingUnreachable(f"{host}: not an envlsp signaling server")
    return SignalingSocket(socket, url)


def _wants_token(host: str, *, has_one: bool, was_shown: bool) -> SignalingUnreachable:
    if was_shown:
        return SignalingUnreachable(f"{host}: it wants another token", fix=TOKEN_FIX)
    if has_one:
        fix = "use its wss:// address: a token would be read on the way"
        return SignalingUnreachable(f"{host}: it wants a token, and has no TLS", fix=fix)
    return SignalingUnreachable(f"{host}: it wants a token", fix=TOKEN_FIX)


def _is_safe_for_tokens(url: str) -> bool:
    return url.lower().startswith("wss://") or _is_loopback(_host(url))


def _host(url: str) -> str:
    # Never the whole address: it may hold a password.
    try:
        return urlsplit(url).hostname or "not an address"
    except ValueError:
        return "not an address"


def _is_loopback(host: str) -> bool:
    # A proxy configured for the machine must not carry what never leaves it.
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
