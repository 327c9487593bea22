"""Frames: how messages travel through a channel of 16 KiB messages (PROTOCOL F.3, A5).

    frame = [t, more, seq, payload]

A message longer than 16,000 bytes is cut; `more` is 1 on every frame but its last, and
frames of two messages never mix. `seq` counts the *data* frames of one direction from 1,
so that it can outlive a link: whoever resumes says which frame comes next. Control
frames (acknowledgements, beats, the end) have `seq` 0, fit one frame and pass between
the frames of a long message, or a full window could never be acknowledged.

Refuses to know what a message says. All it can raise is `Malformed` and `LimitExceeded`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import FRAME_PAYLOAD_MAX_BYTES, INTRO_MAX_BYTES, KIB, RECORD_MAX_BYTES

FRAME_OVERHEAD_MAX_BYTES: Final = 16  # three small integers and two headers
FRAME_COST_BYTES: Final = 64  # what a frame counts beside its payload: empty ones fill memory too


class FrameType(IntEnum):
    """Every message there is; a number outside this table ends the session."""

    HEADS = 1
    VECTOR = 2
    RECS = 3
    WANT = 4
    DONE = 5
    ANNOUNCE = 6
    INTRO = 7
    ACK = 16
    PING = 17
    PONG = 18
    BYE = 19
    ERR = 20


_FIRST_CONTROL: Final = FrameType.ACK

MESSAGE_MAX_BYTES: Final = {
    FrameType.HEADS: 168 * KIB,
    FrameType.VECTOR: 64 * KIB,
    FrameType.RECS: RECORD_MAX_BYTES + 64 * KIB,
    FrameType.WANT: 16 * KIB,
    FrameType.DONE: 16,
    FrameType.ANNOUNCE: 48 * KIB,
    FrameType.INTRO: INTRO_MAX_BYTES + 64 * KIB,
    FrameType.ACK: 16,
    FrameType.PING: 16,
    FrameType.PONG: 16,
    FrameType.BYE: 16,
    FrameType.ERR: 16,
}
"""How long a message of each type may be: the bound on what is put together again."""


def is_control(kind: FrameType) -> bool:
    """Return whether frames of this type stand outside the window and the numbering."""
    return kind >= _FIRST_CONTROL


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the channel, before encryption."""

    kind: FrameType
    more: bool
    seq: int
    payload: bytes

    @property
    def cost(self) -> int:
        """Return what it counts in the window, in bytes."""
        return len(self.payload) + FRAME_COST_BYTES


def encode_frame(frame: Frame) -> bytes:
    """Return the canonical bytes of a frame: at most 16,016."""
    return encode([frame.kind, int(frame.more), frame.seq, frame.payload])


def decode_frame_untrusted(data: bytes) -> Frame:
    """Return the frame that `data` stands for.

    Raises:
        MalformedFrame: not canonical, an unknown type, or a numbered control frame.
        LimitExceeded: the payload is longer than a frame may carry.

    Spec: docs/protocol.md, "F.3 Framing, backpressure, limits".
    """
    limit = FRAME_PAYLOAD_MAX_BYTES + FRAME_OVERHEAD_MAX_BYTES
    match decode_untrusted(data, limit_bytes=limit):
        case [int(number), 0 | 1 as more, int(seq), bytes(payload)]:
            kind = _known(number)
        case _:
            raise MalformedFrame("not a frame")
    if len(payload) > FRAME_PAYLOAD_MAX_BYTES:
        raise LimitExceeded("a frame's payload")
    if is_control(kind) != (seq == 0) or (is_control(kind) and more):
        raise MalformedFrame("a control frame stands alone and has no number")
    return Frame(kind, bool(more), seq, payload)


def _known(number: int) -> FrameType:
    try:
        return FrameType(number)
    except ValueError:
        raise MalformedFrame(f"type {number}") from None


def split(kind: FrameType, payload: bytes, first_seq: int) -> Iterator[Frame]:
    """Yield the frames of one message, numbered from `first_seq` (0 for control)."""
    assert len(payload) <= MESSAGE_MAX_BYTES[kind], kind
    if is_control(kind):
        yield Frame(kind, more=False, seq=0, payload=payload)
        return
    starts = range(0, max(len(payload), 1), FRAME_PAYLOAD_MAX_BYTES)
    for index, start in enumerate(starts):
        piece = payload[start : start + FRAME_PAYLOAD_MAX_BYTES]
        yield Frame(kind, index + 1 < len(starts), first_seq + index, piece)


class Assembler:
    """Puts the data messages of one direction together again. Feed it every data frame."""

    def __init__(self) -> None:
        self._next_seq = 1
        self._kind: FrameType | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, frame: Frame) -> bytes | None:
        """Return the whole payload when `frame` is the last of its message.

        Raises:
            MalformedFrame: out of order, or two messages mixed.
            LimitExceeded: longer than a message of this type may be.
        """
        if frame.seq != self._next_seq:
            raise MalformedFrame(f"frame {frame.seq} where {self._next_seq} comes next")
        if self._kind not in (None, frame.kind):
            raise MalformedFrame("frames of two messages mixed")
        self._size += len(frame.payload)
        if self._size > MESSAGE_MAX_BYTES[frame.kind]:
            raise LimitExceeded(f"a {frame.kind.name} message")
        if frame.more and len(frame.payload) != FRAME_PAYLOAD_MAX_BYTES:
            raise MalformedFrame("only the last frame of a message may be short")
        self._next_seq += 1
        self._pieces.append(frame.payload)
        self._kind = frame.kind
        return None if frame.more else self._take()

    def _take(self) -> bytes:
        whole = b"".join(self._pieces)
        self._pieces, self._size, self._kind = [], 0, None
        return whole
