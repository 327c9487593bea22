"""Frames out and frames in, within the window (PROTOCOL F.3, A5).

At most 128 KiB of data frames are unacknowledged in either direction. A frame is
acknowledged when its message has been dealt with, which for records means: stored
durably. Only the frames of an unfinished message are acknowledged as they come, since a
message may be longer than the window. Control frames stand outside all of this.

Refuses to know what messages mean. A peer that overruns the window gets `LimitExceeded`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.wire.frames import Assembler, Frame, FrameType, split
from envlsp.wire.limits import KIB, MIB, WINDOW_BYTES
from envlsp.wire.messages import (
    RECS_BATCH_BYTES,
    RECS_MAX_RECORDS,
    Done,
    Message,
    Records,
    encode_message,
    kind_of,
)

ACK_EVERY_BYTES: Final = 32 * KIB  # inside a long message; four acknowledgements per window
RECORDS_BYTES_PER_S: Final = 2 * MIB
RECORDS_BURST_BYTES: Final = 4 * MIB
NEVER: Final = float("inf")


class Bucket:
    """A budget that refills: `burst` at once, `rate` per second. Overdrawing is repaid."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._then = now

    def has(self, amount: float, now: float) -> bool:
        """Return whether that much could be taken without debt."""
        self._refill(now)
        return self._level >= amount

    def take(self, amount: float, now: float) -> None:
        """Take so much, going into debt if need be."""
        self._refill(now)
        self._level -= amount

    def ready_at(self, amount: float, now: float) -> float:
        """Return when `has` will be true, at the earliest `now`."""
        self._refill(now)
        return now + max(amount - self._level, 0) / self._rate

    def _refill(self, now: float) -> None:
        self._level = min(self._burst, self._level + max(now - self._then, 0) * self._rate)
        self._then = max(now, self._then)


class Outbox:
    """What is to be sent: messages in order, and the answer being served between them."""

    def __init__(self, now: float) -> None:
        self._messages: deque[tuple[FrameType, bytes]] = deque()
        self._frames: Iterator[Frame] = iter(())
        self._answer: Iterator[bytes] | None = None
        self._carry: bytes | None = None
        self._held: Frame | None = None
        self._next_seq = 1
        self._unacked: deque[tuple[int, int]] = deque()
        self._in_flight = 0
        self._budget = Bucket(RECORDS_BYTES_PER_S, RECORDS_BURST_BYTES, now)
        self._starved = False

    @property
    def is_serving(self) -> bool:
        """Return whether an answer is not yet wholly handed to the link."""
        return self._answer is not None

    def has_room(self, now: float) -> bool:
        """Return whether records may go out that nobody asked for: nothing waits before them."""
        is_clear = self._answer is None and not self._messages and self._held is None
        return is_clear and self._budget.has(1, now)

    @property
    def is_idle(self) -> bool:
        """Return whether everything has been sent and acknowledged."""
        waiting = self._messages or self._unacked or self._held is not None
        return not waiting and self._answer is None

    @property
    def is_waiting(self) -> bool:
        """Return whether something that was sent is not acknowledged yet."""
        return bool(self._unacked)

    def put(self, message: Message) -> None:
        """Queue a message."""
        self._messages.append((kind_of(message), encode_message(message)))

    def serve(self, records: Iterator[bytes]) -> None:
        """Send these records, then DONE. An answer under way ends here, with its own DONE."""
        if self._answer is not None:
            self.put(Done())
        self._answer, self._carry = records, None

    def drop(self) -> None:
        """Forget what has not been sent."""
        self._messages.clear()
        self._answer, self._carry, self._held, self._frames = None, None, None, iter(())
        self._unacked.clear()

    def acked_untrusted(self, seq: int) -> None:
        """Take the peer's word that all frames up to `seq` are dealt with.

        Raises:
            MalformedFrame: it says nothing new, or names a frame never sent.
        """
        if not self._unacked or not self._unacked[0][0] <= seq < self._next_seq:
            raise MalformedFrame("an acknowledgement of nothing")
        while self._unacked and self._unacked[0][0] <= seq:
            self._in_flight -= self._unacked.popleft()[1]

    def pump(self, now: float) -> Iterator[Frame]:
        """Yield the frames that may go out now."""
        self._starved = False
        while (frame := self._take_frame(now)) is not None:
            if self._in_flight + frame.cost > WINDOW_BYTES:
                self._held = frame
                return
            self._unacked.append((frame.seq, frame.cost))
            self._in_flight += frame.cost
            yield frame

    def wake_at(self, now: float) -> float:
        """Return when `pump` can go on by itself."""
        return self._budget.ready_at(1, now) if self._starved else NEVER

    def _take_frame(self, now: float) -> Frame | None:
        if self._held is not None:
            frame, self._held = self._held, None
            return frame
        frame_or_none = next(self._frames, None)
        if frame_or_none is not None:
            return frame_or_none
        message = self._take_message(now)
        if message is None:
            return None
        frames = list(split(*message, self._next_seq))
        self._next_seq += len(frames)
        self._frames = iter(frames[1:])
        return frames[0]

    def _take_message(self, now: float) -> tuple[FrameType, bytes] | None:
        if self._messages:
            kind, payload = self._messages.popleft()
            if kind is FrameType.ANNOUNCE:
                self._budget.take(len(payload), now)
            return kind, payload
        if self._answer is None:
            return None
        self._starved = not self._budget.has(1, now)
        if self._starved:
            return None
        batch = self._batch(self._answer)
        if not batch:
            self._answer = None
            return FrameType.DONE, encode_message(Done())
        payload = encode_message(Records(batch))
        self._budget.take(len(payload), now)
        return FrameType.RECS, payload

    def _batch(self, answer: Iterator[bytes]) -> tuple[bytes, ...]:
        """Return the next records: many small ones, or one large one."""
        batch: list[bytes] = []
        size = 0
        while len(batch) < RECS_MAX_RECORDS:
            record = self._carry if self._carry is not None else next(answer, None)
            self._carry = None
            if record is None:
                break
            if batch and size + len(record) > RECS_BATCH_BYTES:
                self._carry = record
                break
            batch.append(record)
            size += len(record)
        return tuple(batch)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole message, and the frame that ended it."""

    kind: FrameType
    payload: bytes
    seq: int


class Inbox:
    """What has come in: one message is dealt with at a time, the others wait in the window."""

    def __init__(self, now: float) -> None:
        self._assembler = Assembler()
        self._waiting: deque[Arrived] = deque()
        self._current: Arrived | None = None
        self._costs: deque[tuple[int, int]] = deque()
        self._unacked = 0
        self._last_seq = 0
        self._settled_seq = 0
        self._acked_seq = 0
        self._budget = Bucket(RECORDS_BYTES_PER_S, RECORDS_BURST_BYTES, now)

    @property
    def is_busy(self) -> bool:
        """Return whether a message is being dealt with."""
        return self._current is not None

    def add_untrusted(self, frame: Frame) -> None:
        """Take in a data frame.

        Raises:
            LimitExceeded: the peer overran the window, or the message is too long.
            MalformedFrame: out of order.
        """
        self._unacked += frame.cost
        if self._unacked > WINDOW_BYTES:
            raise LimitExceeded("more than a window unacknowledged")
        payload = self._assembler.add(frame)
        self._costs.append((frame.seq, frame.cost))
        self._last_seq = frame.seq
        if payload is not None:
            self._waiting.append(Arrived(frame.kind, payload, frame.seq))

    def next(self) -> Arrived | None:
        """Return the next message, once the one before is settled."""
        if self._current is not None or not self._waiting:
            return None
        self._current = self._waiting.popleft()
        return self._current

    def settle(self) -> None:
        """Say that the current message is dealt with, its records durable."""
        assert self._current is not None
        self._settled_seq = self._current.seq
        self._current = None

    def take_ack(self, now: float) -> int | None:
        """Return the number to acknowledge now, if any. Too fast a peer waits for it."""
        is_clear = self._current is None and not self._waiting
        upto = self._last_seq if is_clear else self._settled_seq
        cost = sum(cost for seq, cost in self._costs if seq <= upto)
        is_due = self._settled_seq > self._acked_seq or cost >= ACK_EVERY_BYTES
        if not cost or not is_due or not self._budget.has(1, now):
            return None
        while self._costs and self._costs[0][0] <= upto:
            self._unacked -= self._costs.popleft()[1]
        self._budget.take(cost, now)
        self._acked_seq = upto
        return upto

    def wake_at(self, now: float) -> float:
        """Return when `take_ack` may have something to say by itself."""
        return NEVER if not self._costs or self._budget.has(1, now) else self._budget.ready_at(1, now)
