from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import RecordId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import Value, encode
from envlsp.wire.frames import FrameType
from envlsp.wire.limits import INTRO_MAX_RECORDS, KIB, RECORD_MAX_BYTES, VECTOR_MAX, WANT_MAX_IDS
from envlsp.wire.messages import (
    ANNOUNCE_MAX_BYTES,
    ATTESTS_MAX,
    HEADS_LISTED_MAX,
    RECS_MAX_RECORDS,
    Ack,
    Announce,
    Bye,
    CloseCode,
    Done,
    Err,
    Heads,
    Intro,
    Message,
    Ping,
    Pong,
    Progress,
    Records,
    Vector,
    Want,
    decode_message_untrusted,
    encode_message,
    kind_of,
)
from tests.support.vectors import Case, cases, outcome

VECTORS = cases("messages")
IDS = st.lists(st.binary(min_size=32, max_size=32).map(RecordId), min_size=1, max_size=5, unique=True).map(
    lambda ids: tuple(sorted(ids))
)
NUMBERS = st.integers(0, 2**53)
BLOBS = st.lists(st.binary(min_size=1, max_size=40), max_size=4, unique=True).map(
    lambda items: tuple(sorted(items))
)
PREFIX = st.binary(min_size=8, max_size=8)
LINES = st.lists(
    st.builds(Progress, PREFIX, st.integers(1, 2**53), PREFIX), max_size=5, unique_by=lambda line: line.author
).map(lambda lines: tuple(sorted(lines, key=lambda line: line.author)))
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Heads, st.one_of(st.just(()), IDS), NUMBERS, BLOBS),
    st.builds(Vector, LINES),
    st.builds(Records, BLOBS),
    st.builds(Want, IDS),
    st.just(Done()),
    st.builds(Announce, IDS, BLOBS),
    st.builds(Intro, st.integers(0, 1), BLOBS),
    st.builds(Ack, st.integers(1, 2**53)),
    st.builds(Ping, NUMBERS),
    st.builds(Pong, NUMBERS),
    st.just(Bye()),
    st.builds(Err, st.sampled_from([code for code in CloseCode if code is not CloseCode.LOST])),
)


def identity(number: int) -> RecordId:
    return RecordId(number.to_bytes(32, "big"))


@given(MESSAGES)
def test_what_was_said_is_heard(message: Message) -> None:
    assert decode_message_untrusted(kind_of(message), encode_message(message)) == message


@given(st.sampled_from(FrameType), st.binary(max_size=120))
def test_noise_is_refused_or_read_again_the_same(kind: FrameType, data: bytes) -> None:
    try:
        message = decode_message_untrusted(kind, data)
    except (Malformed, LimitExceeded):
        return
    assert encode_message(message) == data


@pytest.mark.parametrize(
    ("kind", "value"),
    (
        (FrameType.WANT, [identity(number) for number in range(WANT_MAX_IDS + 1)]),
        (FrameType.HEADS, [[identity(number) for number in range(HEADS_LISTED_MAX + 1)], 0, []]),
        (FrameType.HEADS, [[], 0, [bytes([1, number]) for number in range(ATTESTS_MAX + 1)]]),
        (FrameType.HEADS, [[], 0, [bytes(3_000)]]),
        (FrameType.VECTOR, [[n.to_bytes(8, "big"), 1, bytes(8)] for n in range(VECTOR_MAX + 1)]),
        (FrameType.RECS, [b"x"] * (RECS_MAX_RECORDS + 1)),
        (FrameType.RECS, [bytes(RECORD_MAX_BYTES // 2 + 1)] * 2),
        (FrameType.INTRO, [0, [b"x"] * (INTRO_MAX_RECORDS + 1)]),
        (FrameType.ANNOUNCE, [[identity(number) for number in range(WANT_MAX_IDS + 1)], []]),
        (FrameType.ANNOUNCE, [[identity(1), identity(2)], [bytes(ANNOUNCE_MAX_BYTES), b"x"]]),
        (FrameType.ANNOUNCE, [[identity(1)], [bytes(33 * KIB)]]),
    ),
)
def test_more_than_allowed_is_refused(kind: FrameType, value: Value) -> None:
    with pytest.raises(LimitExceeded):
        decode_message_untrusted(kind, encode(value))


@pytest.mark.parametrize(
    ("kind", "value"),
    (
        (FrameType.WANT, []),
        (FrameType.WANT, [identity(2), identity(1)]),
        (FrameType.WANT, [identity(1), identity(1)]),
        (FrameType.WANT, [bytes(31)]),
        (FrameType.VECTOR, [[bytes(8), 0, bytes(8)]]),
        (FrameType.VECTOR, [[bytes(8), 1, bytes(8)], [bytes(8), 2, bytes(8)]]),
        (FrameType.RECS, [b""]),
        (FrameType.INTRO, [2, []]),
        (FrameType.ANNOUNCE, [identity(1)]),
        (FrameType.ANNOUNCE, [identity(1), identity(2)]),
        (FrameType.ANNOUNCE, [[identity(1)], [b""]]),
        (FrameType.ANNOUNCE, [[], [b"x"]]),
        (FrameType.ACK, [0]),
        (FrameType.ERR, [99]),
        (FrameType.ERR, [CloseCode.LOST]),
        (FrameType.DONE, [1]),
        (FrameType.BYE, 0),
        (FrameType.HEADS, [[], 0]),
        (FrameType.PING, ["1"]),
    ),
)
def test_what_has_another_form_is_refused(kind: FrameType, value: Value) -> None:
    with pytest.raises(Malformed):
        decode_message_untrusted(kind, encode(value))


def test_a_vector_of_150_devices_takes_three_kilobytes() -> None:
    lines = tuple(Progress(number.to_bytes(8, "big"), 1_000, bytes(8)) for number in range(150))
    assert len(encode_message(Vector(lines))) < 4_000


def test_the_longest_announcement_fits_its_message() -> None:
    ids = tuple(identity(number) for number in range(WANT_MAX_IDS))
    records = (*(bytes(1) for _ in range(WANT_MAX_IDS - 1)), bytes(ANNOUNCE_MAX_BYTES - WANT_MAX_IDS + 1))
    longest = Announce(ids, records)
    assert decode_message_untrusted(FrameType.ANNOUNCE, encode_message(longest)) == longest


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_vectors(vector: Case) -> None:
    kind, data = FrameType[vector["type"]], bytes.fromhex(vector["bytes"])
    assert outcome(lambda: decode_message_untrusted(kind, data)) == vector["expect"]
    if vector["expect"] == "ok":
        assert encode_message(decode_message_untrusted(kind, data)) == data
