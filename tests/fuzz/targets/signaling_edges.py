"""What a signaling server reads besides frames: news of its other processes, and a proxy's words."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import cast

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers

from envlsp_signaling.addresses import FORWARDED, UNKNOWN, X_FORWARDED_FOR, client_address
from envlsp_signaling.messages import Number, RoomId, Tag
from envlsp_signaling.news import (
    BadNews,
    Beat,
    Entered,
    PipeEnded,
    PipeSaid,
    RoomName,
    RoomSaid,
    Said,
    ServerId,
    decode_untrusted,
    encode,
)

MAX_BYTES = 2_048
SERVER = ServerId(b"s" * 16)
ID = b"i" * 16
BLOB = bytes(1024)
TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


def seeds() -> Iterator[bytes]:
    """Yield news of each kind, and headers as proxies write them."""
    for news in (
        RoomSaid(RoomName(ID), Tag(ID), BLOB),
        Said(RoomName(ID), Tag(ID), Tag(ID), BLOB),
        Entered(Number(1), RoomId(ID)),
        PipeSaid(RoomId(ID), BLOB),
        PipeEnded(RoomId(ID)),
        Beat(),
    ):
        yield encode(SERVER, news)
    yield b"198.51.100.9, 10.0.0.7"
    yield b"[2001:db8:1::1]:80,10.0.0.7:443"
    yield b'for="[2001:db8::1]:4711";proto=https, for=192.0.2.1'


def take(data: bytes) -> None:
    """Read it as news, and as the word of a proxy."""
    try:
        server, news = decode_untrusted(data)
        assert decode_untrusted(encode(server, news)) == (server, news)
    except BadNews:
        pass
    # The library lets nothing else into a header.
    words = "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F)
    for header in (X_FORWARDED_FOR, FORWARDED):
        headers = Headers([(header, words)])
        fake = SimpleNamespace(remote_address=("10.0.0.1", 1), request=SimpleNamespace(headers=headers))
        counted = client_address(cast("ServerConnection", fake), TRUSTED, header)
        assert counted == UNKNOWN or ip_address(counted.removesuffix("/64")) is not None
