"""What two peers say to each other once they have proved who they are (PROTOCOL F.2).

    HEADS     [[head id32...], count, [attest...]]     where I stand; equal heads: in step
    VECTOR    [[author8, max seq, id8]...]             a request: send what I lack by this
    WANT      [id32...]                                a request: send these
    RECS      [record...]                              part of the answer to a request
    DONE      []                                       end of the answer
    ANNOUNCE  [[id32...], [record...]]                 new here, and the small ones at once
    INTRO     [want, [record...]]                      who is who; want 1: tell me yours
    ACK       [seq]        all data frames up to seq are stored durably, or refused
    PING PONG [number]     beats
    BYE       []           nothing more comes, all you sent is safe
    ERR       [code]       the session is over

Records and attestations are opaque here. Every decoder checks counts and sizes before it
builds anything, and can raise only `Malformed` and `LimitExceeded`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeAlias

from envlsp.domain.ids import RecordId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.attest import ATTEST_MAX_BYTES
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.frames import MESSAGE_MAX_BYTES, FrameType
from envlsp.wire.limits import (
    INTRO_MAX_BYTES,
    INTRO_MAX_RECORDS,
    KIB,
    RECORD_MAX_BYTES,
    VECTOR_MAX,
    WANT_MAX_IDS,
)
from envlsp.wire.shape import Shape, as_array, blob, enum, exactly, record_of, set_of, tuple_of, uint

HEADS_LISTED_MAX: Final = 1_024  # a removed member may leave many heads; the count settles the rest
ATTESTS_MAX: Final = 64
RECS_MAX_RECORDS: Final = 256
RECS_BATCH_BYTES: Final = 32 * KIB  # small records share a message; four fit the window
ANNOUNCE_MAX_IDS: Final = WANT_MAX_IDS
ANNOUNCE_MAX_BYTES: Final = 32 * KIB  # of records in it: a release of 200 names, a quarter of the window
PREFIX_BYTES: Final = 8


class CloseCode(IntEnum):
    """Why a session ended; all that a peer is ever told."""

    ORDERLY = 0
    PROTOCOL = 1  # bytes or an order of messages that the protocol does not know
    LIMIT = 2
    BAD_RECORD = 3
    REVOKED = 4
    UNKNOWN_PEER = 5
    HANDSHAKE = 6
    TIMEOUT = 7
    UPGRADE = 8
    STORE = 9  # our own disk failed
    LOST = 10  # the link ended; never sent


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of a vector: the last record of an author, both cut to 8 bytes."""

    author: bytes
    seq: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Heads:
    """Where the sender stands. `heads` ascend; of more than 1,024 the first are listed."""

    heads: tuple[RecordId, ...]
    count: int
    attests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Vector:
    """What the sender holds, by author. Authors ascend and are unique."""

    lines: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """Part of an answer, parents before children."""

    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Want:
    """Ids that the sender knows of and lacks."""

    ids: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The end of an answer."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Ids that are new at the sender, and some of these records, parents before children."""

    ids: tuple[RecordId, ...]
    records: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Intro:
    """The records that say who is who. `want` asks for the receiver's."""

    want: int
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Ack:
    """Every data frame up to `seq` is dealt with; records among them are durable."""

    seq: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A beat."""

    number: int


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a beat, with its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Bye:
    """Nothing more comes."""


@dataclass(frozen=True, slots=True)
class Err:
    """The session is over."""

    code: CloseCode


Message: TypeAlias = Heads | Vector | Records | Want | Done | Announce | Intro | Ack | Ping | Pong | Bye | Err


def _records(count: int, limit_bytes: int) -> Shape[tuple[bytes, ...]]:
    """Return the shape of 0..`count` opaque records of `limit_bytes` together."""
    one = blob(1, RECORD_MAX_BYTES)

    def load(value: Any) -> tuple[bytes, ...]:
        parts = as_array(value)
        if len(parts) > count:
            raise LimitExceeded(f"{len(parts)} records, at most {count} allowed")
        records = tuple([one.load(part) for part in parts])
        if sum(map(len, records)) > limit_bytes:
            raise LimitExceeded("records too large together")
        return records

    return Shape(list, load)


def _itself(item: bytes) -> bytes:
    return item


_id = exactly(32, RecordId)
_ids = set_of(_id, _itself, 1, WANT_MAX_IDS)
_prefix = exactly(PREFIX_BYTES, bytes)
_line = record_of(Progress, _prefix, uint(1), _prefix)
_number = uint()

_SHAPES: Final[dict[FrameType, tuple[type[Message], Shape[Any]]]] = {
    FrameType.HEADS: (
        Heads,
        tuple_of(
            set_of(_id, _itself, 0, HEADS_LISTED_MAX),
            _number,
            set_of(blob(1, ATTEST_MAX_BYTES), _itself, 0, ATTESTS_MAX),
        ),
    ),
    FrameType.VECTOR: (Vector, set_of(_line, lambda line: line.author, 0, VECTOR_MAX)),
    FrameType.RECS: (Records, _records(RECS_MAX_RECORDS, RECORD_MAX_BYTES)),
    FrameType.WANT: (Want, _ids),
    FrameType.DONE: (Done, tuple_of()),
    FrameType.ANNOUNCE: (Announce, tuple_of(_ids, _records(ANNOUNCE_MAX_IDS, ANNOUNCE_MAX_BYTES))),
    FrameType.INTRO: (Intro, tuple_of(uint(0, 1), _records(INTRO_MAX_RECORDS, INTRO_MAX_BYTES))),
    FrameType.ACK: (Ack, tuple_of(uint(1))),
    FrameType.PING: (Ping, tuple_of(_number)),
    FrameType.PONG: (Pong, tuple_of(_number)),
    FrameType.BYE: (Bye, tuple_of()),
    FrameType.ERR: (Err, tuple_of(enum(CloseCode))),
}
_KINDS: Final = {cls: kind for kind, (cls, _shape) in _SHAPES.items()}
_ONE_FIELD: Final = (Vector, Records, Want)
"""Messages that are their only field, a list, instead of an array around it."""

_to_fields: Final[dict[type[Message], Callable[[Any], Any]]] = {
    Heads: lambda message: (message.heads, message.count, message.attests),
    Vector: lambda message: message.lines,
    Records: lambda message: message.records,
    Want: lambda message: message.ids,
    Done: lambda _message: (),
    Announce: lambda message: (message.ids, message.records),
    Intro: lambda message: (message.want, message.records),
    Ack: lambda message: (message.seq,),
    Ping: lambda message: (message.number,),
    Pong: lambda message: (message.number,),
    Bye: lambda _message: (),
    Err: lambda message: (message.code,),
}


def kind_of(message: Message) -> FrameType:
    """Return the frame type that carries `message`."""
    return _KINDS[type(message)]


def encode_message(message: Message) -> bytes:
    """Return the payload of `message`; sets in it are sorted."""
    _cls, shape = _SHAPES[kind_of(message)]
    return encode(shape.dump(_to_fields[type(message)](message)))


def decode_message_untrusted(kind: FrameType, payload: bytes) -> Message:
    """Return the message of this type that `payload` stands for.

    Raises:
        Malformed: not its canonical form.
        LimitExceeded: more of something than the protocol allows.

    Spec: docs/protocol.md, "F.2 Reconciliation".
    """
    if len(payload) > MESSAGE_MAX_BYTES[kind]:
        raise LimitExceeded(f"a {kind.name} message")
    cls, shape = _SHAPES[kind]
    value = decode_untrusted(payload, limit_bytes=MESSAGE_MAX_BYTES[kind])
    fields = shape.load(value)
    message: Message = cls(fields) if cls in _ONE_FIELD else cls(*fields)
    if isinstance(message, Err) and message.code is CloseCode.LOST:
        raise Malformed("a lost link cannot say so")
    return message
