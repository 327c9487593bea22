"""What an inviter and a joiner say through a mailbox, as bytes (PROTOCOL E.1).

    blob     = pad([kind, payload])                    1, 4 or 16 KiB; the server sees no more
    HELLO      SPAKE2 message 33                       joiner -> inviter
    ANSWER     SPAKE2 message 33 ‖ confirm-A 32        inviter -> joiner
    CONFIRM    confirm-B 32                            joiner -> inviter
    BOX        secretbox([n, type, body])              after that; n counts from 1 per direction

    WELCOME    [team32, root_sign32, genesis, [server...], dpk32, xpk32, owner16]
    REQUEST    [dpk32, xpk32, pop64, name, label]
    GRANTED    [[head32...]]
    DENIED     []
    SIGNAL     [bytes]                                 how both find a direct path

`owner` is 16 zero bytes for a new member, or the user whose next device this becomes.
Believes nothing; keys and proofs are checked by `sync.join`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeAlias

from envlsp.domain.ids import NO_OWNER, BoxPk, DevicePk, RecordId, TeamId, UserId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import (
    BLOB_MAX_BYTES,
    BLOB_SIZES,
    HEADS_MAX,
    KIB,
    LABEL_MAX_BYTES,
)
from envlsp.wire.shape import Shape, as_array, blob, enum, exactly, record_of, set_of, text, tuple_of, uint

GENESIS_MAX_BYTES: Final = 8 * KIB  # about one is used; the whole welcome must fit a blob
SERVERS_MAX: Final = 8
SERVER_MAX_BYTES: Final = 256
PERSON_MAX_BYTES: Final = 256  # a name and an address
SIGNAL_MAX_BYTES: Final = BLOB_MAX_BYTES - 128

_PAD: Final = b"\x80"


class BlobKind(IntEnum):
    """What a blob is, as far as the server can tell."""

    HELLO = 1
    ANSWER = 2
    CONFIRM = 3
    BOX = 4


class SaidKind(IntEnum):
    """What is inside a box."""

    WELCOME = 1
    REQUEST = 2
    GRANTED = 3
    DENIED = 4
    SIGNAL = 5


@dataclass(frozen=True, slots=True)
class Welcome:
    """What an inviter tells about the team, once both know the code.

    Attributes:
        genesis: the raw first record; its id is the team.
        servers: addresses of signaling servers, for who joins outside a project.
        dpk, xpk: the inviter's device.
        owner: whose next device this becomes; 16 zero bytes for a new member.
    """

    team: TeamId
    root_sign: DevicePk
    genesis: bytes
    servers: tuple[str, ...]
    dpk: DevicePk
    xpk: BoxPk
    owner: UserId = NO_OWNER


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to join: fresh keys, the proof that they are held, and words for people."""

    dpk: DevicePk
    xpk: BoxPk
    pop: bytes
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Granted:
    """The joiner is a member now. Whoever holds these heads holds the record that says so."""

    heads: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """The person at the inviter's screen said no."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A message of the dial that follows, opaque here."""

    data: bytes


Said: TypeAlias = Welcome | Request | Granted | Denied | Signal


def servers_shape() -> Shape[tuple[str, ...]]:
    """Return the shape of a list of signaling servers, best first."""
    one = text(SERVER_MAX_BYTES, str.isprintable)

    def load(value: Any) -> tuple[str, ...]:
        parts = as_array(value)
        if len(parts) > SERVERS_MAX:
            raise LimitExceeded(f"{len(parts)} servers, at most {SERVERS_MAX} allowed")
        return tuple([one.load(part) for part in parts])

    return Shape(list, load)


_dpk, _xpk = exactly(32, DevicePk), exactly(32, BoxPk)
_SHAPES: Final[dict[SaidKind, tuple[type[Said], Shape[Any]]]] = {
    SaidKind.WELCOME: (
        Welcome,
        record_of(
            Welcome,
            exactly(32, TeamId),
            _dpk,
            blob(1, GENESIS_MAX_BYTES),
            servers_shape(),
            _dpk,
            _xpk,
            exactly(16, UserId),
        ),
    ),
    SaidKind.REQUEST: (
        Request,
        # Strangers' words end on a terminal: no control characters, no line ends.
        record_of(
            Request,
            _dpk,
            _xpk,
            exactly(64, bytes),
            text(PERSON_MAX_BYTES, str.isprintable),
            text(LABEL_MAX_BYTES, str.isprintable),
        ),
    ),
    SaidKind.GRANTED: (
        Granted,
        record_of(Granted, set_of(exactly(32, RecordId), lambda head: head, 1, HEADS_MAX)),
    ),
    SaidKind.DENIED: (Denied, record_of(Denied)),
    SaidKind.SIGNAL: (Signal, record_of(Signal, blob(0, SIGNAL_MAX_BYTES))),
}
_KINDS: Final = {cls: kind for kind, (cls, _shape) in _SHAPES.items()}
_BLOB: Final = tuple_of(enum(BlobKind), blob(1, BLOB_MAX_BYTES))
_NUMBER: Final = uint(1)
_SAID: Final = enum(SaidKind)


def pad_blob(data: bytes) -> bytes:
    """Return `data`, the byte 0x80 and zeros: 1, 4 or 16 KiB in all.

    Raises:
        LimitExceeded: it does not fit 16 KiB.
    """
    size = next((size for size in BLOB_SIZES if len(data) < size), None)
    if size is None:
        raise LimitExceeded(f"{len(data)} bytes do not fit a blob")
    return (data + _PAD).ljust(size, b"\0")


def unpad_blob_untrusted(blob_bytes: bytes) -> bytes:
    """Return what was padded.

    Raises:
        Malformed: not one of the sizes, a larger one than needed, or no padding.
    """
    if len(blob_bytes) not in BLOB_SIZES:
        raise Malformed("not a size that blobs have")
    data, mark, rest = blob_bytes.rpartition(_PAD)
    if not mark or rest.strip(b"\0") or pad_blob(data) != blob_bytes:
        raise Malformed("not padded as blobs are")
    return data


def encode_blob(kind: BlobKind, payload: bytes) -> bytes:
    """Return the padded bytes of one message through the mailbox."""
    return pad_blob(encode([kind, payload]))


def decode_blob_untrusted(data: bytes) -> tuple[BlobKind, bytes]:
    """Return the kind and payload of a blob.

    Raises:
        Malformed: not its canonical form.

    Spec: docs/protocol.md, "E.1 Primary: short code".
    """
    kind, payload = _BLOB.load(decode_untrusted(unpad_blob_untrusted(data), limit_bytes=BLOB_MAX_BYTES))
    return kind, payload


def encode_said(number: int, said: Said) -> bytes:
    """Return the plaintext of the `number`-th box of one direction, from 1."""
    kind = _KINDS[type(said)]
    return encode([number, kind, _SHAPES[kind][1].dump(said)])


def decode_said_untrusted(data: bytes) -> tuple[int, Said]:
    """Return the number and what a box says.

    Raises:
        Malformed: not its canonical form, or text with control characters.
        LimitExceeded: more of something than the protocol allows.
    """
    parts = as_array(decode_untrusted(data, limit_bytes=BLOB_MAX_BYTES), 3)
    number, kind = _NUMBER.load(parts[0]), _SAID.load(parts[1])
    said: Said = _SHAPES[kind][1].load(parts[2])
    return number, said
