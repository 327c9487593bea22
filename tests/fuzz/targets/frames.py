"""Frames of a session and the messages they carry (F.2, F.3): the first bytes after a handshake."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.errors import LimitExceeded, Malformed, MalformedFrame
from envlsp.wire.attest import decode_attest_untrusted, encode_attest
from envlsp.wire.canonical import encode
from envlsp.wire.frames import Assembler, Frame, FrameType, decode_frame_untrusted, encode_frame
from envlsp.wire.messages import decode_message_untrusted, encode_message, kind_of
from tests.fuzz.seeds import hexes

MAX_BYTES = 20_000
_LENGTH_BYTES = 2


def seeds() -> Iterator[bytes]:
    """Yield streams of frames, a length before each."""
    frames = list(hexes("frames", "bytes"))
    yield from map(_packed, frames)
    yield b"".join(map(_packed, frames))
    for payload in hexes("messages", "bytes"):
        for kind in FrameType:
            seq = 0 if kind >= FrameType.ACK else 1
            yield _packed(encode([kind, 0, seq, payload]))
    yield from hexes("attest", "bytes")


def _packed(frame: bytes) -> bytes:
    return len(frame).to_bytes(_LENGTH_BYTES, "big") + frame


def take(data: bytes) -> None:
    """Read a stream of frames until one is refused, and every message that they add up to."""
    try:
        attest = decode_attest_untrusted(data)
        assert encode_attest(attest) == data
    except (Malformed, LimitExceeded):
        pass
    assembler, rest = Assembler(), data
    try:
        while rest:
            size = int.from_bytes(rest[:_LENGTH_BYTES], "big")
            raw, rest = rest[_LENGTH_BYTES : _LENGTH_BYTES + size], rest[_LENGTH_BYTES + size :]
            frame = decode_frame_untrusted(raw)
            assert encode_frame(frame) == raw
            _take_frame(assembler, frame)
    except (Malformed, MalformedFrame, LimitExceeded):
        pass


def _take_frame(assembler: Assembler, frame: Frame) -> None:
    payload = assembler.add(frame) if frame.seq else frame.payload
    if payload is None:
        return
    message = decode_message_untrusted(frame.kind, payload)
    assert kind_of(message) is frame.kind
    assert encode_message(message) == payload
