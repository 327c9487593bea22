"""Headers and records: one byte form, every rule of the shape, no other error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import TEAM_SCOPE, EpochId, RecordId
from envlsp.domain.ledger.records import (
    Header,
    Keys,
    RecordType,
    Release,
    Revoke,
    ScopeSet,
    Unknown,
)
from envlsp.errors import LimitExceeded, Malformed, UpgradeNeeded
from envlsp.wire.records import (
    DecodedRecord,
    carries_own_epoch,
    decode_header_untrusted,
    decode_record_again,
    decode_record_untrusted,
    encode_header,
    encode_record,
    own_scope,
    type_of,
)
from tests.support import samples
from tests.support.shapes import headers

REFUSALS = (Malformed, LimitExceeded, UpgradeNeeded)


@given(headers())
def test_a_header_is_read_as_it_was_written(header: Header) -> None:
    assert decode_header_untrusted(encode_header(header)) == header


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_refused(data: bytes) -> None:
    try:
        header = decode_header_untrusted(data)
    except REFUSALS:
        return
    assert encode_header(header) == data


@given(headers(), st.data())
def test_an_altered_header_is_another_header_or_refused(header: Header, data: st.DataObject) -> None:
    hdr = bytearray(encode_header(header))
    place = data.draw(st.integers(0, len(hdr) - 1))
    hdr[place] ^= data.draw(st.integers(1, 255))
    try:
        altered = decode_header_untrusted(bytes(hdr))
    except REFUSALS:
        return
    assert altered != header or isinstance(altered.pub, Unknown)
    if not isinstance(altered.pub, Unknown):
        assert encode_header(altered) == bytes(hdr)


@given(headers(), st.binary(max_size=80), st.binary(min_size=64, max_size=64))
def test_a_record_is_read_as_it_was_written(header: Header, body: bytes, sig: bytes) -> None:
    hdr = encode_header(header)
    raw = encode_record(hdr, body, sig)
    without_key = body and not (header.epoch or carries_own_epoch(header.pub))
    if without_key or (header.epoch and not body):
        with pytest.raises(Malformed):
            decode_record_untrusted(raw)
        return
    assert decode_record_untrusted(raw) == DecodedRecord(header, hdr, body, sig, len(raw))
    assert decode_record_again(raw) == decode_record_untrusted(raw)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    with pytest.raises(REFUSALS):
        decode_record_untrusted(data)


def test_lists_that_are_sets_come_out_sorted() -> None:
    header = decode_record_untrusted(samples.record(RecordType.RELEASE)[0]).header
    one, two = sorted(RecordId(samples.fixed(label)) for label in ("a", "b"))
    messy = replace(header, parents=(two, one))
    assert decode_header_untrusted(encode_header(messy)).parents == (one, two)


@pytest.mark.parametrize("head", (b"\x94", b"\xdc\x00\x03", b"\x92"))
def test_a_record_is_an_array_of_three(head: bytes) -> None:
    with pytest.raises(Malformed):
        decode_record_untrusted(head + samples.GENESIS_RAW[1:])


def test_a_record_with_an_over_long_length_is_refused() -> None:
    decoded = decode_record_untrusted(samples.GENESIS_RAW)
    assert samples.GENESIS_RAW[-66:-64] == b"\xc4\x40"
    with pytest.raises(Malformed):
        decode_record_untrusted(samples.GENESIS_RAW[:-66] + b"\xc5\x00\x40" + decoded.sig)


def test_a_record_belongs_to_the_scope_in_its_pub_or_to_the_team() -> None:
    assert own_scope(Release(samples.SCOPE)) == samples.SCOPE
    assert own_scope(ScopeSet(samples.SCOPE, (), ())) == samples.SCOPE
    assert own_scope(Revoke((), ())) == TEAM_SCOPE


def test_a_link_of_a_keys_record_names_both_epochs() -> None:
    header = decode_record_untrusted(samples.record(RecordType.KEYS)[0]).header
    assert isinstance(header.pub, Keys)
    bare = replace(header.pub.links[0], new=EpochId(b""))
    with pytest.raises(Malformed):
        decode_header_untrusted(encode_header(replace(header, pub=Keys((), (bare,)))))


def test_every_type_has_a_sample() -> None:
    assert set(samples.pubs()) == set(RecordType) == set(samples.bodies())
    assert all(type_of(pub) is kind for kind, pub in samples.pubs().items())
