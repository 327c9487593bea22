"""What the processes of one service tell each other: byte forms, nothing more.

One process may not be enough, or may be on its way out: several then serve the same rooms,
joined by a backplane. Everything here is as blind as the frames it stands for. A room is
named by a hash, so that who watches the backplane cannot enter it; a blob is a blob.

Spec: docs/signaling.md, "Several processes".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, NewType, TypeAlias

import msgpack

from envlsp_signaling.limits import BLOB_SIZES, MAILBOX_NUMBERS, ROOM_BYTES, TAG_BYTES
from envlsp_signaling.messages import Number, RoomId, Tag

ServerId = NewType("ServerId", bytes)
"""16 random bytes: one process, from its start to its end."""
RoomName = NewType("RoomName", bytes)
"""16 bytes: what a room is called between processes."""

SERVER_BYTES: Final = 16
NEWS_MAX_BYTES: Final = 16 * 1024 + 256


@dataclass(frozen=True, slots=True)
class RoomSaid:
    """A member of a room published a blob; for everybody else in it."""

    room: RoomName
    tag: Tag
    blob: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A member of a room sent a blob to one tag, which is at the process this goes to."""

    room: RoomName
    target: Tag
    tag: Tag
    blob: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entered:
    """The second party of a mailbox is at another process."""

    number: Number
    pipe: RoomId


@dataclass(frozen=True, slots=True)
class PipeSaid:
    """A blob from the other party of a mailbox."""

    pipe: RoomId
    blob: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PipeEnded:
    """The other party of a mailbox is gone."""

    pipe: RoomId


@dataclass(frozen=True, slots=True)
class Beat:
    """Said by a process to itself, to know that the way there and back is open."""


News: TypeAlias = RoomSaid | Said | Entered | PipeSaid | PipeEnded | Beat

_KINDS: Final[tuple[type[News], ...]] = (RoomSaid, Said, Entered, PipeSaid, PipeEnded, Beat)


class BadNews(Exception):
    """Bytes that are none of these; they are dropped."""


def room_name(room: RoomId) -> RoomName:
    """Return what a room is called between processes."""
    return RoomName(hashlib.sha256(b"envlsp signaling room" + room).digest()[:16])


def mailbox_name(number: Number) -> str:
    """Return under what a mailbox number is reserved."""
    return hashlib.sha256(b"envlsp signaling mailbox" + str(number).encode()).hexdigest()[:32]


def encode(origin: ServerId, news: News) -> bytes:
    """Return the bytes of some news from that process."""
    parts = [getattr(news, name) for name in news.__slots__]
    packed = msgpack.packb([origin, _KINDS.index(type(news)), *parts], use_bin_type=True)
    assert isinstance(packed, bytes)
    return packed


def decode_untrusted(data: bytes) -> tuple[ServerId, News]:
    """Return who says what.

    Raises:
        BadNews: not from a server of this version.
    """
    if len(data) > NEWS_MAX_BYTES:
        raise BadNews("too long")
    try:
        value = msgpack.unpackb(data, use_list=True, max_array_len=6, max_map_len=0, max_str_len=0)
    except (ValueError, msgpack.UnpackException, RecursionError) as exc:
        raise BadNews("not msgpack") from exc
    match value:
        case [bytes() as origin, int() as kind, *parts] if len(origin) == SERVER_BYTES:
            return ServerId(origin), _news(kind, parts)
        case _:
            raise BadNews("not an array of a server")


def _news(kind: int, parts: list[object]) -> News:
    match kind, parts:
        case 0, [bytes() as room, bytes() as tag, bytes() as blob]:
            return RoomSaid(RoomName(_id(room)), Tag(_id(tag)), _blob(blob))
        case 1, [bytes() as room, bytes() as target, bytes() as tag, bytes() as blob]:
            return Said(RoomName(_id(room)), Tag(_id(target)), Tag(_id(tag)), _blob(blob))
        case 2, [int() as number, bytes() as pipe] if 0 <= number < MAILBOX_NUMBERS:
            return Entered(Number(number), RoomId(_id(pipe)))
        case 3, [bytes() as pipe, bytes() as blob]:
            return PipeSaid(RoomId(_id(pipe)), _blob(blob))
        case 4, [bytes() as pipe]:
            return PipeEnded(RoomId(_id(pipe)))
        case 5, []:
            return Beat()
        case _:
            raise BadNews("no such news")


def _id(value: bytes) -> bytes:
    if len(value) != ROOM_BYTES or len(value) != TAG_BYTES:
        raise BadNews("an id has 16 bytes")
    return value


def _blob(blob: bytes) -> bytes:
    if len(blob) not in BLOB_SIZES:
        raise BadNews("a blob has 1, 4 or 16 KiB")
    return blob
