from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import LimitExceeded, Malformed, MalformedFrame
from envlsp.wire.canonical import encode
from envlsp.wire.frames import (
    MESSAGE_MAX_BYTES,
    Assembler,
    Frame,
    FrameType,
    decode_frame_untrusted,
    encode_frame,
    is_control,
    split,
)
from envlsp.wire.limits import FRAME_MAX_BYTES, FRAME_PAYLOAD_MAX_BYTES
from tests.support.vectors import Case, cases, outcome

VECTORS = cases("frames")
DATA = [kind for kind in FrameType if not is_control(kind)]


def join(assembler: Assembler, frames: list[Frame]) -> list[bytes]:
    whole = [assembler.add(decode_frame_untrusted(encode_frame(frame))) for frame in frames]
    return [payload for payload in whole if payload is not None]


@given(st.lists(st.tuples(st.sampled_from((FrameType.RECS, FrameType.INTRO)), st.integers(0, 70_000))))
def test_messages_survive_being_cut(messages: list[tuple[FrameType, int]]) -> None:
    assembler, frames = Assembler(), list[Frame]()
    for kind, size in messages:
        frames += split(kind, bytes(size), len(frames) + 1)
    assert [len(payload) for payload in join(assembler, frames)] == [size for _kind, size in messages]
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))


def test_a_full_frame_fits_a_message_of_the_channel_after_sealing() -> None:
    (frame,) = split(FrameType.RECS, bytes(FRAME_PAYLOAD_MAX_BYTES), 2**53)
    assert len(encode_frame(frame)) + 17 <= FRAME_MAX_BYTES


def test_a_message_longer_than_its_type_allows_is_refused_on_the_way() -> None:
    for kind in (FrameType.WANT, FrameType.RECS):
        assembler, limit = Assembler(), MESSAGE_MAX_BYTES[kind]
        piece = bytes(FRAME_PAYLOAD_MAX_BYTES)
        fits = limit // FRAME_PAYLOAD_MAX_BYTES
        for seq in range(1, fits + 1):
            assembler.add(Frame(kind, more=True, seq=seq, payload=piece))
        with pytest.raises(LimitExceeded):
            assembler.add(Frame(kind, more=True, seq=fits + 1, payload=piece))


def test_order_numbers_and_mixing_are_checked() -> None:
    full = bytes(FRAME_PAYLOAD_MAX_BYTES)
    with pytest.raises(MalformedFrame):
        Assembler().add(Frame(FrameType.RECS, more=False, seq=2, payload=b""))
    assembler = Assembler()
    assembler.add(Frame(FrameType.RECS, more=True, seq=1, payload=full))
    with pytest.raises(MalformedFrame):
        assembler.add(Frame(FrameType.INTRO, more=False, seq=2, payload=b""))
    with pytest.raises(MalformedFrame):
        Assembler().add(Frame(FrameType.RECS, more=True, seq=1, payload=b"short"))


@pytest.mark.parametrize(
    "value",
    (
        [FrameType.HEADS, 0, 0, b""],  # a data frame without number
        [FrameType.ACK, 0, 1, b""],  # a control frame with one
        [FrameType.ACK, 1, 0, b""],
        [FrameType.HEADS, 2, 1, b""],
        [99, 0, 1, b""],
        [0, 0, 1, b""],
        [FrameType.HEADS, 0, b""],
        [FrameType.HEADS, 0, 1, "text"],
        [],
        7,
    ),
)
def test_what_is_no_frame(value: object) -> None:
    with pytest.raises(MalformedFrame):
        decode_frame_untrusted(encode(value))  # type: ignore[arg-type]


def test_a_payload_is_at_most_16000_bytes() -> None:
    with pytest.raises((LimitExceeded, Malformed)):
        decode_frame_untrusted(encode([FrameType.RECS, 0, 1, bytes(FRAME_PAYLOAD_MAX_BYTES + 1)]))


@given(st.binary(max_size=100))
def test_noise_is_refused_or_read_again_the_same(data: bytes) -> None:
    try:
        frame = decode_frame_untrusted(data)
    except (Malformed, LimitExceeded):
        return
    assert encode_frame(frame) == data


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_vectors(vector: Case) -> None:
    data = bytes.fromhex(vector["bytes"])
    assert outcome(lambda: decode_frame_untrusted(data)) == vector["expect"]
    if vector["expect"] == "ok":
        assert encode_frame(decode_frame_untrusted(data)) == data
