"""The frames of the signaling wire, as the server sees them: bytes in, bytes out.

One WebSocket binary message is one canonical msgpack array whose first element
is the verb. Refuses to know what a blob means: it is a size and a destination.

Spec: docs/signaling.md, "Frames".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NewType, TypeAlias

import msgpack

from envlsp_signaling.limits import BLOB_SIZES, FRAME_MAX_BYTES, MAILBOX_NUMBERS, ROOM_BYTES, TAG_BYTES

RoomId = NewType("RoomId", bytes)
"""16 bytes that mean nothing here."""
Tag = NewType("Tag", bytes)
"""16 random bytes: one connection in one room."""
Number = NewType("Number", int)
"""A mailbox, 0 to 999,999."""


class BadFrame(Exception):
    """Bytes that are no frame of this protocol; the connection is closed."""


class Verb(IntEnum):
    """What a frame asks (below 16) or says."""

    SUB = 1
    UNSUB = 2
    PUB = 3
    TO = 4
    ALLOC = 5
    CLAIM = 6
    TURN = 7
    LEAVE = 8
    JOINED = 16
    MSG = 17
    ERR = 18
    NUMBER = 19
    PAIRED = 20
    GONE = 21
    CREDENTIALS = 22


class Code(IntEnum):
    """Why a frame was refused."""

    TOO_FAST = 1
    TOO_MANY_ROOMS = 2
    ROOM_FULL = 3
    NOT_IN_ROOM = 4
    NO_SUCH_TAG = 5
    TOO_MANY_MAILBOXES = 6
    NO_SUCH_MAILBOX = 7
    NO_TURN = 8
    UNAVAILABLE = 9


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`[SUB, room16]`."""

    room: RoomId


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """`[UNSUB, room16]`."""

    room: RoomId


@dataclass(frozen=True, slots=True)
class Publish:
    """`[PUB, room16, blob]`."""

    room: RoomId
    blob: bytes


@dataclass(frozen=True, slots=True)
class Direct:
    """`[TO, tag16, blob]`."""

    tag: Tag
    blob: bytes


@dataclass(frozen=True, slots=True)
class Allocate:
    """`[ALLOC]`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`[CLAIM, m]`."""

    number: Number


@dataclass(frozen=True, slots=True)
class AskTurn:
    """`[TURN]`."""


@dataclass(frozen=True, slots=True)
class Leave:
    """`[LEAVE, m]`."""

    number: Number


Request: TypeAlias = Subscribe | Unsubscribe | Publish | Direct | Allocate | Claim | AskTurn | Leave

VERBS: dict[type[Request], Verb] = {
    Subscribe: Verb.SUB,
    Unsubscribe: Verb.UNSUB,
    Publish: Verb.PUB,
    Direct: Verb.TO,
    Allocate: Verb.ALLOC,
    Claim: Verb.CLAIM,
    AskTurn: Verb.TURN,
    Leave: Verb.LEAVE,
}


def decode_untrusted(frame: bytes) -> Request:  # noqa: PLR0911 - one arm per verb is the clearest form it has
    """Return what a client asks.

    Raises:
        BadFrame: anything but the one byte form of a request.
    """
    match _array(frame):
        case [Verb.SUB, bytes() as room]:
            return Subscribe(_room(room))
        case [Verb.UNSUB, bytes() as room]:
            return Unsubscribe(_room(room))
        case [Verb.PUB, bytes() as room, bytes() as blob]:
            return Publish(_room(room), _blob(blob))
        case [Verb.TO, bytes() as tag, bytes() as blob] if len(tag) == TAG_BYTES:
            return Direct(Tag(tag), _blob(blob))
        case [Verb.ALLOC]:
            return Allocate()
        case [Verb.CLAIM, int() as number]:
            return Claim(_number(number))
        case [Verb.TURN]:
            return AskTurn()
        case [Verb.LEAVE, int() as number]:
            return Leave(_number(number))
        case _:
            raise BadFrame("no such request")


def joined(room: RoomId, tag: Tag) -> bytes:
    """Return the answer to SUB: the connection is in the room, under this tag."""
    return _pack(Verb.JOINED, room, tag)


def message(room: RoomId, tag: Tag, blob: bytes) -> bytes:
    """Return a blob on its way to a member of a room; `tag` is its sender's."""
    return _pack(Verb.MSG, room, tag, blob)


def refused(code: Code, verb: Verb) -> bytes:
    """Return why a frame with that verb had no effect."""
    return _pack(Verb.ERR, code, verb)


def number(allocated: Number) -> bytes:
    """Return the answer to ALLOC."""
    return _pack(Verb.NUMBER, allocated)


def paired(mailbox: Number, room: RoomId) -> bytes:
    """Return the news that both parties are in; they now PUB to `room`."""
    return _pack(Verb.PAIRED, mailbox, room)


def gone(mailbox: Number) -> bytes:
    """Return the news that a mailbox is no more."""
    return _pack(Verb.GONE, mailbox)


def credentials(ttl_s: int, username: str, password: str, urls: tuple[str, ...]) -> bytes:
    """Return the answer to TURN."""
    return _pack(Verb.CREDENTIALS, ttl_s, username, password, list(urls))


def _pack(verb: Verb, *rest: object) -> bytes:
    packed = msgpack.packb([int(verb), *rest], use_bin_type=True)
    assert isinstance(packed, bytes)
    return packed


def _array(frame: bytes) -> list[object]:
    if len(frame) > FRAME_MAX_BYTES:
        raise BadFrame("too long")
    try:
        value = msgpack.unpackb(
            frame, use_list=True, raw=False, max_array_len=3, max_map_len=0, max_ext_len=0, max_str_len=0
        )
    except (ValueError, msgpack.UnpackException, RecursionError) as exc:
        raise BadFrame("not msgpack") from exc
    # True and 1.0 equal 1, so they would pass for a verb.
    if not isinstance(value, list) or any(type(item) not in (int, bytes) for item in value):
        raise BadFrame("not an array of integers and bytes")
    if msgpack.packb(value, use_bin_type=True) != frame:
        raise BadFrame("not the shortest encoding")
    return value


def _room(room: bytes) -> RoomId:
    if len(room) != ROOM_BYTES:
        raise BadFrame("a room has 16 bytes")
    return RoomId(room)


def _blob(blob: bytes) -> bytes:
    if len(blob) not in BLOB_SIZES:
        raise BadFrame("a blob has 1, 4 or 16 KiB")
    return blob


def _number(value: int) -> Number:
    if not 0 <= value < MAILBOX_NUMBERS:
        raise BadFrame("a mailbox has six digits")
    return Number(value)
