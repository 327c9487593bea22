"""The frames of the signaling wire, as a client sees them.

The other half lives in the server, which shares no code with this one; both obey
docs/signaling.md and `tests/vectors/signaling.json`. Blobs are opaque here.

The server is a stranger: its frames are read with the same suspicion as a peer's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NewType, TypeAlias

from envlsp.errors import LimitExceeded, Malformed, MalformedFrame
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import BLOB_MAX_BYTES, BLOB_SIZES

RoomId = NewType("RoomId", bytes)
"""16 bytes: a meeting place; see `crypto.rendezvous`."""
Tag = NewType("Tag", bytes)
"""16 bytes: how the server names one connection in one room."""
MailboxNumber = NewType("MailboxNumber", int)
"""0 to 999,999; people read it as six digits."""

SUBPROTOCOL: Final = "envlsp.1"
ROOM_BYTES: Final = 16
TAG_BYTES: Final = 16
MAILBOX_NUMBERS: Final = 1_000_000
FRAME_MAX_BYTES: Final = BLOB_MAX_BYTES + 128
TURN_URLS_MAX: Final = 16
TURN_TEXT_MAX_BYTES: Final = 512


class Verb(IntEnum):
    """The first element of a frame: requests below 16, answers and news from there on."""

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


class Refusal(IntEnum):
    """Why the server refused a request. Numbers we do not know become `OTHER`."""

    OTHER = 0
    TOO_FAST = 1
    TOO_MANY_ROOMS = 2
    ROOM_FULL = 3
    NOT_IN_ROOM = 4
    NO_SUCH_TAG = 5
    TOO_MANY_MAILBOXES = 6
    NO_SUCH_MAILBOX = 7
    NO_TURN = 8


# --- what we ask -----------------------------------------------------------------------------


def subscribe(room: RoomId) -> bytes:
    """Return the request to enter a room; answered by `Joined` or `Refused`."""
    return encode([Verb.SUB, room])


def unsubscribe(room: RoomId) -> bytes:
    """Return the request to leave a room; not answered."""
    return encode([Verb.UNSUB, room])


def publish(room: RoomId, blob: bytes) -> bytes:
    """Return a blob for everybody else in a room, or for the other party of a mailbox.

    Raises:
        LimitExceeded: the blob has none of the sizes the server takes.
    """
    return encode([Verb.PUB, room, _sized(blob)])


def direct(tag: Tag, blob: bytes) -> bytes:
    """Return a blob for one connection in a shared room.

    Raises:
        LimitExceeded: the blob has none of the sizes the server takes.
    """
    return encode([Verb.TO, tag, _sized(blob)])


def allocate() -> bytes:
    """Return the request for a mailbox; answered by `Allocated` or `Refused`."""
    return encode([Verb.ALLOC])


def claim(number: MailboxNumber) -> bytes:
    """Return the request to enter a mailbox; answered by `Paired` or `Refused`."""
    return encode([Verb.CLAIM, number])


def leave(number: MailboxNumber) -> bytes:
    """Return the request to end a mailbox; both parties get `Gone`."""
    return encode([Verb.LEAVE, number])


def ask_turn() -> bytes:
    """Return the request for TURN credentials; answered by `Credentials` or `Refused`."""
    return encode([Verb.TURN])


# --- what the server says --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """`[JOINED, room16, tag16]`: we are in the room, under this tag."""

    room: RoomId
    tag: Tag


@dataclass(frozen=True, slots=True)
class Message:
    """`[MSG, room16, tag16, blob]`: somebody in the room, under that tag, says something."""

    room: RoomId
    tag: Tag
    blob: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """`[ERR, code, verb]`: a request had no effect."""

    refusal: Refusal
    verb: Verb


@dataclass(frozen=True, slots=True)
class Allocated:
    """`[NUMBER, m]`: a mailbox waits for its second party."""

    number: MailboxNumber


@dataclass(frozen=True, slots=True)
class Paired:
    """`[PAIRED, m, room16]`: both parties are in; the room carries their blobs."""

    number: MailboxNumber
    room: RoomId


@dataclass(frozen=True, slots=True)
class Gone:
    """`[GONE, m]`: a mailbox is no more."""

    number: MailboxNumber


@dataclass(frozen=True, slots=True)
class Credentials:
    """`[CREDENTIALS, ttl_s, username, password, [url...]]`: for TURN, for a few minutes."""

    ttl_s: int
    username: str = field(repr=False)
    password: str = field(repr=False)
    urls: tuple[str, ...]


Answer: TypeAlias = Joined | Message | Refused | Allocated | Paired | Gone | Credentials


def decode_answer_untrusted(frame: bytes) -> Answer:
    """Return what the server says.

    Raises:
        MalformedFrame: anything but the one byte form of an answer.

    Spec: docs/signaling.md, "Frames".
    """
    try:
        value = decode_untrusted(frame, limit_bytes=FRAME_MAX_BYTES)
    except Malformed as exc:
        raise MalformedFrame(exc.detail) from exc
    answer = _answer(value)
    if answer is None:
        raise MalformedFrame("no such answer")
    return answer


def _answer(value: Value) -> Answer | None:  # noqa: PLR0911 - one arm per verb is the clearest form it has
    match value:
        case [Verb.JOINED, bytes() as room, bytes() as tag]:
            return Joined(_room(room), _tag(tag))
        case [Verb.MSG, bytes() as room, bytes() as tag, bytes() as blob] if len(blob) in BLOB_SIZES:
            return Message(_room(room), _tag(tag), blob)
        case [Verb.ERR, int() as code, int() as verb] if verb in set(Verb):
            return Refused(Refusal(code) if code in set(Refusal) else Refusal.OTHER, Verb(verb))
        case [Verb.NUMBER, int() as number]:
            return Allocated(_number(number))
        case [Verb.PAIRED, int() as number, bytes() as room]:
            return Paired(_number(number), _room(room))
        case [Verb.GONE, int() as number]:
            return Gone(_number(number))
        case [Verb.CREDENTIALS, int() as ttl_s, str() as username, str() as password, list() as urls]:
            return Credentials(ttl_s, _text(username), _text(password), _urls(urls))
    return None


def _sized(blob: bytes) -> bytes:
    if len(blob) not in BLOB_SIZES:
        raise LimitExceeded(f"a blob of {len(blob)} bytes; 1, 4 or 16 KiB are taken")
    return blob


def _room(room: bytes) -> RoomId:
    if len(room) != ROOM_BYTES:
        raise MalformedFrame("a room has 16 bytes")
    return RoomId(room)


def _tag(tag: bytes) -> Tag:
    if len(tag) != TAG_BYTES:
        raise MalformedFrame("a tag has 16 bytes")
    return Tag(tag)


def _number(number: int) -> MailboxNumber:
    if number >= MAILBOX_NUMBERS:
        raise MalformedFrame("a mailbox has six digits")
    return MailboxNumber(number)


def _text(text: Value) -> str:
    if not isinstance(text, str) or len(text) > TURN_TEXT_MAX_BYTES:
        raise MalformedFrame("text that is too long, or none")
    return text


def _urls(urls: list[Value]) -> tuple[str, ...]:
    if len(urls) > TURN_URLS_MAX:
        raise MalformedFrame("too many servers")
    return tuple(_text(url) for url in urls)
