"""Headers and records: one byte form, every rule of the shape, no other error."""

from __future__ import annotations

import tracemalloc
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
from envlsp.errors import LimitExceeded, Malformed, Misuse, UpgradeNeeded
from envlsp.wire import canonical
from envlsp.wire.limits import HEADER_MAX_BYTES, RECORD_MAX_BYTES
from envlsp.wire.records import (
    DecodedRecord,
    carries_own_epoch,
    decode_header_untrusted,
    decode_record_untrusted,
    encode_header,
    encode_record,
    own_scope,
    type_of,
)
from tests.scripts.make_vectors import resigned
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
    assert decode_record_untrusted(raw) == DecodedRecord(header, hdr, body, sig)
    assert decode_record_untrusted(raw).size == len(raw)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    with pytest.raises(REFUSALS):
        decode_record_untrusted(data)


def test_lists_that_are_sets_come_out_sorted() -> None:
    header = decode_record_untrusted(samples.record(RecordType.RELEASE)[0]).header
    one, two = sorted(RecordId(samples.fixed(label)) for label in ("a", "b"))
    messy = replace(header, parents=(two, one))
    assert decode_header_untrusted(encode_header(messy)).parents == (one, two)


def test_case_1_unsorted_or_duplicate_parents_are_refused() -> None:
    one, two = sorted((samples.fixed("a"), samples.fixed("b")))
    for parents in ([two, one], [one, one]):
        with pytest.raises(Malformed, match="sorted"):
            decode_record_untrusted(resigned(RecordType.RELEASE, parents=list(parents)))


def test_case_8_an_unknown_type_below_64_asks_for_an_upgrade() -> None:
    for kind in (13, 40, 63):
        with pytest.raises(UpgradeNeeded):
            decode_record_untrusted(resigned(RecordType.RELEASE, type=kind))


def test_case_8_an_unknown_type_from_64_on_is_kept_byte_for_byte() -> None:
    raw = resigned(RecordType.RELEASE, body=b"anything", type=70, pub=[1, b"x", ["y"]])
    decoded = decode_record_untrusted(raw)
    assert decoded.header.pub == Unknown()
    assert encode_record(decoded.hdr, decoded.body, decoded.sig) == raw
    with pytest.raises(Misuse):
        encode_header(decoded.header)


def test_case_9_a_record_of_a_mebibyte_and_one_is_refused() -> None:
    hdr = decode_record_untrusted(samples.record(RecordType.RELEASE)[0]).hdr
    room = RECORD_MAX_BYTES - len(canonical.encode([hdr, bytes(70_000), bytes(64)])) + 70_000
    assert len(encode_record(hdr, bytes(room), bytes(64))) == RECORD_MAX_BYTES
    with pytest.raises(LimitExceeded):
        encode_record(hdr, bytes(room + 1), bytes(64))
    with pytest.raises(LimitExceeded):
        decode_record_untrusted(bytes(RECORD_MAX_BYTES + 1))


@pytest.mark.parametrize(
    "bomb",
    (
        b"\x93" + b"\x90" * 1_000_000,
        b"\x93\xc4\x00" + b"\x90" * 1_000_000,
        b"\xdd\x00\x0f\x42\x40" + b"\x90" * 1_000_000,
        b"\x93\xc6\xff\xff\xff\xff",
        b"\x93\xc4",
        b"\x93",
        b"",
    ),
)
def test_case_9_bombs_allocate_nothing(bomb: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(REFUSALS):
        decode_record_untrusted(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_500_000


@pytest.mark.parametrize("head", (b"\x94", b"\xdc\x00\x03", b"\x92"))
def test_a_record_is_an_array_of_three(head: bytes) -> None:
    with pytest.raises(Malformed):
        decode_record_untrusted(head + samples.GENESIS_RAW[1:])


def test_a_record_with_an_over_long_length_is_refused() -> None:
    decoded = decode_record_untrusted(samples.GENESIS_RAW)
    assert samples.GENESIS_RAW[-66:-64] == b"\xc4\x40"
    with pytest.raises(Malformed):
        decode_record_untrusted(samples.GENESIS_RAW[:-66] + b"\xc5\x00\x40" + decoded.sig)


def test_case_9_33_parents_are_refused() -> None:
    parents: list[canonical.Value] = [bytes((n,)) * 32 for n in range(1, 34)]
    with pytest.raises(LimitExceeded):
        decode_record_untrusted(resigned(RecordType.RELEASE, parents=parents))
    decode_record_untrusted(resigned(RecordType.RELEASE, parents=parents[:32]))


def test_case_9_a_header_of_more_than_64_kib_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        decode_header_untrusted(bytes(HEADER_MAX_BYTES + 1))


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
