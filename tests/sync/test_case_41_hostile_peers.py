"""A member who lies, withholds and floods: bounded memory, a closed session, nobody else hurt."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import RecordId
from envlsp.sync.effects import RecordsWithheld
from envlsp.wire.frames import Frame, FrameType
from envlsp.wire.limits import ORPHANS_MAX, WANT_MAX_IDS, WINDOW_BYTES
from envlsp.wire.messages import (
    Ack,
    Announce,
    Bye,
    CloseCode,
    Done,
    Heads,
    Intro,
    Message,
    Ping,
    Progress,
    Records,
    Vector,
    Want,
)
from tests.support.peers import Actor, Fake, actor, make_fake, meet
from tests.support.wire_faults import Liar


def identity(number: int) -> RecordId:
    return RecordId(number.to_bytes(32, "big"))


def against(honest: Actor) -> Liar:
    liar = Liar(honest, actor("eve"))
    assert liar.closed is None
    return liar


def orphan(number: int, size: int = 0) -> Fake:
    return make_fake(b"mallory-", number + 1, 2, [identity(number)], size=size)


def test_case_41_a_lying_vector_gets_what_it_asks_for_and_want_the_rest() -> None:
    alice = actor("alice")
    made = [alice.replica.author() for _ in range(5)]
    liar = against(alice)
    liar.say(Vector((Progress(alice.dpk[:8], 2**53, bytes(8)),)))
    assert liar.said(Records) == []
    liar.say(Want((made[0].id,)))
    assert liar.said(Records) == [Records((made[0].raw,))]


@pytest.mark.slow
def test_case_41_a_peer_that_hides_records_from_its_vector_answer_is_walked_to_the_root() -> None:
    alice, eve = actor("alice"), actor("eve")
    made = [eve.replica.author() for _ in range(600)]
    liar = Liar(alice, eve)
    liar.say(Heads((made[-1].id,), 600, ()))
    served = 0
    while alice.replica.count() < 600 and liar.closed is None:
        request = next(item for item in reversed(liar.heard) if isinstance(item, (Vector, Want)))
        if isinstance(request, Want):
            served += 1
            liar.say(Records(tuple(eve.replica.records(request.ids))))
        liar.say(Done())
        liar.now += 2
        assert served < 4_000
    assert liar.closed is None
    assert alice.replica.count() == 600


@pytest.mark.slow
def test_case_41_orphans_for_ever_in_answer_to_a_vector_end_the_session() -> None:
    alice = actor("alice")
    liar = against(alice)
    liar.say(Heads((identity(1),), 1, ()))
    for number in range(0, 100_000, 100):
        liar.say(Records(tuple(orphan(number + index).raw for index in range(100))))
        liar.now += 0.1
        if liar.closed is not None:
            break
    assert liar.closed is CloseCode.LIMIT
    assert alice.replica.count() == 0


def test_case_41_orphans_are_held_within_bounds() -> None:
    alice = actor("alice")
    liar = against(alice)
    liar.say(Heads((identity(1),), 1, ()))
    for number in range(20):
        liar.say(Records((orphan(number, size=900_000).raw,)))
        liar.now += 1
    exchange = liar.session._exchange
    assert exchange is not None
    assert exchange._pull.orphans._bytes <= 4 * 1024 * 1024
    assert len(exchange._pull.orphans) <= ORPHANS_MAX


def test_case_41_a_walk_that_never_ends_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envlsp.sync.reconcile.SHED_MAX", 50)
    alice, eve = actor("alice"), actor("eve")
    made = [eve.replica.author() for _ in range(400)]
    liar = Liar(alice, eve)
    liar.say(Announce((made[-1].id,)))
    for _ in range(len(made)):
        wanted = next(item for item in reversed(liar.heard) if isinstance(item, Want))
        liar.say(Records(tuple(eve.replica.records(wanted.ids))), Done())
        liar.now += 1
    assert liar.closed is CloseCode.LIMIT
    assert alice.replica.count() == 0


def test_case_41_an_answer_holds_nothing_that_was_not_asked_for() -> None:
    liar = against(actor("alice"))
    liar.say(Announce((identity(0),)))
    liar.say(Records((orphan(1).raw,)))
    assert liar.closed is CloseCode.PROTOCOL


def test_case_41_a_withheld_parent_is_named_and_not_asked_for_again() -> None:
    alice = actor("alice")
    liar = against(alice)
    child = orphan(7)
    liar.say(Announce((child.id,)))
    assert liar.said(Want) == [Want((child.id,))]
    liar.say(Records((child.raw,)), Done())
    assert liar.said(Want)[-1] == Want((identity(7),))
    liar.say(Done())
    withheld = [effect for effect in liar.log if isinstance(effect, RecordsWithheld)]
    assert withheld == [RecordsWithheld(tuple(sorted((child.id, identity(7)))))]
    liar.tick(1)
    assert len(liar.said(Want)) == 2
    assert liar.closed is None


def test_case_41_a_bad_record_ends_the_session_and_the_rest_of_the_flood_is_not_read() -> None:
    alice = actor("alice")
    liar = against(alice)
    liar.say(Heads((identity(1),), 1, ()))
    bad = [make_fake(b"mallory-", number, 1, [], kind="bad").raw for number in range(1, 201)]
    for _ in range(500):  # 10^5 of them
        liar.say(Records(tuple(bad)))
    assert liar.closed is CloseCode.BAD_RECORD
    assert alice.replica.count() == 0


def test_case_41_other_peers_are_not_hurt() -> None:
    alice, bob = actor("alice"), actor("bob")
    wire = meet(alice, bob)
    wire.run()
    liar = Liar(alice, actor("eve"))
    liar.say(Records((b"x",)))
    assert liar.closed is CloseCode.PROTOCOL
    wire.author(wire.a)
    wire.run()
    assert bob.replica.count() == 1


def test_case_41_a_window_is_not_to_be_overrun() -> None:
    alice = actor("alice")
    liar = against(alice)
    liar.say(Heads((identity(1),), 1, ()))
    large = make_fake(b"mallory-", 1, 1, [], size=60_000)
    liar.session.take_effects()
    # The store is slow, so nothing is acknowledged.
    assert liar._channel is not None
    liar.obey = lambda: None  # type: ignore[method-assign]
    for _ in range(WINDOW_BYTES // 60_000 + 1):
        liar.say(Records((large.raw,)))
    del liar.obey
    liar.obey()
    assert liar.closed is CloseCode.LIMIT


def test_case_41_announcements_beyond_the_limit_end_the_session() -> None:
    alice = actor("alice")
    liar = against(alice)
    for number in range(3):
        start = number * WANT_MAX_IDS
        liar.say(Announce(tuple(identity(start + index) for index in range(WANT_MAX_IDS))))
    assert liar.closed is CloseCode.LIMIT


def test_case_41_ids_named_and_never_delivered_are_bounded() -> None:
    alice = actor("alice")
    liar = against(alice)
    for number in range(100):
        start = number * 1_024
        liar.say(Heads(tuple(identity(start + index) for index in range(1_024)), 1, ()))
        liar.now += 1
    assert liar.closed is CloseCode.LIMIT


def test_case_41_vectors_and_beats_are_counted() -> None:
    liar = against(actor("alice"))
    for _ in range(40):
        liar.say(Vector(()))
    assert liar.closed is CloseCode.LIMIT
    liar = against(actor("bob"))
    for number in range(40):
        liar.say(Ping(number))
    assert liar.closed is CloseCode.LIMIT


@pytest.mark.parametrize(
    "message",
    (
        Records(()),
        Done(),
        Ack(2**40),
        Heads((), 0, (b"no attestation",)),
    ),
)
def test_case_41_what_nobody_asked_for_ends_the_session(message: Message) -> None:
    liar = against(actor("alice"))
    liar.say(message)
    assert liar.closed is CloseCode.PROTOCOL


def test_case_41_a_second_introduction_ends_the_session() -> None:
    liar = against(actor("alice"))
    liar.say(Intro(1, ()))
    assert liar.closed is None
    liar.say(Intro(1, ()))
    assert liar.closed is CloseCode.PROTOCOL


def test_case_41_an_introduction_carries_nothing_but_who_is_who() -> None:
    alice = actor("alice")
    liar = against(alice)
    liar.say(Intro(0, (make_fake(b"mallory-", 1, 1, [], kind="release").raw,)))
    assert liar.closed is CloseCode.BAD_RECORD


def test_case_41_a_frame_out_of_order_or_altered_ends_the_session() -> None:
    liar = against(actor("alice"))
    liar.say_frame(Frame(FrameType.DONE, more=False, seq=9, payload=b"\x90"))
    assert liar.closed is CloseCode.PROTOCOL
    liar = against(actor("bob"))
    liar.say_bytes(b"\xc1")
    assert liar.closed is CloseCode.PROTOCOL
    liar = against(actor("carol"))
    liar.session.receive(b"not sealed at all", liar.now)
    liar.obey()
    assert liar.closed is CloseCode.PROTOCOL


def test_case_41_nothing_is_taken_in_after_bye() -> None:
    alice = actor("alice")
    liar = against(alice)
    liar.say(Bye())
    assert liar.said(Bye) == [Bye()]
    liar.say(Announce((identity(1),)))
    assert liar.said(Want) == []


def test_case_41_asking_twice_at_once_ends_the_session() -> None:
    alice = actor("alice")
    for _ in range(10):
        alice.replica.author(size=100_000)
    liar = against(alice)
    liar._hear = lambda message: None  # type: ignore[method-assign]
    ids = tuple(sorted(alice.replica.store))
    liar.say(Want(ids))
    liar.say(Want(ids))
    assert liar.closed is CloseCode.PROTOCOL
