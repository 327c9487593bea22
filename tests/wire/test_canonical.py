"""One byte form per value, and nothing but `Malformed` for everything else."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import BadText, Malformed
from envlsp.wire import canonical

values = st.recursive(
    st.integers(0, 2**53) | st.binary(max_size=40) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=5),
    max_leaves=20,
)


def depth(value: Any) -> int:
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(values.filter(lambda value: depth(value) <= 8))
def test_what_is_written_is_read_again(value: Any) -> None:
    assert canonical.decode_untrusted(canonical.encode(value), limit_bytes=10_000) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_canonical_or_malformed(data: bytes) -> None:
    try:
        value = canonical.decode_untrusted(data, limit_bytes=100)
    except Malformed:
        return
    assert canonical.encode(value) == data


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.binary(max_size=2), inner, max_size=2),
        max_leaves=8,
    )
)
def test_any_msgpack_is_canonical_or_malformed(value: Any) -> None:
    data = msgpack.packb(value)
    try:
        again = canonical.decode_untrusted(data, limit_bytes=10_000)
    except Malformed:
        return
    assert canonical.encode(again) == data


def test_bytes_and_text_are_not_the_same() -> None:
    assert canonical.encode(b"a") != canonical.encode("a")


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(BadText):
        canonical.encode("\udc80")


def test_more_than_the_limit_is_refused_unread() -> None:
    with pytest.raises(Malformed, match="at most 3"):
        canonical.decode_untrusted(b"\xff" * 4, limit_bytes=3)
