"""The byte form of records (PROTOCOL B.3, B.4, A2).

    record = [hdr: bin, body: bin, sig: bin64]
    hdr    = [1, team32, type, author32, seq, height, [parent32...], epoch32 | bin0, body_hash32, pub]

Checks every rule that the bytes alone can break: sizes, ranges, counts, the order
of lists, what genesis must look like, when `epoch` is empty. It refuses to know
any cryptography (`crypto.signing`) and any other record (`domain.ledger`).
Bodies stay sealed; `wire.bodies` is what they hold once opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from envlsp.domain.ids import (
    NO_EPOCH,
    NO_TEAM,
    TEAM_SCOPE,
    BoxPk,
    DevicePk,
    EpochId,
    RecordId,
    ScopeId,
    TeamId,
    UserId,
)
from envlsp.domain.ledger.records import (
    FIRST_IGNORABLE_TYPE,
    Admit,
    DeviceAdd,
    DeviceRevoke,
    EnvNote,
    Epoch,
    Genesis,
    Grant,
    Header,
    Invite,
    InviteCancel,
    Keys,
    Link,
    Pub,
    RecordType,
    Release,
    Revoke,
    Role,
    RootReplace,
    Rotate,
    ScopeSet,
    Seal,
    SetRole,
    Unknown,
    carried_epochs,
)
from envlsp.errors import LimitExceeded, Malformed, Misuse, UpgradeNeeded
from envlsp.wire import canonical
from envlsp.wire.canonical import Value
from envlsp.wire.limits import (
    DEVICES_PER_RECORD_MAX,
    EPOCHS_PER_RECORD_MAX,
    HEADER_MAX_BYTES,
    LINKS_MAX,
    PARENTS_MAX,
    RECORD_MAX_BYTES,
    SCOPE_LINES_MAX,
    SEALS_MAX,
    USERS_MAX,
)
from envlsp.wire.shape import Shape, as_array, enum, exactly, maybe, record_of, set_of, tuple_of, uint

HEADER_VERSION: Final = 1
SIGNATURE_BYTES: Final = 64
SEALED_KEY_BYTES: Final = 80  # crypto_box_seal of a 32-byte key
LINK_BOX_BYTES: Final = 72  # nonce, tag and a 32-byte key
SALT_BYTES: Final = 16
_BIN_LENGTH_BYTES: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}  # msgpack's bin 8, 16 and 32


@dataclass(frozen=True, slots=True)
class DecodedRecord:
    """A record's parts, canonical in form and otherwise believed in nothing."""

    header: Header
    hdr: bytes
    """The header's own bytes: what is hashed and signed."""
    body: bytes
    sig: bytes
    size: int
    """Bytes of the whole record on the wire."""


# --- what stands in `pub` ---------------------------------------------------------------------

_device: Final = exactly(32, DevicePk)
_box_pk: Final = exactly(32, BoxPk)
_epoch_id: Final = exactly(32, EpochId)
_record_id: Final = exactly(32, RecordId)
_scope: Final = exactly(16, ScopeId)
_user: Final = exactly(16, UserId)
_signature: Final = exactly(SIGNATURE_BYTES, bytes)
_sealed: Final = exactly(SEALED_KEY_BYTES, bytes)
_link_box: Final = exactly(LINK_BOX_BYTES, bytes)
_role: Final = enum(Role)


def _links(new: Shape[Any]) -> Shape[tuple[Link, ...]]:
    shape = record_of(Link, _epoch_id, new, _link_box)
    return set_of(shape, lambda link: (link.old, link.new), 0, LINKS_MAX)


_epoch: Final = record_of(
    Epoch,
    _scope,
    uint(low=1),
    exactly(32, bytes),
    _links(exactly(0, EpochId)),
    set_of(tuple_of(_device, _sealed), lambda seal: seal[0], 1, SEALS_MAX),
)
_seals: Final = set_of(
    record_of(Seal, _epoch_id, _device, _sealed), lambda seal: (seal.epoch, seal.to), 0, SEALS_MAX
)


def _epochs(low: int, high: int = EPOCHS_PER_RECORD_MAX) -> Shape[tuple[Epoch, ...]]:
    return set_of(_epoch, lambda epoch: epoch.scope, low, high)


def _set(shape: Shape[Any], high: int) -> Shape[Any]:
    return set_of(shape, lambda item: item, 1, high)


_PUB: Final[dict[int, Shape[Any]]] = {
    RecordType.GENESIS: record_of(
        Genesis, _device, _box_pk, _box_pk, exactly(SALT_BYTES, bytes), _epochs(1, 1)
    ),
    RecordType.GRANT: record_of(Grant, _device, _box_pk, _signature, _role, _seals),
    RecordType.ROLE: record_of(SetRole, _user, _role, _epochs(0)),
    RecordType.REVOKE: record_of(Revoke, _set(_user, USERS_MAX), _epochs(0)),
    RecordType.DEVICE_ADD: record_of(DeviceAdd, _device, _box_pk, _signature, _seals),
    RecordType.DEVICE_REVOKE: record_of(DeviceRevoke, _set(_device, DEVICES_PER_RECORD_MAX), _epochs(0)),
    RecordType.INVITE: record_of(
        Invite, _device, enum(Role, Role.VIEWER, Role.DEVELOPER), uint(1, USERS_MAX)
    ),
    RecordType.INVITE_CANCEL: record_of(InviteCancel, _record_id),
    RecordType.ADMIT: record_of(Admit, _record_id, _device, _box_pk, _signature, _signature, _seals),
    RecordType.ROTATE: record_of(Rotate, _epochs(1)),
    RecordType.KEYS: record_of(Keys, _seals, _links(_epoch_id)),
    RecordType.ROOT_REPLACE: record_of(RootReplace, _device, _box_pk, _signature, _epochs(1)),
    RecordType.SCOPE_SET: record_of(
        ScopeSet,
        _scope,
        set_of(tuple_of(_user, _role), lambda line: line[0], 0, SCOPE_LINES_MAX),
        _epochs(0),
    ),
    RecordType.RELEASE: record_of(Release, _scope),
    RecordType.ENV: record_of(EnvNote, _scope),
}
"""One row for each type of B.4."""

_TYPE_OF: Final[dict[type, RecordType]] = {
    Genesis: RecordType.GENESIS,
    Grant: RecordType.GRANT,
    SetRole: RecordType.ROLE,
    Revoke: RecordType.REVOKE,
    DeviceAdd: RecordType.DEVICE_ADD,
    DeviceRevoke: RecordType.DEVICE_REVOKE,
    Invite: RecordType.INVITE,
    InviteCancel: RecordType.INVITE_CANCEL,
    Admit: RecordType.ADMIT,
    Rotate: RecordType.ROTATE,
    Keys: RecordType.KEYS,
    RootReplace: RecordType.ROOT_REPLACE,
    ScopeSet: RecordType.SCOPE_SET,
    Release: RecordType.RELEASE,
    EnvNote: RecordType.ENV,
}

_parents: Final = set_of(_record_id, lambda parent: parent, 0, PARENTS_MAX)
_team: Final = exactly(32, TeamId)
_body_hash: Final = exactly(32, bytes)
_counter: Final = uint(low=1)
_type: Final = uint(high=255)  # a byte in the context of a body's key
_epoch_or_none: Final = maybe(32, EpochId)


def type_of(pub: Pub) -> RecordType:
    """Return the type whose public part this is.

    Raises:
        Misuse: nobody writes a record of a type they do not know.
    """
    found = _TYPE_OF.get(type(pub))
    if found is None:
        raise Misuse("a record of an unknown type is never written")
    return found


def own_scope(pub: Pub) -> ScopeId:
    """Return the scope a record belongs to: the one its body is sealed for (A2)."""
    match pub:
        case ScopeSet() | Release() | EnvNote():
            return pub.scope
        case _:
            return TEAM_SCOPE


def carries_own_epoch(pub: Pub) -> bool:
    """Return whether a record brings a new epoch of its own scope."""
    return any(epoch.scope == own_scope(pub) for epoch in carried_epochs(pub))


# --- headers ----------------------------------------------------------------------------------


def encode_header(header: Header) -> bytes:
    """Return the canonical bytes of a header; lists that are sets come out sorted.

    Raises:
        Misuse: its type is unknown to this version.
    """
    kind = type_of(header.pub)
    return canonical.encode(
        [
            HEADER_VERSION,
            header.team,
            kind.value,
            header.author,
            header.seq,
            header.height,
            _parents.dump(header.parents),
            header.epoch,
            header.body_hash,
            _PUB[kind].dump(header.pub),
        ]
    )


def decode_header_untrusted(data: bytes) -> Header:
    """Return the header that `data` stands for.

    A type from 64 on that we do not know gives `Unknown`; its bytes are the only
    way to keep it.

    Raises:
        Malformed: not canonical, or a rule of the shape is broken.
        LimitExceeded: more of something than the format allows.
        UpgradeNeeded: another version, or an unknown type below 64.

    Spec: docs/protocol.md, "B.3 Record", "B.4 Types".
    """
    if len(data) > HEADER_MAX_BYTES:
        raise LimitExceeded(f"a header of {len(data)} bytes")
    return _load_header(canonical.decode_untrusted(data, limit_bytes=HEADER_MAX_BYTES))


def _load_header(value: Value) -> Header:
    fields = as_array(value)
    if fields and type(fields[0]) is int and fields[0] > HEADER_VERSION:
        raise UpgradeNeeded("a record of a later version")
    version, team, kind, author, seq, height, parents, epoch, body_hash, pub = as_array(fields, 10)
    if version != HEADER_VERSION:
        raise Malformed("no such version of a record")
    header = Header(
        team=_team.load(team),
        type=_type.load(kind),
        author=_device.load(author),
        seq=_counter.load(seq),
        height=_counter.load(height),
        parents=_parents.load(parents),
        epoch=_epoch_or_none.load(epoch) or NO_EPOCH,
        body_hash=_body_hash.load(body_hash),
        pub=_load_pub(_type.load(kind), pub),
    )
    _check_place(header)
    return header


def _load_pub(kind: int, value: Value) -> Pub:
    shape = _PUB.get(kind)
    if shape is not None:
        pub: Pub = shape.load(value)
        return pub
    if kind < FIRST_IGNORABLE_TYPE:
        raise UpgradeNeeded(f"a record of type {kind}")
    as_array(value)
    return Unknown()


def _check_place(header: Header) -> None:
    if isinstance(header.pub, Genesis):
        _check_genesis(header, header.pub)
    elif header.team == NO_TEAM or not header.parents or header.height == 1:
        raise Malformed("only genesis stands at the beginning")
    if header.epoch and carries_own_epoch(header.pub):
        raise Malformed("a record that carries an epoch of its scope leaves `epoch` empty")


def _check_genesis(header: Header, genesis: Genesis) -> None:
    first = genesis.epochs[0]
    if header.team != NO_TEAM or header.parents or (header.seq, header.height) != (1, 1):
        raise Malformed("genesis stands at the beginning")
    if first.scope != TEAM_SCOPE or first.n != 1 or first.links:
        raise Malformed("genesis carries the first epoch of the team")


# --- records ----------------------------------------------------------------------------------


def encode_record(hdr: bytes, body: bytes, sig: bytes) -> bytes:
    """Return the bytes of a record: what is stored and sent.

    Raises:
        LimitExceeded: longer than a record may be.
    """
    raw = canonical.encode([hdr, body, sig])
    if len(raw) > RECORD_MAX_BYTES:
        raise LimitExceeded(f"a record of {len(raw)} bytes")
    return raw


def decode_record_untrusted(raw: bytes) -> DecodedRecord:
    """Return the parts of a record; hand them to `crypto.signing.check` next.

    Raises:
        Malformed: not canonical, or a rule of the shape is broken.
        LimitExceeded: more of something than the format allows.
        UpgradeNeeded: another version, or an unknown type below 64.

    Spec: docs/protocol.md, "B.3 Record".
    """
    if len(raw) > RECORD_MAX_BYTES:
        raise LimitExceeded(f"a record of {len(raw)} bytes")
    hdr, body, sig = _split(raw)
    header = decode_header_untrusted(hdr)
    _check_epoch(header, body)
    return DecodedRecord(header, hdr, body, _signature.load(sig), len(raw))


def decode_record_again(raw: bytes) -> DecodedRecord:
    """Return the parts of a record that was decoded before, out of a row of our own.

    Only what cannot be built otherwise is looked at: the row is sealed since the check.

    Raises:
        Malformed, LimitExceeded, UpgradeNeeded: it was no record after all.
    """
    hdr, body, sig = _own_parts(raw)
    return DecodedRecord(_load_header(canonical.decode_again(hdr)), hdr, body, sig, len(raw))


def body_of(raw: bytes) -> bytes:
    """Return the sealed body of a record that was decoded before, out of a row of our own."""
    return _own_parts(raw)[1]


def _own_parts(raw: bytes) -> list[bytes]:
    parts: Any = as_array(canonical.decode_again(raw), 3)
    if any(type(part) is not bytes for part in parts):
        raise Malformed("a record holds bytes alone")
    return parts  # type: ignore[no-any-return]


def _split(raw: bytes) -> list[bytes]:
    """Return the three runs of bytes that a record is.

    Read by hand: a general decoder would first build the million empty arrays that a
    stranger can put into a mebibyte.
    """
    parts, place = list[bytes](), 1
    while place < len(raw) and len(parts) < 3:
        width = _BIN_LENGTH_BYTES.get(raw[place])
        if width is None:
            raise Malformed("a record holds bytes alone")
        start = place + 1 + width
        place = start + int.from_bytes(raw[place + 1 : start], "big")
        parts.append(raw[start:place])
    if len(parts) != 3 or canonical.encode(list(parts)) != raw:
        raise Malformed("not the shortest encoding of three runs of bytes")
    return parts


def _check_epoch(header: Header, body: bytes) -> None:
    """Check that `epoch` names a key exactly when there is a body to open with it."""
    if isinstance(header.pub, Unknown):
        return
    if body and not header.epoch and not carries_own_epoch(header.pub):
        raise Malformed("a body without an epoch")
    if not body and header.epoch:
        raise Malformed("an epoch without a body")
