from __future__ import annotations

from collections.abc import Iterator

import pytest

from envlsp.domain.ids import RecordId
from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.sync.flow import (
    ACK_EVERY_BYTES,
    NEVER,
    RECORDS_BURST_BYTES,
    RECORDS_BYTES_PER_S,
    Bucket,
    Inbox,
    Outbox,
)
from envlsp.wire.frames import FRAME_COST_BYTES, Frame, FrameType, split
from envlsp.wire.limits import WINDOW_BYTES
from envlsp.wire.messages import Announce, Done, Want


def frames_of(outbox: Outbox, now: float = 0.0) -> list[Frame]:
    return list(outbox.pump(now))


def kinds(frames: list[Frame]) -> list[FrameType]:
    return [frame.kind for frame in frames]


def endless(size: int) -> Iterator[bytes]:
    while True:
        yield bytes(size)


def test_a_bucket_refills_and_owes() -> None:
    bucket = Bucket(10, 20, 0.0)
    assert bucket.has(20, 0.0)
    bucket.take(30, 0.0)
    assert not bucket.has(0, 0.5)
    assert bucket.ready_at(5, 0.5) == pytest.approx(1.5)
    assert bucket.has(5, 1.5)
    assert not bucket.has(21, 1_000.0)


def test_no_more_than_a_window_goes_out_unacknowledged() -> None:
    outbox = Outbox(0.0)
    outbox.serve(endless(10_000))
    frames = frames_of(outbox)
    assert 0.8 * WINDOW_BYTES < sum(frame.cost for frame in frames) <= WINDOW_BYTES
    assert frames_of(outbox) == []
    outbox.acked_untrusted(frames[0].seq)
    assert next(outbox.pump(0.0)).seq == frames[-1].seq + 1


def test_messages_pass_between_the_parts_of_an_answer() -> None:
    outbox = Outbox(0.0)
    outbox.serve(iter([bytes(20_000)] * 3))
    outbox.put(Announce((RecordId(bytes(32)),)))
    frames = frames_of(outbox)
    assert kinds(frames)[0] is FrameType.ANNOUNCE
    assert kinds(frames)[-1] is FrameType.DONE
    assert not outbox.is_serving
    assert not outbox.is_idle
    outbox.acked_untrusted(frames[-1].seq)
    assert outbox.is_idle


def test_an_interrupted_answer_ends_with_its_own_done() -> None:
    outbox = Outbox(0.0)
    outbox.serve(endless(40_000))
    outbox.serve(iter([b"wanted"]))
    assert kinds(frames_of(outbox)) == [FrameType.DONE, FrameType.RECS, FrameType.DONE]


def test_acknowledgements_of_nothing_are_refused() -> None:
    outbox = Outbox(0.0)
    with pytest.raises(MalformedFrame):
        outbox.acked_untrusted(1)
    outbox.put(Done())
    frames_of(outbox)
    with pytest.raises(MalformedFrame):
        outbox.acked_untrusted(2)
    outbox.acked_untrusted(1)
    with pytest.raises(MalformedFrame):
        outbox.acked_untrusted(1)


def test_records_go_out_at_two_mebibytes_per_second() -> None:
    outbox, now, sent = Outbox(0.0), 0.0, 0
    outbox.serve(endless(30_000))
    while now < 10:
        frames = frames_of(outbox, now)
        sent += sum(len(frame.payload) for frame in frames)
        if frames:
            outbox.acked_untrusted(frames[-1].seq)
        else:
            wake = outbox.wake_at(now)
            assert wake < NEVER
            now = max(wake, now + 0.001)
    assert sent <= RECORDS_BURST_BYTES + 10.1 * RECORDS_BYTES_PER_S
    assert sent >= 9 * RECORDS_BYTES_PER_S


def test_a_message_is_acknowledged_when_it_is_settled() -> None:
    inbox = Inbox(0.0)
    for seq in (1, 2):
        inbox.add_untrusted(Frame(FrameType.DONE, more=False, seq=seq, payload=b"\x90"))
    first = inbox.next()
    assert first is not None
    assert inbox.next() is None, "one at a time"
    assert inbox.take_ack(0.0) is None
    inbox.settle()
    assert inbox.take_ack(0.0) == 1
    inbox.next()
    inbox.settle()
    assert inbox.take_ack(0.0) == 2
    assert inbox.take_ack(0.0) is None


def test_parts_of_a_long_message_are_acknowledged_on_the_way() -> None:
    inbox, acks = Inbox(0.0), 0
    for frame in split(FrameType.RECS, bytes(1_000_000), 1):
        inbox.add_untrusted(frame)
        acks += inbox.take_ack(0.0) is not None
    assert acks >= 1_000_000 // (2 * ACK_EVERY_BYTES)


def test_a_peer_that_is_too_fast_waits_for_its_acknowledgement() -> None:
    inbox, now, taken, seq = Inbox(0.0), 0.0, 0, 1
    while now < 5:
        (frame,) = split(FrameType.RECS, bytes(16_000), seq)
        inbox.add_untrusted(frame)
        inbox.next()
        inbox.settle()
        seq, taken = seq + 1, taken + 16_000
        while inbox.take_ack(now) is None:
            now = max(inbox.wake_at(now), now + 0.001)
    assert taken <= RECORDS_BURST_BYTES + 5.1 * RECORDS_BYTES_PER_S


def test_a_window_full_of_tiny_frames_is_a_window_too() -> None:
    inbox, fits = Inbox(0.0), WINDOW_BYTES // FRAME_COST_BYTES
    for seq in range(1, fits + 1):
        inbox.add_untrusted(Frame(FrameType.DONE, more=False, seq=seq, payload=b""))
    with pytest.raises(LimitExceeded):
        inbox.add_untrusted(Frame(FrameType.DONE, more=False, seq=fits + 1, payload=b""))


def test_dropping_leaves_nothing() -> None:
    outbox = Outbox(0.0)
    outbox.put(Want((RecordId(bytes(32)),)))
    outbox.serve(endless(10))
    outbox.drop()
    assert outbox.is_idle
    assert frames_of(outbox) == []
