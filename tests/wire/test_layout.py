"""Layouts: one byte form, and the file comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.release import Layout
from envlsp.domain.secret import SecretName
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire import canonical
from envlsp.wire.layout import decode_layout_untrusted, encode_layout
from envlsp.wire.limits import ENTRIES_MAX, LAYOUT_MAX_BYTES
from tests.support.shapes import layouts


@given(layouts())
def test_a_layout_is_read_as_it_was_written(layout: Layout) -> None:
    assert decode_layout_untrusted(encode_layout(layout)) == layout


@given(st.binary(max_size=80))
def test_any_bytes_are_a_layout_or_refused(data: bytes) -> None:
    try:
        layout = decode_layout_untrusted(data)
    except (Malformed, LimitExceeded):
        return
    assert encode_layout(layout) == data


def test_runs_that_touch_are_joined_and_empty_ones_left_out() -> None:
    name = SecretName("A")
    messy = Layout("node", (b"", b"# a\n", b"A=", name, b"", b"\n"))
    assert decode_layout_untrusted(encode_layout(messy)).parts == (b"# a\nA=", name, b"\n")


def test_a_layout_has_at_most_256_kib() -> None:
    frame = len(encode_layout(Layout("node", (bytes(LAYOUT_MAX_BYTES - 100),)))) - (LAYOUT_MAX_BYTES - 100)
    longest = Layout("node", (bytes(LAYOUT_MAX_BYTES - frame),))
    assert decode_layout_untrusted(encode_layout(longest)) == longest
    with pytest.raises(LimitExceeded):
        encode_layout(Layout("node", (bytes(LAYOUT_MAX_BYTES - frame + 1),)))


def test_a_layout_has_at_most_a_slot_for_each_entry() -> None:
    parts: list[canonical.Value] = []
    for number in range(ENTRIES_MAX + 1):
        parts += [b"\n", [f"N{number}"]]
    with pytest.raises(LimitExceeded):
        decode_layout_untrusted(canonical.encode([1, "node", parts]))


def test_a_layout_shows_no_part() -> None:
    assert "old-value" not in repr(Layout("node", (b"# old-value\n",)))
