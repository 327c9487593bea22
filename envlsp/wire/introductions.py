"""What is said between two devices of which one holds no record of the team yet (PROTOCOL E.2, G).

    link       base32(team32 ‖ invite32 ‖ seed16 ‖ server)                         a person carries it
    KNOCK      [dpk32, xpk32, nonce16, ts, inv_sig64, sig64]                        joiner -> room of the link
    CARD       [team32, dpk32, xpk32, to32, ts, answer, sig64]                      member -> who knows nobody
    REQUEST    [team32, dpk32, to32, invite32, ts, pop64, name, label, sig64]       joiner -> courier

Shapes and limits only: keys, seals and signatures are `crypto.introductions`. The arrays
that are signed differ in length or in the sizes of their fields from each other, from
beacons and from signals, so a signature on one says nothing in another.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NewType, TypeVar

from envlsp.domain.ids import BoxPk, DevicePk, RecordId, TeamId
from envlsp.errors import BadText
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.join import PERSON_MAX_BYTES, SERVER_MAX_BYTES
from envlsp.wire.limits import BLOB_MAX_BYTES, LABEL_MAX_BYTES
from envlsp.wire.shape import Shape, as_array, enum, exactly, record_of, text, uint
from envlsp.wire.signaling_messages import RoomId

LinkSeed = NewType("LinkSeed", bytes)
"""16 random bytes from which the key of an invitation link derives; whoever has them may join."""

SEED_BYTES: Final = 16
LINK_PREFIX: Final = "envlsp://join#"
LINK_MAX: Final = 1_024
"""Letters of a link: the longest legal one has 551."""
_FIXED_BYTES: Final = 32 + 32 + SEED_BYTES

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation that a person carries. Its text is as good as a key until it is used."""

    team: TeamId
    invite: RecordId
    seed: LinkSeed = field(repr=False)
    server: str
    """Where to meet; empty if the joiner must know."""


class Answer(IntEnum):
    """What a member says to somebody who comes with nothing but keys."""

    COME = 0
    USED = 1
    CANCELLED = 2
    EXPIRED = 3
    OTHER_ADDRESS = 4
    FULL = 5
    UNABLE = 6


@dataclass(frozen=True, slots=True)
class Knock:
    """A joiner's announcement: fresh keys, and the proof that the link is theirs."""

    dpk: DevicePk
    xpk: BoxPk
    nonce: bytes
    ts: int
    inv_sig: bytes


@dataclass(frozen=True, slots=True)
class Card:
    """A member's device, to somebody who cannot look it up; a claim until the records say so."""

    team: TeamId
    dpk: DevicePk
    xpk: BoxPk
    to: DevicePk
    ts: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Who the joiner is, to the one courier they chose, once they have the team's records."""

    team: TeamId
    dpk: DevicePk
    to: DevicePk
    invite: RecordId
    ts: int
    pop: bytes
    name: str
    label: str


_dpk, _xpk, _team = exactly(32, DevicePk), exactly(32, BoxPk), exactly(32, TeamId)
_sig: Final = exactly(64, bytes)
_KNOCK: Final = record_of(Knock, _dpk, _xpk, exactly(16, bytes), uint(), _sig)
_CARD: Final = record_of(Card, _team, _dpk, _xpk, _dpk, uint(), enum(Answer))
_REQUEST: Final = record_of(
    JoinRequest,
    _team,
    _dpk,
    _dpk,
    exactly(32, RecordId),
    uint(),
    _sig,
    # A stranger's words end on a terminal: no control characters, no line ends.
    text(PERSON_MAX_BYTES, str.isprintable),
    text(LABEL_MAX_BYTES, str.isprintable),
)


# --- links -------------------------------------------------------------------------------------


def to_link_text(link: Link) -> str:
    """Return the text of a link: lower case, without padding."""
    data = link.team + link.invite + link.seed + link.server.encode()
    return LINK_PREFIX + base64.b32encode(data).decode().rstrip("=").lower()


def from_link_text_untrusted(line: str) -> Link:
    """Return the link that somebody pasted; case and blanks around it do not matter.

    Raises:
        BadText: it is none. Never quotes the text.
    """
    line = line.strip()
    prefix, letters = line[: len(LINK_PREFIX)], line[len(LINK_PREFIX) :]
    if prefix.lower() != LINK_PREFIX or len(line) > LINK_MAX:
        raise BadText(f"a link that begins with {LINK_PREFIX} is expected")
    try:
        data = base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))
        server = data[_FIXED_BYTES:].decode("ascii")
    except (binascii.Error, ValueError):
        raise BadText("the link is cut short, or has a slip in it") from None
    link = Link(TeamId(data[:32]), RecordId(data[32:64]), LinkSeed(data[64:_FIXED_BYTES]), server)
    if len(data) < _FIXED_BYTES or len(server) > SERVER_MAX_BYTES or not server.isprintable():
        raise BadText("the link is cut short, or has a slip in it")
    if to_link_text(link)[len(LINK_PREFIX) :] != letters.lower():
        raise BadText("the link is cut short, or has a slip in it")  # one byte form: no stray bits
    return link


# --- messages ----------------------------------------------------------------------------------


def knock_signed_part(knock: Knock, room: RoomId) -> bytes:
    """Return what a joiner signs. The room is part of it, so it says nothing elsewhere."""
    return encode([room, *as_array(_KNOCK.dump(knock))])


def signed_part(said: Card | JoinRequest) -> bytes:
    """Return what the sender of a card or a request signs."""
    return encode(_CARD.dump(said) if isinstance(said, Card) else _REQUEST.dump(said))


def encode_knock(knock: Knock, signature: bytes) -> bytes:
    """Return the plaintext of a joiner's announcement."""
    return encode([*as_array(_KNOCK.dump(knock)), signature])


def encode_said(said: Card | JoinRequest, signature: bytes) -> bytes:
    """Return the plaintext of a card or a request."""
    dumped = _CARD.dump(said) if isinstance(said, Card) else _REQUEST.dump(said)
    return encode([*as_array(dumped), signature])


def decode_knock_untrusted(data: bytes) -> tuple[Knock, bytes]:
    """Return an announcement and the signature it claims, neither checked.

    Raises:
        Malformed: not the one byte form of one.
    """
    return _split(data, _KNOCK)


def decode_card_untrusted(data: bytes) -> tuple[Card, bytes]:
    """Return a card and the signature it claims, neither checked.

    Raises:
        Malformed: not the one byte form of one.
    """
    return _split(data, _CARD)


def decode_request_untrusted(data: bytes) -> tuple[JoinRequest, bytes]:
    """Return a request and the signature it claims, neither checked.

    Raises:
        Malformed: not the one byte form of one, or words with control characters.
        LimitExceeded: longer words than anybody needs.
    """
    return _split(data, _REQUEST)


def _split(data: bytes, shape: Shape[T]) -> tuple[T, bytes]:
    parts = as_array(decode_untrusted(data, limit_bytes=BLOB_MAX_BYTES))
    return shape.load(parts[:-1]), _sig.load(parts[-1] if parts else b"")
