"""What devices of one LAN say before and around the blobs of a room: a poster, a hello, a frame.

All of it is of fixed size, and random bytes stand wherever there is nothing to say, so that
somebody who has none of the keys sees the same from everybody. What a tag or a proof is
made of is `crypto.lan`.

Spec: docs/protocol.md, "F.6 Transport".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.wire.limits import BLOB_SIZES

SALT_BYTES: Final = 8
MARK_BYTES: Final = 16
"""Of a tag, and of a proof."""
SLOTS: Final = 8
"""Rooms that one device shows, or two share over one connection."""
NONCE_BYTES: Final = 16
PORT_BYTES: Final = 2
MARKS_BYTES: Final = SLOTS * MARK_BYTES
HELLO_BYTES: Final = NONCE_BYTES + PORT_BYTES + MARKS_BYTES
HEAD_BYTES: Final = 2
_SALT, _TAGS = b"s", b"t"


@dataclass(frozen=True, slots=True)
class Poster:
    """What a device shows to everybody on a LAN: `SLOTS` tags, some of which mean nothing."""

    salt: bytes
    tags: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Hello:
    """The first words of who dials.

    Attributes:
        nonce: 16 fresh bytes.
        port: where the dialling device listens itself, on this LAN.
        proofs: one for each slot.
    """

    nonce: bytes
    port: int
    proofs: tuple[bytes, ...]


def encode_poster(poster: Poster) -> dict[str | bytes, bytes]:
    """Return the entries of the TXT record."""
    return {_SALT: poster.salt, _TAGS: join_marks(poster.tags)}


def decode_poster_untrusted(entries: Mapping[bytes, bytes | None]) -> Poster:
    """Return what the entries of a TXT record say.

    Raises:
        MalformedFrame: they are not those of a poster.
    """
    salt, tags = entries.get(_SALT) or b"", entries.get(_TAGS) or b""
    if len(entries) != 2 or len(salt) != SALT_BYTES or len(tags) != MARKS_BYTES:
        raise MalformedFrame
    return Poster(salt, split_marks(tags))


def encode_hello(hello: Hello) -> bytes:
    """Return the `HELLO_BYTES` of a hello."""
    return hello.nonce + hello.port.to_bytes(PORT_BYTES, "big") + join_marks(hello.proofs)


def decode_hello_untrusted(data: bytes) -> Hello:
    """Return what `HELLO_BYTES` say; any bytes say something."""
    port = int.from_bytes(data[NONCE_BYTES : NONCE_BYTES + PORT_BYTES], "big")
    return Hello(data[:NONCE_BYTES], port, split_marks(data[NONCE_BYTES + PORT_BYTES :]))


def join_marks(marks: Sequence[bytes]) -> bytes:
    """Return `SLOTS` marks one after the other."""
    assert len(marks) == SLOTS
    return b"".join(marks)


def split_marks(data: bytes) -> tuple[bytes, ...]:
    """Return the marks of `MARKS_BYTES`."""
    return tuple(data[at : at + MARK_BYTES] for at in range(0, MARKS_BYTES, MARK_BYTES))


def encode_frame(slot: int, blob: bytes) -> bytes:
    """Return a blob for the room of a slot.

    Raises:
        LimitExceeded: the blob has another size than 1, 4 or 16 KiB.
    """
    if len(blob) not in BLOB_SIZES:
        raise LimitExceeded("a blob has 1, 4 or 16 KiB")
    return bytes((slot, BLOB_SIZES.index(len(blob)))) + blob


def decode_head_untrusted(head: bytes) -> tuple[int, int]:
    """Return the slot of a frame and the size of the blob that follows its `HEAD_BYTES`.

    Raises:
        MalformedFrame: there is no such slot, or no such size.
    """
    slot, size = head
    if slot >= SLOTS or size >= len(BLOB_SIZES):
        raise MalformedFrame
    return slot, BLOB_SIZES[size]
