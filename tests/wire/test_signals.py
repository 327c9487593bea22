"""The shapes inside sealed blobs: one byte form each, and nothing else gets in."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import Value, encode
from envlsp.wire.signals import (
    CANDIDATE_MAX_BYTES,
    CANDIDATES_MAX,
    Beacon,
    Bye,
    Candidates,
    Content,
    Dial,
    Direct,
    End,
    Kind,
    Params,
    SessionId,
    Signal,
    decode_beacon_untrusted,
    decode_signal_untrusted,
    encode_beacon,
    encode_signal,
    from_words,
    signed_part,
    to_words,
)

SIGNATURE = b"s" * 64
LINE = "1 1 udp 1 192.0.2.1 9 typ host"

lines = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)
candidates = st.lists(lines, max_size=CANDIDATES_MAX).map(tuple)
contents = st.one_of(
    st.just(Dial()),
    st.just(End()),
    st.just(Bye()),
    st.builds(Params, lines, lines, st.binary(min_size=32, max_size=32), candidates),
    st.builds(Direct, lines, lines, st.binary(min_size=32, max_size=32), candidates),
    st.builds(Candidates, candidates),
)


def signal(content: Content, counter: int = 0) -> Signal:
    return Signal(
        TeamId(b"t" * 32), DevicePk(b"a" * 32), DevicePk(b"b" * 32), SessionId(b"x" * 16), counter, content
    )


def raw(**changes: Value) -> bytes:
    """Return the bytes of a dial, with some fields replaced."""
    fields: dict[str, Value] = {
        "team": b"t" * 32,
        "sender": b"a" * 32,
        "target": b"b" * 32,
        "session": b"x" * 16,
        "counter": 0,
        "kind": Kind.DIAL,
        "params": [],
        "signature": SIGNATURE,
    }
    return encode(list((fields | changes).values()))


@given(contents, st.integers(0, 2**53))
def test_a_signal_comes_back_as_it_was(content: Content, counter: int) -> None:
    data = encode_signal(signal(content, counter), SIGNATURE)
    assert decode_signal_untrusted(data) == (signal(content, counter), SIGNATURE)


@given(contents)
def test_the_transports_words_come_back_as_they_were(content: Content) -> None:
    assert from_words(*to_words(content)) == content


@given(contents)
def test_the_signature_covers_all_but_itself(content: Content) -> None:
    whole = encode_signal(signal(content), SIGNATURE)
    assert whole == b"\x98" + signed_part(signal(content))[1:] + b"\xc4\x40" + SIGNATURE


def test_raw_is_a_signal() -> None:
    assert decode_signal_untrusted(raw()) == (signal(Dial()), SIGNATURE)


@pytest.mark.parametrize(
    "changes",
    (
        {"team": b"t" * 31},
        {"sender": b"a" * 33},
        {"target": "b" * 32},
        {"session": b""},
        {"counter": b"0"},
        {"signature": b"s" * 63},
        {"kind": 6},
        {"kind": Kind.DIRECT, "params": []},
        {"kind": b"\x00"},
        {"params": 0},
        {"params": [LINE]},  # a dial has none
        {"kind": Kind.PARAMS, "params": []},
        {"kind": Kind.PARAMS, "params": ["u", "p", b"f" * 31, []]},
        {"kind": Kind.PARAMS, "params": ["u", "p", b"f" * 32, LINE]},
        {"kind": Kind.PARAMS, "params": [b"u", "p", b"f" * 32, []]},
        {"kind": Kind.PARAMS, "params": ["", "p", b"f" * 32, []]},
        {"kind": Kind.CANDIDATES, "params": ["a\nb"]},
        {"kind": Kind.CANDIDATES, "params": ["é"]},
        {"kind": Kind.CANDIDATES, "params": [[LINE]]},
        {"kind": Kind.CANDIDATES, "params": [LINE.encode()]},
        {"kind": Kind.END, "params": [LINE]},
        {"kind": Kind.BYE, "params": [0]},
    ),
    ids=str,
)
def test_another_shape_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        decode_signal_untrusted(raw(**changes))


@pytest.mark.parametrize(
    "params",
    (
        {"kind": Kind.CANDIDATES, "params": [LINE] * (CANDIDATES_MAX + 1)},
        {"kind": Kind.CANDIDATES, "params": ["c" * (CANDIDATE_MAX_BYTES + 1)]},
        {"kind": Kind.PARAMS, "params": ["u" * 257, "p", b"f" * 32, []]},
    ),
    ids=("candidates", "candidate", "ufrag"),
)
def test_more_than_anybody_needs_is_a_limit(params: dict[str, Any]) -> None:
    with pytest.raises(LimitExceeded):
        decode_signal_untrusted(raw(**params))


def test_too_many_or_too_few_fields() -> None:
    for data in (encode([]), encode([0]), raw(extra=0), b"", b"\xc0", raw() + b"\0"):
        with pytest.raises(Malformed):
            decode_signal_untrusted(data)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**53))
def test_a_beacon_comes_back_as_it_was(nonce: bytes, ts: int) -> None:
    beacon = Beacon(DevicePk(b"a" * 32), nonce, ts)
    assert decode_beacon_untrusted(encode_beacon(beacon, SIGNATURE)) == (beacon, SIGNATURE)


@pytest.mark.parametrize(
    "fields",
    (
        [b"a" * 31, bytes(16), 0, SIGNATURE],
        [b"a" * 32, bytes(15), 0, SIGNATURE],
        [b"a" * 32, bytes(16), b"", SIGNATURE],
        [b"a" * 32, bytes(16), 0, b""],
        [b"a" * 32, bytes(16), 0],
    ),
    ids=("sender", "nonce", "time", "signature", "short"),
)
def test_another_beacon_is_malformed(fields: list[Value]) -> None:
    with pytest.raises(Malformed):
        decode_beacon_untrusted(encode(fields))


@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(data: bytes) -> None:
    for decode in (decode_signal_untrusted, decode_beacon_untrusted):
        with contextlib.suppress(Malformed, LimitExceeded):
            decode(data)


def test_parameters_are_not_shown() -> None:
    shown = repr(signal(Params("planted", "planted", b"planted", ("planted",))))
    assert "planted" not in shown
