"""Pairing strings: one form, and every slip of the pen refused."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import BadText, Malformed
from envlsp.wire.canonical import encode
from envlsp.wire.replicas import (
    PAIRING_BYTES,
    Pairing,
    decode_pairing_untrusted,
    encode_pairing,
    from_pairing_text_untrusted,
    to_pairing_text,
)
from envlsp.wire.text import to_text

PAIRING = Pairing(DevicePk(b"\x01" * 32), BoxPk(b"\x02" * 32), b"\x03" * 32)


def test_a_pairing_survives_being_pasted() -> None:
    text = to_pairing_text(PAIRING)
    assert len(encode_pairing(PAIRING)) == PAIRING_BYTES
    assert from_pairing_text_untrusted(f"  {text}\n") == PAIRING
    assert from_pairing_text_untrusted(text.upper()) == PAIRING


def test_the_room_is_not_shown_by_accident() -> None:
    assert "03" * 4 not in repr(PAIRING)
    assert "\\x03" not in repr(PAIRING)


@pytest.mark.parametrize("place", (0, 5, 60, -1))
def test_a_slip_is_refused_and_not_repeated(place: int) -> None:
    text = to_pairing_text(PAIRING)
    letter = "q" if text[place] != "q" else "p"
    altered = text[:place] + letter + text[place:][1:] if place >= 0 else text[:-1] + letter
    with pytest.raises(BadText) as refused:
        from_pairing_text_untrusted(altered)
    assert altered not in str(refused.value)


@pytest.mark.parametrize(
    "data",
    (
        encode([b"\x01" * 32, b"\x02" * 32]),
        encode([b"\x01" * 32, b"\x02" * 32, b"\x03" * 31, 0]),
        encode([b"\x01" * 31, b"\x02" * 33, b"\x03" * 32]),
        bytes(PAIRING_BYTES),
    ),
)
def test_what_has_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_pairing_untrusted(data)
    with pytest.raises(BadText):
        from_pairing_text_untrusted(to_text("rp", data))


def test_a_team_is_no_pairing() -> None:
    with pytest.raises(BadText):
        from_pairing_text_untrusted(to_text("tm", bytes(32)))
