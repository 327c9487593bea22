"""Requests and welcomes as bytes; `tests/crypto/test_requests.py` opens them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import RecordId
from envlsp.errors import BadText, LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire import requests as wire
from envlsp.wire.requests import (
    JoinRequest,
    SealedWelcome,
    WelcomeFile,
    decode_request_untrusted,
    decode_welcome_content_untrusted,
    decode_welcome_untrusted,
    encode_request,
    encode_welcome,
    encode_welcome_content,
)
from envlsp.wire.text import to_text
from tests.support.samples import BOB, TEAM, fixed

ASKED = JoinRequest(BOB.dpk, BOB.xpk, fixed("pop", 64), "Bob <bob@example.com>")
SEALED = SealedWelcome(fixed("key", 80), fixed("box", 60))
SAID = WelcomeFile(TEAM, ("wss://a.example.com",), RecordId(fixed("granted")), (b"first", b"second" * 50))


def test_a_request_is_read_as_it_was_written_and_typed() -> None:
    text = encode_request(ASKED)
    assert text.startswith("rq1")
    assert decode_request_untrusted(f"  {text.upper()}\n") == ASKED
    assert wire.is_request(text)
    assert not wire.is_request("bob@example.com")


@given(st.integers(3, 300), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_a_slip_in_a_request_is_noticed_and_not_quoted(place: int, letter: str) -> None:
    text = encode_request(ASKED)
    slipped = text[:place] + letter + text[place + 1 :]
    if slipped == text:
        return
    with pytest.raises(BadText) as told:
        decode_request_untrusted(slipped)
    assert slipped not in str(told.value)


@pytest.mark.parametrize(
    "fields",
    (
        [BOB.dpk, BOB.xpk, fixed("pop", 64)],
        [BOB.dpk, BOB.xpk, fixed("pop", 63), "Bob"],
        [BOB.dpk, BOB.xpk, fixed("pop", 64), "Bob\nEve"],
        [BOB.dpk, BOB.xpk, fixed("pop", 64), "\x1b[2J"],
        [BOB.dpk, BOB.xpk, fixed("pop", 64), "B" * 257],
        [BOB.dpk, BOB.xpk, fixed("pop", 64), "Bob", 1],
    ),
)
def test_what_is_no_request_is_refused(fields: list[canonical.Value]) -> None:
    with pytest.raises(BadText):
        decode_request_untrusted(to_text("rq", canonical.encode(fields)))


def test_a_welcome_is_read_as_it_was_written() -> None:
    assert decode_welcome_untrusted(encode_welcome(SEALED)) == SEALED
    assert decode_welcome_content_untrusted(encode_welcome_content(SAID)) == SAID


@given(st.integers(0, 200), st.integers(1, 255))
def test_an_altered_welcome_is_another_or_refused(place: int, flip: int) -> None:
    data = bytearray(encode_welcome(SEALED))
    data[place % len(data)] ^= flip
    try:
        found = decode_welcome_untrusted(bytes(data))
    except (Malformed, LimitExceeded):
        return
    assert found != SEALED


@given(st.binary(max_size=200))
def test_noise_is_refused_by_a_documented_error(noise: bytes) -> None:
    for decode in (decode_welcome_untrusted, decode_welcome_content_untrusted):
        with pytest.raises((Malformed, LimitExceeded)):
            decode(noise)


def _content(run: bytes) -> bytes:
    return canonical.encode([TEAM, [], fixed("granted"), run])


@pytest.mark.parametrize("run", (b"\0\0\0\2a", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\1ab"))
def test_a_record_that_is_cut_is_refused(run: bytes) -> None:
    with pytest.raises(Malformed):
        decode_welcome_content_untrusted(_content(run))


def test_too_large_a_record_or_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceeded):
        decode_welcome_content_untrusted(_content((1024 * 1024 + 1).to_bytes(4, "big") + b"x"))
    monkeypatch.setattr(wire, "WELCOME_MAX_RECORDS", 2)
    decode_welcome_content_untrusted(_content(b"\0\0\0\1a" * 2))
    with pytest.raises(LimitExceeded):
        decode_welcome_content_untrusted(_content(b"\0\0\0\1a" * 3))


def test_too_long_a_welcome_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "WELCOME_MAX_BYTES", 100)
    with pytest.raises(LimitExceeded):
        encode_welcome(SEALED)
