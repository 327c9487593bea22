"""What goes along with an announcement, to whom, and what becomes of one that lies."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import RecordId
from envlsp.sync.effects import InSync, RecordsWithheld, StoreRecords
from envlsp.sync.exchange import HOLD_HEADS_S
from envlsp.sync.session import Session
from envlsp.sync.states import State
from envlsp.wire.frames import Frame, FrameType
from envlsp.wire.limits import KIB
from envlsp.wire.messages import (
    ANNOUNCE_MAX_BYTES,
    Ack,
    Announce,
    CloseCode,
    Done,
    Heads,
    Records,
    Want,
    encode_message,
)
from tests.support.peers import Actor, End, Fake, Wire, actor, make_fake, meet
from tests.support.wire_faults import Liar

NEARLY = ANNOUNCE_MAX_BYTES - 200  # a filler that leaves room for the rest of a fake


def level_wire() -> Wire:
    """Return a wire whose ends have said that they stand at the same heads."""
    wire = meet(actor("alice"), actor("bob"))
    wire.author(wire.a)
    wire.settle()
    return wire


def level_liar(alice: Actor) -> Liar:
    """Return Eve, who says that she has what Alice has."""
    liar = Liar(alice, actor("eve"))
    liar.say(Heads(tuple(alice.replica.heads()), alice.replica.count(), ()))
    return liar


def announced(liar: Liar) -> list[Announce]:
    return [message for message in liar.heard if isinstance(message, Announce)]


def orphan(number: int) -> Fake:
    return make_fake(b"mallory-", number, 2, [RecordId(bytes([number]) * 32)])


def tell(liar: Liar, *fakes: Fake) -> None:
    """Let Alice's session know of records that she has now."""
    liar.session.local_change([fake.id for fake in fakes], liar.now)
    liar.obey()


def arrives(wire: Wire, end: End) -> list[StoreRecords]:
    """Deliver what waits for one end, without any answer of it."""
    before = len(end.happened(StoreRecords))
    while wire.deliver(end):
        pass
    return end.happened(StoreRecords)[before:]


def test_a_fresh_record_arrives_with_its_announcement() -> None:
    wire = level_wire()
    made = wire.author(wire.a, size=15_000)
    assert arrives(wire, wire.b) == [StoreRecords((made.raw,))]
    wire.run()
    assert wire.a.session.state is wire.b.session.state is State.IN_STEP
    assert wire.a.happened(InSync)[-1].heads == wire.b.happened(InSync)[-1].heads == (made.id,)
    assert wire.a.replica.served[made.id] == 1


def test_several_at_once_arrive_parents_first() -> None:
    wire = level_wire()
    made = [wire.a.replica.author() for _ in range(3)]
    wire.a.session.local_change([fake.id for fake in reversed(made)], wire.now)
    wire.obey()
    assert arrives(wire, wire.b) == [StoreRecords(tuple(fake.raw for fake in made))]


def test_one_push_after_another_does_not_wait_for_the_peer() -> None:
    wire = level_wire()
    made = [wire.author(wire.a) for _ in range(3)]
    for fake in made:
        assert arrives(wire, wire.b)[:1] in ([StoreRecords((fake.raw,))], [])
        wire.store(wire.b)
    assert wire.b.replica.has(made[-1].id)
    wire.run()
    assert wire.a.session.state is State.IN_STEP


def test_a_large_record_goes_by_id_and_what_is_before_it_goes_along() -> None:
    alice = actor("alice")
    liar = level_liar(alice)
    small, large, after = (alice.replica.author(size=size) for size in (10, ANNOUNCE_MAX_BYTES, 10))
    tell(liar, small, large, after)
    assert announced(liar) == [Announce(tuple(sorted((small.id, large.id, after.id))), (small.raw,))]


def test_nothing_goes_along_until_the_peer_has_the_parents() -> None:
    alice = actor("alice")
    alice.replica.author()
    liar = Liar(alice, actor("eve"))
    first = alice.replica.author()
    tell(liar, first)
    liar.say(Heads(tuple(alice.replica.heads()), alice.replica.count(), ()))
    large = alice.replica.author(size=ANNOUNCE_MAX_BYTES)
    tell(liar, large)
    child = alice.replica.author()
    tell(liar, child)
    assert [message.records for message in announced(liar)] == [(), (), ()]
    liar.say(Heads(tuple(alice.replica.heads()), alice.replica.count(), ()))
    grandchild = alice.replica.author()
    tell(liar, grandchild)
    assert announced(liar)[-1].records == (grandchild.raw,)


def test_what_the_heads_told_before_is_not_sent_unasked() -> None:
    alice = actor("alice")
    liar = level_liar(alice)
    unnoticed = alice.replica.author()  # another process wrote it, and nobody has said so
    theirs = make_fake(b"mallory-", 1, 1, [])
    liar.say(Announce((theirs.id,), (theirs.raw,)))
    assert isinstance(told := liar.said(Heads)[-1], Heads)
    assert unnoticed.id in told.heads
    tell(liar, unnoticed)
    assert announced(liar) == [Announce((unnoticed.id,))]


def test_what_others_wrote_goes_by_id() -> None:
    alice, bob = actor("alice"), actor("bob")
    liar = level_liar(alice)
    theirs = bob.replica.author()
    alice.replica.take([theirs.raw], auth_only=False)
    ours = alice.replica.author()
    tell(liar, theirs, ours)
    assert [message.records for message in announced(liar)] == [()]


def test_nothing_goes_along_past_a_peer_that_stopped_reading() -> None:
    wire = level_wire()
    for _ in range(40):
        wire.author(wire.a, size=NEARLY)
    sent = sum(map(len, wire.b.inbox))
    assert sent < 6 * ANNOUNCE_MAX_BYTES
    wire.settle()
    assert wire.b.replica.count() == 41
    assert set(wire.a.replica.served.values()) == {1}


def test_nothing_goes_to_a_peer_that_the_same_change_removed() -> None:
    alice = actor("alice")
    liar = level_liar(alice)
    removal, release = alice.replica.author("auth"), alice.replica.author()
    alice.replica.active.clear()
    tell(liar, removal, release)
    assert announced(liar) == []
    assert liar.closed is CloseCode.REVOKED


def test_heads_wait_for_those_of_the_peer() -> None:
    alice = actor("alice")
    liar = level_liar(alice)
    before = len(liar.said(Heads))
    tell(liar, alice.replica.author())
    assert len(liar.said(Heads)) == before
    liar.say(Heads(tuple(alice.replica.heads()), 1, ()))
    assert len(liar.said(Heads)) == before + 1
    assert liar.session.state is State.IN_STEP


def test_heads_do_not_wait_for_ever() -> None:
    alice = actor("alice")
    liar = level_liar(alice)
    before = len(liar.said(Heads))
    tell(liar, alice.replica.author())
    assert liar.session.wake_at(liar.now) == liar.now + HOLD_HEADS_S
    liar.tick(HOLD_HEADS_S)
    assert len(liar.said(Heads)) == before + 1
    assert liar.session.wake_at(liar.now) > liar.now


def test_two_pushes_that_cross_need_no_timer() -> None:
    wire = level_wire()
    wire.author(wire.a)
    wire.author(wire.b)
    wire.run()
    assert wire.a.session.state is wire.b.session.state is State.IN_STEP


def test_who_leaves_says_at_once_where_it_stands() -> None:
    wire = level_wire()
    wire.author(wire.a)
    wire.a.session.leave(wire.now)
    wire.obey()
    wire.run()
    assert wire.a.closed is CloseCode.ORDERLY
    assert len(wire.b.happened(InSync)[-1].heads) == 1
    assert wire.b.happened(InSync)[-1].heads == tuple(wire.a.replica.heads())


def test_ids_that_came_alone_are_wanted() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    first, second = (make_fake(b"mallory-", number, 1, []) for number in (1, 2))
    liar.say(Announce((first.id, second.id), (first.raw,)))
    assert liar.said(Want) == [Want((second.id,))]
    liar.say(Records((second.raw,)), Done())
    assert liar.replica.count() == 2
    assert liar.closed is None


def test_a_record_whose_parents_are_missing_is_held_and_they_are_wanted() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    parent = make_fake(b"mallory-", 1, 1, [])
    child = make_fake(b"mallory-", 2, 2, [parent.id])
    liar.say(Announce((child.id,), (child.raw,)))
    assert liar.said(Want) == [Want((parent.id,))]
    liar.say(Records((parent.raw,)), Done())
    assert liar.replica.has(child.id)
    assert liar.closed is None


def test_a_withheld_parent_of_what_came_along_is_named() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    child = orphan(7)
    liar.say(Announce((child.id,), (child.raw,)), Done())
    (withheld,) = [effect for effect in liar.log if isinstance(effect, RecordsWithheld)]
    assert withheld.ids == tuple(sorted((child.id, *child.parents)))
    assert liar.closed is None


def test_an_announcement_may_come_in_the_middle_of_an_answer() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    asked, fresh = (make_fake(b"mallory-", number, 1, []) for number in (1, 2))
    liar.say(Announce((asked.id,)))
    liar.say(Announce((fresh.id,), (fresh.raw,)))
    liar.say(Records((asked.raw,)), Done())
    assert liar.replica.count() == 2
    assert liar.closed is None


def test_what_came_along_is_acknowledged_when_it_is_stored() -> None:
    wire = level_wire()
    wire.author(wire.a)
    arrives(wire, wire.b)
    assert not wire.a.session.is_idle
    wire.run()
    assert wire.a.session.is_idle


@pytest.mark.parametrize(
    ("names", "along"),
    (((1,), (2,)), ((1, 2), (1, 3)), ((1, 2), (1, 1)), ((7,), (8,))),
    ids=("another", "one of two", "twice", "an orphan"),
)
def test_case_41_what_goes_along_and_is_not_named_ends_the_session(
    names: tuple[int, ...], along: tuple[int, ...]
) -> None:
    fakes = {number: make_fake(b"mallory-", number, 1, []) for number in (1, 2, 3)}
    fakes |= {number: orphan(number) for number in (7, 8)}
    liar = Liar(actor("alice"), actor("eve"))
    liar.say(Announce(tuple(fakes[n].id for n in names), tuple(fakes[n].raw for n in along)))
    assert liar.closed is CloseCode.PROTOCOL


def test_case_41_more_than_32_kib_along_end_the_session_unread() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    large = make_fake(b"mallory-", 1, 1, [], size=33 * KIB)
    liar.say(Announce((large.id,), (large.raw,)))
    assert liar.closed is CloseCode.LIMIT
    assert not any(isinstance(effect, StoreRecords) for effect in liar.log)


def test_case_41_a_bad_record_along_ends_the_session() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    bad = make_fake(b"mallory-", 1, 1, [], kind="bad")
    liar.say(Announce((bad.id,), (bad.raw,)))
    assert liar.closed is CloseCode.BAD_RECORD


def test_case_41_orphans_along_are_held_within_bounds() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    session: Session = liar.session
    for number in range(1, 256):
        child = make_fake(b"mallory-", number, 2, [RecordId(bytes([number]) * 32)], size=NEARLY)
        liar.say(Announce((child.id,), (child.raw,)))
        liar.now += 0.1
    assert session._exchange is not None
    assert session._exchange._pull.orphans._bytes <= 4 * 1024 * KIB


def test_case_41_records_along_are_read_at_the_pace_of_the_limit() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    acked = 0
    for number in range(1, 200):
        fake = make_fake(b"mallory-", number, 1, [], size=NEARLY)
        liar.say(Announce((fake.id,), (fake.raw,)))
        acked = len(liar.said(Ack))
        if liar.closed is not None:
            break
    assert liar.closed is CloseCode.LIMIT, "who does not wait for acknowledgements overruns the window"
    assert acked < 150


def test_the_form_without_records_is_refused() -> None:
    liar = Liar(actor("alice"), actor("eve"))
    ids = encode_message(Want((RecordId(bytes(32)),)))
    liar.say_frame(Frame(FrameType.ANNOUNCE, more=False, seq=1, payload=ids))
    assert liar.closed is CloseCode.PROTOCOL
