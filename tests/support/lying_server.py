"""A signaling server that is not what it has to be, in one way at a time, and its certificates."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
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


def certificate(folder: Path, *, days: tuple[int, int] = (-1, 90), name: str = LOOPBACK) -> Path:
    """Make a certificate that signs itself, good from and until so many days from now, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signaling.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days[0]))
        .not_valid_after(now + dt.timedelta(days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}{days[1]}.pem"
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(text + made.public_bytes(serialization.Encoding.PEM))
    return path


def shown(path: Path) -> ssl.SSLContext:
    """Return what a server that has this certificate shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
