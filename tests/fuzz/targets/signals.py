"""What passes the relay, on every side of it: signals, beacons, the server's answers, requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from envlsp.crypto.primitives import signing_key
from envlsp.crypto.rendezvous import RoomKey, open_beacon, room_id
from envlsp.errors import BadSignature, CannotOpen, LimitExceeded, Malformed, MalformedFrame
from envlsp.transport.params import candidates_untrusted, params_untrusted
from envlsp.wire.canonical import decode_untrusted as decode_value_untrusted
from envlsp.wire.canonical import encode
from envlsp.wire.signaling_messages import decode_answer_untrusted
from envlsp.wire.signals import (
    decode_beacon_untrusted,
    decode_signal_untrusted,
    encode_beacon,
    encode_signal,
    signed_part,
    to_words,
)
from envlsp_signaling.messages import BadFrame, decode_untrusted
from tests.fuzz.seeds import hexes
from tests.support.vectors import read

ROOM_KEY = RoomKey(b"k" * 32)
ROOM = room_id(ROOM_KEY, 20_000)
EVE = signing_key(b"E" * 32)
MAX_BYTES = 4_096


def seeds() -> Iterator[bytes]:
    """Yield signals and beacons as they are signed, and frames of both directions."""
    yield from hexes("rendezvous", "plain", "blob")
    vectors = json.loads(read("signaling"))
    for part in ("requests", "answers", "refused_requests", "refused_answers"):
        for case in vectors[part]:
            yield from _frame(case["frame"])


def _frame(frame: Any) -> Iterator[bytes]:
    yield from (bytes.fromhex(item) for item in frame if isinstance(item, str) and _is_hex(item))
    yield encode([bytes.fromhex(i) if isinstance(i, str) and _is_hex(i) else i for i in frame])


def _is_hex(text: str) -> bool:
    return not set(text) - set("0123456789abcdef") and len(text) % 2 == 0


def take(data: bytes) -> None:
    """Read it as everything that it could be."""
    try:
        signal, signature = decode_signal_untrusted(data)
        assert encode_signal(signal, signature) == data
        assert signed_part(signal)
        to_words(signal.content)
    except (Malformed, LimitExceeded):
        pass
    _take_beacon(data)
    _take_parameters(data)
    try:
        decode_answer_untrusted(data)
    except MalformedFrame:
        pass
    try:
        decode_untrusted(data)
    except BadFrame:
        pass


def _take_beacon(data: bytes) -> None:
    try:
        beacon, signature = decode_beacon_untrusted(data)
        assert encode_beacon(beacon, signature) == data
    except (Malformed, LimitExceeded):
        pass
    try:
        open_beacon(data, ROOM_KEY, ROOM)
    except (Malformed, LimitExceeded, CannotOpen, BadSignature):
        pass


def _take_parameters(data: bytes) -> None:
    """What a dial carries goes to the network's library only after this look."""
    try:
        value = decode_value_untrusted(data, limit_bytes=MAX_BYTES)
    except (Malformed, LimitExceeded):
        return
    for look in (params_untrusted, candidates_untrusted):
        try:
            look(value)
        except (Malformed, LimitExceeded):
            pass
