"""Links, and how two devices meet of which one holds no record of the team yet.

A link's seed gives a key pair; the ledger holds the public half. The joiner proves with it
that the link is theirs, and binds it to their fresh keys. A member answers with a card:
who it is and what to seal messages to. Neither is believed for it: the joiner judges the
records that come, from the team id in the link; the courier asks the ledger.

Spec: docs/protocol.md, "E.2 Fallback: invitation link" and "G. Signaling".
"""

from __future__ import annotations

from dataclasses import dataclass

from envlsp.crypto.device import DeviceKeys
from envlsp.crypto.labels import hash32, kdf
from envlsp.crypto.primitives import (
    BOX_OVERHEAD_BYTES,
    SEAL_OVERHEAD_BYTES,
    BoxKey,
    SigningKey,
    is_valid_ed25519,
    is_valid_x25519,
    open_box,
    open_seal,
    random_bytes,
    seal_box,
    seal_to,
    signing_key,
)
from envlsp.crypto.rendezvous import fill, unfill
from envlsp.crypto.signing import inv_digest, sign, verify
from envlsp.domain.ids import BoxPk, DevicePk, RecordId, TeamId
from envlsp.errors import CannotOpen
from envlsp.wire.introductions import (
    SEED_BYTES,
    Card,
    JoinRequest,
    Knock,
    Link,
    LinkSeed,
    decode_card_untrusted,
    decode_knock_untrusted,
    decode_request_untrusted,
    encode_knock,
    encode_said,
    knock_signed_part,
    signed_part,
)
from envlsp.wire.signaling_messages import RoomId
from envlsp.wire.signals import NONCE_BYTES


@dataclass(frozen=True, slots=True)
class Claim:
    """What a joiner proves with a link."""

    team: TeamId
    invite: RecordId
    inv_pk: DevicePk


def new_seed() -> LinkSeed:
    """Return the seed of a new link."""
    return LinkSeed(random_bytes(SEED_BYTES))


def link_key(seed: LinkSeed) -> SigningKey:
    """Return the key pair of a link: `Ed25519(KDF(seed16, "inv"))`."""
    return signing_key(kdf(seed, "inv"))


def claim_of(link: Link) -> Claim:
    """Return what a link lets its holder claim."""
    return Claim(link.team, link.invite, link_key(link.seed).public)


def claim_signature(link: Link, keys: DeviceKeys) -> bytes:
    """Return `inv_sig`: the link's word for these keys, which `admit` carries."""
    return sign(link_key(link.seed), "inv", inv_digest(link.team, link.invite, keys.dpk, keys.xpk))


# --- a joiner announces itself -----------------------------------------------------------------


def seal_knock(link: Link, keys: DeviceKeys, room: RoomId, unix_s: int) -> bytes:
    """Return a blob that tells the room of a link who is there; it holds nobody's name."""
    knock = Knock(keys.dpk, keys.xpk, random_bytes(NONCE_BYTES), unix_s, claim_signature(link, keys))
    signature = sign(keys.sign, "sig", hash32("sig", knock_signed_part(knock, room)))
    key = kdf(link_key(link.seed).public, "beacon")
    return seal_box(fill(encode_knock(knock, signature), BOX_OVERHEAD_BYTES), key)


def open_knock(blob: bytes, claim: Claim, room: RoomId) -> Knock:
    """Return who announced itself with a link.

    Raises:
        CannotOpen: not for this link's room, altered, or keys that are no points.
        BadSignature: not by these keys, or by nobody who has the link.
        Malformed: no announcement.
    """
    knock, signature = decode_knock_untrusted(unfill(open_box(blob, kdf(claim.inv_pk, "beacon"))))
    if not is_valid_ed25519(knock.dpk) or not is_valid_x25519(knock.xpk):
        raise CannotOpen
    verify(knock.dpk, "sig", hash32("sig", knock_signed_part(knock, room)), signature)
    verify(claim.inv_pk, "inv", inv_digest(claim.team, claim.invite, knock.dpk, knock.xpk), knock.inv_sig)
    return knock


# --- a member answers, a joiner asks -----------------------------------------------------------


def seal_card(card: Card, device: SigningKey, target: BoxPk) -> bytes:
    """Return a blob that only the one who came reads; `card.dpk` is this device."""
    return _seal(card, device, target)


def seal_request(request: JoinRequest, device: SigningKey, courier: BoxPk) -> bytes:
    """Return a blob that only the chosen courier reads; `request.dpk` is the joiner's device."""
    return _seal(request, device, courier)


def open_card(blob: bytes, box: BoxKey, *, own: DevicePk, team: TeamId | None) -> Card:
    """Return who answered. A claim: anybody who knows the room can make one.

    Args:
        blob: as it came.
        box: ours.
        own: this device.
        team: which it must be about; None where the card is to say that.

    Raises:
        CannotOpen: sealed to another key, altered, for another device or team.
        BadSignature: the device it names did not say so.
        Malformed: no card.
    """
    card, signature = decode_card_untrusted(unfill(open_seal(blob, box)))
    if card.to != own or card.team != (team or card.team) or card.dpk == own:
        raise CannotOpen
    if not is_valid_ed25519(card.dpk) or not is_valid_x25519(card.xpk):
        raise CannotOpen
    verify(card.dpk, "sig", hash32("sig", signed_part(card)), signature)
    return card


def open_request(blob: bytes, box: BoxKey, *, own: DevicePk, team: TeamId) -> JoinRequest:
    """Return who asks to be admitted by this device.

    Raises:
        CannotOpen: sealed to another key, altered, for another device or team.
        BadSignature: the device it names did not say so.
        Malformed, LimitExceeded: no request.
    """
    request, signature = decode_request_untrusted(unfill(open_seal(blob, box)))
    if request.to != own or request.team != team or request.dpk == own:
        raise CannotOpen
    verify(request.dpk, "sig", hash32("sig", signed_part(request)), signature)
    return request


def _seal(said: Card | JoinRequest, device: SigningKey, target: BoxPk) -> bytes:
    assert said.dpk == device.public, "it is signed by its sender"
    signature = sign(device, "sig", hash32("sig", signed_part(said)))
    return seal_to(fill(encode_said(said, signature), SEAL_OVERHEAD_BYTES), target)
