"""What processes tell each other: one byte form each, and anything else is dropped."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp_signaling.limits import KIB
from envlsp_signaling.messages import Number, RoomId, Tag
from envlsp_signaling.news import (
    NEWS_MAX_BYTES,
    BadNews,
    Beat,
    Entered,
    News,
    PipeEnded,
    PipeSaid,
    RoomName,
    RoomSaid,
    Said,
    ServerId,
    decode_untrusted,
    encode,
    mailbox_name,
    room_name,
)

SERVER = ServerId(b"s" * 16)
EACH: tuple[News, ...] = (
    RoomSaid(RoomName(b"r" * 16), Tag(b"t" * 16), bytes(16 * KIB)),
    Said(RoomName(b"r" * 16), Tag(b"o" * 16), Tag(b"t" * 16), bytes(16 * KIB)),
    Entered(Number(999_999), RoomId(b"p" * 16)),
    PipeSaid(RoomId(b"p" * 16), bytes(16 * KIB)),
    PipeEnded(RoomId(b"p" * 16)),
    Beat(),
)


@pytest.mark.parametrize("news", EACH, ids=lambda news: type(news).__name__)
def test_there_and_back(news: News) -> None:
    data = encode(SERVER, news)
    assert decode_untrusted(data) == (SERVER, news)
    assert len(data) <= NEWS_MAX_BYTES


@pytest.mark.parametrize(
    "value",
    (
        [b"s" * 15, 5],
        [b"s" * 16, 6],
        [b"s" * 16, 5, b""],
        [b"s" * 16, 2, 1_000_000, b"p" * 16],
        [b"s" * 16, 3, b"p" * 16, b"x"],
        [b"s" * 16, 4, b"p" * 17],
        [b"s" * 16, 0, b"r" * 16, b"t" * 15, bytes(KIB)],
        ["s" * 16, 5],
        {},
        5,
    ),
    ids=str,
)
def test_anything_else_is_bad_news(value: object) -> None:
    packed = msgpack.packb(value, use_bin_type=True)
    assert isinstance(packed, bytes)
    with pytest.raises(BadNews):
        decode_untrusted(packed)


@given(st.binary(max_size=200))
def test_any_bytes_are_news_or_bad_news(data: bytes) -> None:
    try:
        server, news = decode_untrusted(data)
    except BadNews:
        return
    assert decode_untrusted(encode(server, news)) == (server, news)


def test_names_hide_what_they_name() -> None:
    room = RoomId(b"r" * 16)
    assert len(room_name(room)) == 16
    assert bytes(room_name(room)) != bytes(room)
    assert room_name(room) != room_name(RoomId(b"q" * 16))
    assert "123456" not in mailbox_name(Number(123_456))
    assert mailbox_name(Number(1)) != mailbox_name(Number(2))
