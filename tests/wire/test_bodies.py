"""Plain bodies: one byte form for each type, and no other error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ledger.records import RecordType
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.bodies import Body, decode_body_untrusted, encode_body
from tests.support import samples
from tests.support.shapes import typed_bodies


@given(typed_bodies)
def test_a_body_is_read_as_it_was_written(typed: tuple[RecordType, Body]) -> None:
    kind, body = typed
    assert decode_body_untrusted(kind, encode_body(kind, body)) == body


@given(st.sampled_from(RecordType), st.binary(max_size=100))
def test_any_bytes_are_a_body_or_refused(kind: RecordType, data: bytes) -> None:
    try:
        body = decode_body_untrusted(kind, data)
    except (Malformed, LimitExceeded):
        return
    assert encode_body(kind, body) == data


@given(typed_bodies, st.data())
def test_an_altered_body_is_another_body_or_refused(
    typed: tuple[RecordType, Body], data: st.DataObject
) -> None:
    kind, body = typed
    plain = bytearray(encode_body(kind, body))
    plain[data.draw(st.integers(0, len(plain) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        altered = decode_body_untrusted(kind, bytes(plain))
    except (Malformed, LimitExceeded):
        return
    assert altered != body
    assert encode_body(kind, altered) == bytes(plain)


def test_a_box_holds_a_literal_of_64_kib_and_no_more() -> None:
    most = 65_536 + 40
    decode_body_untrusted(RecordType.RELEASE, samples.release_with([["A", bytes(most)]]))
    with pytest.raises(Malformed):
        decode_body_untrusted(RecordType.RELEASE, samples.release_with([["A", bytes(most + 1)]]))


def test_an_unknown_type_has_no_body() -> None:
    with pytest.raises(Malformed):
        decode_body_untrusted(70, canonical.encode([1, ""]))


def test_a_release_shows_no_box() -> None:
    text = repr(samples.bodies()[RecordType.RELEASE])
    assert "box" not in text
    assert "API_URL" not in text
