"""The byte forms of a LAN: fixed sizes, and nothing else is taken."""

from __future__ import annotations

import pytest

from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.wire.lan import (
    HEAD_BYTES,
    HELLO_BYTES,
    MARK_BYTES,
    MARKS_BYTES,
    SLOTS,
    Hello,
    Poster,
    decode_head_untrusted,
    decode_hello_untrusted,
    decode_poster_untrusted,
    encode_frame,
    encode_hello,
    encode_poster,
)
from envlsp.wire.limits import BLOB_SIZES

MARKS = tuple(bytes([slot]) * MARK_BYTES for slot in range(SLOTS))
POSTER = Poster(b"saltsalt", MARKS)


def entries() -> dict[bytes, bytes | None]:
    return {bytes(name): value for name, value in encode_poster(POSTER).items() if isinstance(name, bytes)}


def test_a_poster_is_read_as_it_was_written() -> None:
    assert decode_poster_untrusted(entries()) == POSTER


@pytest.mark.parametrize(
    "change",
    (
        {b"s": None},
        {b"s": b"short"},
        {b"t": b""},
        {b"t": b"x" * (MARKS_BYTES - 1)},
        {b"t": b"x" * (MARKS_BYTES + MARK_BYTES)},
        {b"name": b"Alice's laptop"},
    ),
    ids=str,
)
def test_a_poster_of_another_form_is_none(change: dict[bytes, bytes | None]) -> None:
    with pytest.raises(MalformedFrame):
        decode_poster_untrusted({**entries(), **change})


def test_a_hello_is_read_as_it_was_written() -> None:
    hello = Hello(b"n" * 16, 40_000, MARKS)
    assert len(encode_hello(hello)) == HELLO_BYTES
    assert decode_hello_untrusted(encode_hello(hello)) == hello


@pytest.mark.parametrize("size", BLOB_SIZES)
def test_a_frame_says_its_slot_and_its_size(size: int) -> None:
    frame = encode_frame(3, bytes(size))
    assert decode_head_untrusted(frame[:HEAD_BYTES]) == (3, size)
    assert len(frame) == HEAD_BYTES + size


@pytest.mark.parametrize("head", (bytes((SLOTS, 0)), bytes((0, len(BLOB_SIZES))), b"\xff\xff"))
def test_a_head_of_no_slot_or_no_size_is_refused_before_anything_is_read(head: bytes) -> None:
    with pytest.raises(MalformedFrame):
        decode_head_untrusted(head)


@pytest.mark.parametrize("size", (0, 1, 1023, 1025, 17 * 1024))
def test_a_blob_of_another_size_is_not_sent(size: int) -> None:
    with pytest.raises(LimitExceeded):
        encode_frame(0, bytes(size))
