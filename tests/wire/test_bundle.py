"""CI bundles as bytes; `tests/crypto/test_bundle.py` opens them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import RecordId
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.bundle import (
    Bundle,
    decode_bundle_untrusted,
    decode_content_untrusted,
    encode_bundle,
    encode_content,
    signed_part,
)
from tests.support.samples import ALICE, content, fixed

BUNDLE = Bundle(
    RecordId(fixed("release")),
    3,
    "shop",
    "api",
    "prod",
    10,
    20,
    ALICE.dpk,
    fixed("key", 80),
    fixed("box", 60),
)
SIG = fixed("sig", 64)


def test_a_bundle_is_read_as_it_was_written() -> None:
    assert decode_bundle_untrusted(encode_bundle(BUNDLE, SIG)) == (BUNDLE, SIG)


def test_what_is_signed_is_the_array_without_its_signature() -> None:
    whole = canonical.decode_untrusted(encode_bundle(BUNDLE, SIG), limit_bytes=10_000)
    assert isinstance(whole, list)
    assert canonical.encode(whole[:-1]) == signed_part(BUNDLE)
    assert whole[:2] == ["envlsp-ci", 1]


@given(st.integers(0, 300), st.integers(1, 255))
def test_an_altered_bundle_is_another_or_refused(place: int, flip: int) -> None:
    data = bytearray(encode_bundle(BUNDLE, SIG))
    data[place % len(data)] ^= flip
    try:
        found = decode_bundle_untrusted(bytes(data))
    except (Malformed, LimitExceeded):
        return
    assert found != (BUNDLE, SIG)


def test_content_with_and_without_a_layout() -> None:
    whole = content().snapshot
    assert decode_content_untrusted(encode_content(whole)) == whole
    bare = Snapshot({SecretName("A"): SecretText("1")})
    assert decode_content_untrusted(encode_content(bare)) == bare


def test_content_with_a_nul_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_content_untrusted(canonical.encode([[["A", b"a\0b"]], b""]))
