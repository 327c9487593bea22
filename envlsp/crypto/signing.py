"""Signatures with a purpose, and the one gate that bytes pass to become a record.

What a signature is for is part of what is signed, so none is ever valid for two
purposes. `check` holds every rule that one record's bytes and keys can break by
themselves: hash, signature, possession of new keys, keys that are points. Whatever
needs another record, or an opened body, is left to `domain.ledger`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from envlsp.crypto.labels import hash32, u64be
from envlsp.crypto.primitives import (
    SigningKey,
    check_bytes,
    is_valid_ed25519,
    is_valid_x25519,
    sign_bytes,
)
from envlsp.domain.ids import (
    NO_EPOCH,
    NO_OWNER,
    NO_TEAM,
    BoxPk,
    DevicePk,
    EpochId,
    RecordId,
    ScopeId,
    TeamId,
    UserId,
)
from envlsp.domain.ledger.records import (
    Admit,
    CheckedRecord,
    DeviceAdd,
    EnvNote,
    Genesis,
    Grant,
    Header,
    Invite,
    Pub,
    Release,
    RootReplace,
    ScopeSet,
    carried_epochs,
)
from envlsp.errors import BadSignature, RecordRefused
from envlsp.wire.records import (
    DecodedRecord,
    decode_record_again,
    decode_record_untrusted,
    encode_header,
    encode_record,
    type_of,
)

Purpose = Literal["rec", "pop", "inv", "attest", "hs", "sig", "bundle"]
"""A record, possession of a key, an invitee's claim, an attestation, a handshake,
a signaling payload, a CI bundle."""

_DOMAIN: Final = b"envlsp1\0"


class PopPurpose(IntEnum):
    """What a proof of possession may be used for; one is never good for another."""

    JOIN = 1
    DEVICE_ADD = 2
    ROOT = 3


# --- signatures -------------------------------------------------------------------------------


def signed_bytes(purpose: Purpose, digest: bytes) -> bytes:
    r"""Return the message that Ed25519 signs: `"envlsp1\0"‖purpose‖"\0"‖digest32`."""
    assert len(digest) == 32, "a digest is signed, never a message"
    return _DOMAIN + purpose.encode() + b"\0" + digest


def sign(key: SigningKey, purpose: Purpose, digest: bytes) -> bytes:
    """Return the 64-byte signature of a 32-byte digest for one purpose.

    Spec: docs/protocol.md, "B.2 Hash, KDF, signature, encoding".
    """
    return sign_bytes(signed_bytes(purpose, digest), key)


def verify(public: DevicePk, purpose: Purpose, digest: bytes, signature: bytes) -> None:
    """Check a signature.

    Raises:
        BadSignature: other key, other purpose, other digest, or altered.
    """
    check_bytes(signed_bytes(purpose, digest), signature, public)


def pop_digest(team: TeamId, purpose: PopPurpose, owner: UserId, dpk: DevicePk, xpk: BoxPk) -> bytes:
    """Return what the owner of new keys signs to prove that they hold them."""
    return hash32("pop", team + bytes((purpose,)) + owner + dpk + xpk)


def inv_digest(team: TeamId, invite: RecordId, dpk: DevicePk, xpk: BoxPk) -> bytes:
    """Return what the key inside an invitation link signs for a joiner."""
    return hash32("inv", team + invite + dpk + xpk)


# --- ids --------------------------------------------------------------------------------------


def record_id(hdr: bytes) -> RecordId:
    """Return the id of the record with these header bytes: `H("rec", hdr)`."""
    return RecordId(hash32("rec", hdr))


def body_hash(body: bytes) -> bytes:
    """Return what a header says about its body: `H("body", body)`."""
    return hash32("body", body)


def epoch_id(record: RecordId, index: int) -> EpochId:
    """Return the id of the epoch at `index` (from 0) in a record: `H("eid", id‖u8 index)`."""
    return EpochId(hash32("eid", record + bytes((index,))))


def user_id(dpk: DevicePk) -> UserId:
    """Return the id of the user whose first device this is: `H("uid", dpk)[:16]`."""
    return UserId(hash32("uid", dpk)[:16])


def scope_id(team: TeamId, author: DevicePk, seq: int) -> ScopeId:
    """Return the scope that a scope_set of this author and seq creates."""
    return ScopeId(hash32("scope", team + author + u64be(seq))[:16])


# --- records ----------------------------------------------------------------------------------


def check(decoded: DecodedRecord, team: TeamId) -> CheckedRecord:
    """Return the record if everything holds that its own bytes can show.

    Args:
        decoded: from `wire.records.decode_record_untrusted`.
        team: the pinned id of the team; genesis must be it, all others name it.

    Raises:
        RecordRefused: another team's, or a new key that is not a good point.
        BadSignature: the author's signature, the body or a proof does not verify.

    Spec: docs/protocol.md, "B.3 Record", "C.2 Admission".
    """
    header, identity = decoded.header, record_id(decoded.hdr)
    is_genesis = isinstance(header.pub, Genesis)
    if (identity if is_genesis else header.team) != team:
        raise RecordRefused("a record of another team")
    if body_hash(decoded.body) != header.body_hash:
        raise BadSignature("the body is not the one that was signed")
    verify(header.author, "rec", identity, decoded.sig)
    _check_new_keys(header)
    _check_proofs(header)
    return _checked(decoded, identity)


def checked_before(raw: bytes, identity: RecordId) -> CheckedRecord:
    """Return again, without checking again, a record that `check` passed on this device.

    Args:
        raw: out of a row that this device sealed after the check; nobody without its
            local key can have put other bytes there.
        identity: the id that the row was sealed for.

    Raises:
        Malformed, LimitExceeded: it was no record after all.
    """
    return _checked(decode_record_again(raw), identity)


def _checked(decoded: DecodedRecord, identity: RecordId) -> CheckedRecord:
    header = decoded.header
    if isinstance(header.pub, Release | EnvNote):  # most are, and carry nothing
        return CheckedRecord(identity, header, len(decoded.body), size=decoded.size)
    return CheckedRecord(
        id=identity,
        header=header,
        body_size=len(decoded.body),
        epoch_ids=tuple(epoch_id(identity, index) for index in range(len(carried_epochs(header.pub)))),
        introduces=_introduced(header),
        derived_scope=_derived_scope(header),
        size=decoded.size,
    )


def _check_new_keys(header: Header) -> None:
    """Refuse a key that later records would stumble on: it would break every rotation."""
    signing: tuple[DevicePk, ...] = ()
    boxes: tuple[BoxPk, ...] = ()
    match header.pub:
        case Genesis() as pub:
            signing, boxes = (header.author, pub.root_sign), (pub.xpk, pub.root_box)
        case Grant() | DeviceAdd() | Admit() as pub:
            signing, boxes = (pub.dpk,), (pub.xpk,)
        case RootReplace() as pub:
            signing, boxes = (pub.root_sign,), (pub.root_box,)
        case Invite() as pub:
            signing = (pub.inv_pk,)
        case _:
            return
    if not all(map(is_valid_ed25519, signing)) or not all(map(is_valid_x25519, boxes)):
        raise RecordRefused("a new key is not a good point of its curve")


def _check_proofs(header: Header) -> None:
    match header.pub:
        case Grant() as pub:
            _check_request(header.team, pub)
        case Admit() as pub:
            digest = pop_digest(header.team, PopPurpose.JOIN, NO_OWNER, pub.dpk, pub.xpk)
            verify(pub.dpk, "pop", digest, pub.pop)
        case RootReplace() as pub:
            digest = pop_digest(header.team, PopPurpose.ROOT, NO_OWNER, pub.root_sign, pub.root_box)
            verify(pub.root_sign, "pop", digest, pub.pop)
        case _:
            pass


def _check_request(team: TeamId, grant: Grant) -> None:
    """Check the proof of a grant; a request string is made before the team is known."""
    try:
        verify(grant.dpk, "pop", pop_digest(team, PopPurpose.JOIN, NO_OWNER, grant.dpk, grant.xpk), grant.pop)
    except BadSignature:
        digest = pop_digest(NO_TEAM, PopPurpose.JOIN, NO_OWNER, grant.dpk, grant.xpk)
        verify(grant.dpk, "pop", digest, grant.pop)


def _introduced(header: Header) -> UserId | None:
    match header.pub:
        case Genesis():
            return user_id(header.author)
        case Grant() | Admit() as pub:
            return user_id(pub.dpk)
        case _:
            return None


def _derived_scope(header: Header) -> ScopeId | None:
    if not isinstance(header.pub, ScopeSet):
        return None
    return scope_id(header.team, header.author, header.seq)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new record goes: everything in its header but what it says."""

    team: TeamId
    seq: int
    height: int
    parents: tuple[RecordId, ...]


GENESIS_PLACE: Final = Place(NO_TEAM, seq=1, height=1, parents=())


def make_record(
    key: SigningKey, place: Place, pub: Pub, body: bytes = b"", epoch: EpochId = NO_EPOCH
) -> tuple[bytes, CheckedRecord]:
    """Return a new record, as bytes and as everyone else will see it.

    Args:
        key: the author's. A founder's genesis goes to `GENESIS_PLACE`; its id is the team's.
        place: after every head the author knows.
        pub: what it says in public.
        body: already sealed (`crypto.envelope`), or empty.
        epoch: what the body is sealed under; empty when `pub` carries that epoch.

    Raises:
        LimitExceeded, Malformed, RecordRefused, BadSignature: nobody would accept it.
    """
    header = Header(
        team=place.team,
        type=type_of(pub),
        author=key.public,
        seq=place.seq,
        height=place.height,
        parents=place.parents,
        epoch=epoch,
        body_hash=body_hash(body),
        pub=pub,
    )
    hdr = encode_header(header)
    identity = record_id(hdr)
    raw = encode_record(hdr, body, sign(key, "rec", identity))
    team = TeamId(identity) if isinstance(pub, Genesis) else place.team
    return raw, check(decode_record_untrusted(raw), team)


def check_untrusted(raw: bytes, team: TeamId) -> CheckedRecord:
    """Return the checked record that `raw` stands for: decode, then `check`.

    Raises:
        Malformed, LimitExceeded, UpgradeNeeded: the bytes.
        RecordRefused, BadSignature: the cryptography.
    """
    return check(decode_record_untrusted(raw), team)
