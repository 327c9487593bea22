"""Text forms of bytes: what people type, read aloud and paste.

`prefix ‖ "1" ‖ data ‖ checksum` in bech32's alphabet, which leaves out what looks
alike (1, b, i, o), with its 6-letter checksum. Not limited to 90 letters: in longer
texts the checksum still finds a slip with odds of a billion to one. The short ids of
releases have no checksum and are `domain.versions`' business.
"""

from __future__ import annotations

from typing import Final

from envlsp.domain.ids import TeamId
from envlsp.errors import BadText

TEAM_PREFIX: Final = "tm"
TEXT_MAX: Final = 32_768  # letters of one pasted text
FINGERPRINT_GROUPS: Final = 4  # of four letters: 80 bits, beyond what anyone can search for

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def to_text(prefix: str, data: bytes) -> str:
    """Return `data` as text that begins with `prefix` and ends with a checksum."""
    import bech32

    five_bit = bech32.convertbits(data, 8, 5)
    assert five_bit is not None
    return str(bech32.bech32_encode(prefix, five_bit))


def from_text(prefix: str, text: str, *, size: int | None = None) -> bytes:
    """Return the bytes that `text` stands for; case and blanks around it do not matter.

    Args:
        prefix: the only one accepted.
        text: what somebody typed.
        size: how many bytes there must be, if that is known.

    Raises:
        BadText: another prefix, a slip, or another size. Never quotes the text.
    """
    import bech32

    if len(text) > TEXT_MAX:
        raise BadText(f"longer than {TEXT_MAX} letters")
    found, five_bit = bech32.bech32_decode(text.strip())
    if found is None or five_bit is None:
        raise BadText(f"not a text that begins with {prefix}1, or a slip in it")
    if found != prefix:
        raise BadText(f"a text that begins with {prefix}1 is expected")
    data = bech32.convertbits(five_bit, 5, 8, pad=False)
    if data is None or (size is not None and len(data) != size):
        raise BadText("cut short, or too long")
    return bytes(data)


def to_team_text(team: TeamId) -> str:
    """Return what `ev.yaml` calls a team: `tm1…`."""
    return to_text(TEAM_PREFIX, team)


def from_team_text(text: str) -> TeamId:
    """Return the team that `tm1…` names.

    Raises:
        BadText: it names none.
    """
    return TeamId(from_text(TEAM_PREFIX, text, size=32))


def fingerprint_text(fingerprint: bytes) -> str:
    """Return the first 80 bits of a device's fingerprint as `xxxx-xxxx-xxxx-xxxx`."""
    letters = _letters(fingerprint, 4 * FINGERPRINT_GROUPS)
    return "-".join(letters[place : place + 4] for place in range(0, len(letters), 4))


def _letters(data: bytes, count: int) -> str:
    """Return the first `5 * count` bits of `data`, five to a letter."""
    bits = int.from_bytes(data, "big") >> (len(data) * 8 - count * 5)
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(count)))
