"""A signaling server looked at from outside: whether it answers, and is as blind as it must be.

Two connections enter a room that is drawn for this and means nothing. What was said
before the second one came must not come back, what is said then must come unchanged,
and nothing else may be asked of us. Says what was found; what that means is told elsewhere.

Spec: docs/signaling.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlsplit

from envlsp.crypto.primitives import random_bytes
from envlsp.domain.secret import SecretText
from envlsp.errors import MalformedFrame, SignalingUnreachable
from envlsp.transport.signaling_socket import SignalingSocket, open_socket
from envlsp.wire import signaling_messages as wire
from envlsp.wire.limits import BLOB_SIZES
from envlsp.wire.signaling_messages import ROOM_BYTES, Answer, Credentials, Joined, Message, Refused, RoomId

CONNECT_S: Final = 2.5
TALK_S: Final = 2.0
QUIET_S: Final = 0.15
"""How long to listen for what should not come."""
# OpenSSL's numbers, X509_V_ERR_...
_VERIFY: Final = {10: "expired", 62: "other-name", 64: "other-name"}

A = TypeVar("A", bound=Answer)


class Trouble(StrEnum):
    """Why a server cannot be used."""

    UNKNOWN = "unknown"
    """Its name leads nowhere."""
    REFUSED = "refused"
    """Nobody listens there."""
    SILENT = "silent"
    EXPIRED = "expired"
    """Its certificate, by this machine's clock."""
    OTHER_NAME = "other-name"
    UNTRUSTED = "untrusted"
    """Its certificate is signed by nobody whom this machine knows."""
    TOKEN = "token"  # noqa: S105 - a word for a fault
    CROWDED = "crowded"
    FOREIGN = "foreign"
    """Something else answers there."""


class Sight(StrEnum):
    """What a server turned out to do with what passes it."""

    BLIND = "blind"
    KEEPS = "keeps"
    """It handed out what was said before we came."""
    ALTERS = "alters"
    ASKS = "asks"
    """It said something that nobody had asked for."""
    UNSEEN = "unseen"
    """It stopped answering."""


@dataclass(frozen=True, slots=True)
class ServerReport:
    """What was found at one server.

    Attributes:
        host: its name, never the whole URL.
        trouble: why it cannot be used; then all else is empty.
        is_encrypted: whether TLS stands around it.
        certificate_ends_s: in seconds since 1970.
        round_trip_s: of one question.
        skew_s: its clock minus ours; None where it does not tell. Good to a second.
        sight: what it does with what passes.
        relays: credentials and addresses for STUN and TURN.
    """

    host: str
    trouble: Trouble | None = None
    is_encrypted: bool = False
    certificate_ends_s: float | None = None
    round_trip_s: float = 0.0
    skew_s: float | None = None
    sight: Sight = Sight.UNSEEN
    relays: Credentials | None = None


async def look_at(url: str, token: SecretText | None = None) -> ServerReport:
    """Visit a server and say what was found; never raises for what it does.

    Args:
        url: where it is.
        token: the operator's, where we have one.
    """
    host = host_of(url)
    try:
        one = await open_socket(url, token=token, timeout_s=CONNECT_S)
    except SignalingUnreachable as exc:
        return ServerReport(host, trouble=_trouble(exc))
    said = one.server_time_s
    skew_s = None if said is None else said + 0.5 - time.time()  # it tells whole seconds
    try:
        sight, round_trip_s, relays = await _test(one, url, token)
    finally:
        await one.close()
    return ServerReport(
        host,
        is_encrypted=one.certificate_ends_s is not None,
        certificate_ends_s=one.certificate_ends_s,
        round_trip_s=round_trip_s,
        skew_s=skew_s,
        sight=sight,
        relays=relays,
    )


def host_of(url: str) -> str:
    """Return how a server is called to people: a URL may hold a password."""
    try:
        return urlsplit(url).hostname or "not an address"
    except ValueError:
        return "not an address"


class _Guest:
    """One connection, and everything that the server says on it."""

    def __init__(self, link: SignalingSocket) -> None:
        self._link = link
        self._frames = link.frames()

    async def ask(self, frame: bytes, kind: type[A] | tuple[type[A], ...]) -> A:
        await self._link.send(frame)
        answer = await self.hear()
        if not isinstance(answer, kind):
            raise _Unasked
        return answer

    async def say(self, frame: bytes) -> None:
        await self._link.send(frame)

    async def hear(self) -> Answer:
        try:
            return wire.decode_answer_untrusted(await anext(self._frames))
        except MalformedFrame as exc:
            raise _Unasked from exc
        except StopAsyncIteration as exc:
            raise SignalingUnreachable("the connection was lost") from exc

    async def is_quiet(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                await self.hear()
                return False
        return True


class _Unasked(Exception):
    """The server said something else than what was asked."""


async def _test(
    one: SignalingSocket, url: str, token: SecretText | None
) -> tuple[Sight, float, Credentials | None]:
    guest, room = _Guest(one), RoomId(random_bytes(ROOM_BYTES))
    try:
        async with asyncio.timeout(TALK_S):
            asked = time.perf_counter()
            await guest.ask(wire.subscribe(room), Joined)
            round_trip_s = time.perf_counter() - asked
    except (TimeoutError, SignalingUnreachable):
        return Sight.UNSEEN, 0.0, None
    except _Unasked:
        return Sight.ASKS, 0.0, None
    try:
        async with asyncio.timeout(CONNECT_S), _second(url, token) as other:
            sight, relays = await _watch(guest, other, room)
            return sight, round_trip_s, relays
    except _Unasked:
        return Sight.ASKS, round_trip_s, None
    except (TimeoutError, SignalingUnreachable):
        return Sight.UNSEEN, round_trip_s, None


@asynccontextmanager
async def _second(url: str, token: SecretText | None) -> AsyncIterator[_Guest]:
    link = await open_socket(url, token=token, timeout_s=CONNECT_S)
    try:
        yield _Guest(link)
    finally:
        link.abort()  # it says nothing that matters any more


async def _watch(guest: _Guest, other: _Guest, room: RoomId) -> tuple[Sight, Credentials | None]:
    early, late = (random_bytes(size) for size in BLOB_SIZES[:2])
    await guest.say(wire.publish(room, early))
    await guest.ask(wire.subscribe(room), Joined)  # answered in turn: the blob before it has passed
    await other.ask(wire.subscribe(room), Joined)
    await guest.say(wire.publish(room, late))
    heard = await other.hear()
    relays = await guest.ask(wire.ask_turn(), (Credentials, Refused))
    given = relays if isinstance(relays, Credentials) else None
    if not isinstance(heard, Message) or heard.room != room:
        return Sight.ASKS, given
    if heard.blob != late:
        return Sight.KEEPS if heard.blob == early else Sight.ALTERS, given
    quiet = await asyncio.gather(guest.is_quiet(), other.is_quiet())
    return Sight.BLIND if all(quiet) else Sight.ASKS, given


def _trouble(exc: SignalingUnreachable) -> Trouble:
    causes = list(_causes(exc))
    if any("wants a" in str(cause) for cause in causes):
        return Trouble.TOKEN
    for kind, trouble in _KINDS:
        if any(isinstance(cause, kind) for cause in causes):
            return trouble
    if (tls := next((c for c in causes if isinstance(c, ssl.SSLCertVerificationError)), None)) is not None:
        return certificate_trouble(tls)
    if any("too many connections" in str(cause) for cause in causes):
        return Trouble.CROWDED
    if any(isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) for cause in causes):
        return Trouble.SILENT  # no route, and its like
    return Trouble.FOREIGN


def certificate_trouble(exc: ssl.SSLCertVerificationError) -> Trouble:
    """Return what is wrong with a certificate."""
    return Trouble(_VERIFY.get(exc.verify_code, Trouble.UNTRUSTED))


_KINDS: Final[Sequence[tuple[type[BaseException], Trouble]]] = (
    (socket.gaierror, Trouble.UNKNOWN),
    (ConnectionRefusedError, Trouble.REFUSED),
    (TimeoutError, Trouble.SILENT),
)


def _causes(exc: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = exc
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found
