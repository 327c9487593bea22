"""The pairing string of a blind replica: what its operator reads out to a member (PROTOCOL E.4).

    "rp1…"      bech32 over the canonical array [dpk32, xpk32, room32]

Whoever has it can meet the replica, and give it a team to keep. Believes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from envlsp.domain.ids import BoxPk, DevicePk
from envlsp.errors import BadText, Malformed
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.shape import exactly, record_of
from envlsp.wire.text import from_text, to_text

PAIRING_PREFIX: Final = "rp"
PAIRING_BYTES: Final = 103
"""An array of three byte strings of 32."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """A replica's keys, and the 32 bytes of the room that it waits in."""

    dpk: DevicePk
    xpk: BoxPk
    room: bytes = field(repr=False)


_SHAPE: Final = record_of(Pairing, exactly(32, DevicePk), exactly(32, BoxPk), exactly(32, bytes))


def encode_pairing(pairing: Pairing) -> bytes:
    """Return the 103 bytes of a pairing."""
    return encode(_SHAPE.dump(pairing))


def decode_pairing_untrusted(data: bytes) -> Pairing:
    """Return the pairing that bytes stand for.

    Raises:
        Malformed: not its one byte form.
    """
    return _SHAPE.load(decode_untrusted(data, limit_bytes=PAIRING_BYTES))


def to_pairing_text(pairing: Pairing) -> str:
    """Return the text that a person pastes: `rp1…`."""
    return to_text(PAIRING_PREFIX, encode_pairing(pairing))


def from_pairing_text_untrusted(text: str) -> Pairing:
    """Return the pairing that somebody pasted.

    Raises:
        BadText: it is none, or has a slip in it.
    """
    try:
        return decode_pairing_untrusted(from_text(PAIRING_PREFIX, text, size=PAIRING_BYTES))
    except Malformed as exc:
        raise BadText("cut short, or has a slip in it") from exc
