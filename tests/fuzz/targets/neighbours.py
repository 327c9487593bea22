"""What anybody on the LAN may say: a poster in mDNS, a hello at the door, the head of a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from ipaddress import IPv4Interface, IPv6Interface
from typing import TypeAlias, cast

import zeroconf
from zeroconf.asyncio import AsyncServiceInfo

from envlsp.crypto.lan import LanKey, make_poster, recognise
from envlsp.errors import MalformedFrame
from envlsp.transport.lan_discovery import SERVICE, Discovery, label_of
from envlsp.transport.lan_networks import Network
from envlsp.transport.lan_plan import Plan
from envlsp.wire.lan import (
    HEAD_BYTES,
    HELLO_BYTES,
    MARK_BYTES,
    NONCE_BYTES,
    SLOTS,
    Hello,
    decode_head_untrusted,
    decode_hello_untrusted,
    decode_poster_untrusted,
    encode_hello,
    encode_poster,
)
from envlsp.wire.limits import BLOB_SIZES
from envlsp.wire.signaling_messages import RoomId

Entries: TypeAlias = Mapping[bytes, bytes | None]

MAX_BYTES = 1_024
NOW_S = 1_750_000_000
ROOM, KEY = RoomId(b"r" * 16), LanKey(b"k" * 32)
HERE = Network(1, (IPv4Interface("192.168.1.7/24"), IPv6Interface("fe80::7/64")))
NAME = f"eve.{SERVICE}"


def seeds() -> Iterator[bytes]:
    """Yield the TXT record of a poster with addresses before it, a hello, and heads."""
    poster = make_poster([KEY], NOW_S)
    for address in (b"\xc0\xa8\x01\x09", b"\xfe\x80" + bytes(13) + b"\x09"):
        info = AsyncServiceInfo(SERVICE, NAME, properties=encode_poster(poster))
        yield bytes((len(address),)) + address + (4_711).to_bytes(2, "big") + (info.text or b"")
    yield encode_hello(Hello(b"n" * NONCE_BYTES, 4_711, (b"m" * MARK_BYTES,) * SLOTS))
    yield b"\x00\x00"
    yield b"\x07\x02"


@cache
def _discovery() -> Discovery:
    return Discovery(HERE)


def take(data: bytes) -> None:
    """Read it as everything that it could be."""
    _as_sighting(data)
    if len(data) >= HELLO_BYTES:
        hello = decode_hello_untrusted(data[:HELLO_BYTES])
        assert encode_hello(hello) == data[:HELLO_BYTES]
    if len(data) >= HEAD_BYTES:
        try:
            slot, size = decode_head_untrusted(data[:HEAD_BYTES])
            assert slot < SLOTS
            assert size in BLOB_SIZES
        except MalformedFrame:
            pass


def _as_sighting(data: bytes) -> None:
    size = data[0] % 20 if data else 0
    address, port, text = data[1 : 1 + size], data[1 + size : 3 + size], data[3 + size :]
    # As the library does when the record has come; its own complaint ends the look.
    try:
        info = AsyncServiceInfo(
            SERVICE, NAME, port=int.from_bytes(port, "big"), properties=text, addresses=[address]
        )
        entries = info.properties
    except (TypeError, ValueError, zeroconf.Error):
        return
    try:
        poster = decode_poster_untrusted(entries)
        assert decode_poster_untrusted(cast("Entries", encode_poster(poster))) == poster
        sighting = _discovery()._sighting(NAME, info)
    except MalformedFrame:
        return
    assert sighting.name == label_of(NAME)
    assert all(HERE.is_near(one) for one in sighting.addresses)
    plan = Plan()
    plan.saw(sighting, recognise(poster, {ROOM: KEY}, NOW_S), "own", 0.0)
    assert len(plan.due(2.0)) <= 1
