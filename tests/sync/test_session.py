from __future__ import annotations

import pytest

from envlsp.errors import Misuse
from envlsp.sync.effects import (
    AttestReceived,
    Close,
    InSync,
    PeerNotKnown,
    PeerProved,
    PeerWelcomed,
    StoreRecords,
)
from envlsp.sync.session import Session
from envlsp.sync.states import State
from envlsp.wire.limits import FRAME_MAX_BYTES, WINDOW_BYTES
from envlsp.wire.messages import CloseCode
from tests.support.peers import End, Wire, actor, befriend, meet


def heads_of(end: End) -> list[tuple[bytes, ...]]:
    return [event.heads for event in end.happened(InSync)]


def test_empty_replicas_are_in_step_at_once() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    for end in wire.ends:
        assert end.session.state is State.IN_STEP
        assert heads_of(end) == [()]
        assert len(end.happened(PeerProved)) == len(end.happened(PeerWelcomed)) == 1


def test_a_newcomer_gets_everything_and_each_record_once() -> None:
    alice, bob = actor("alice"), actor("bob")
    for number in range(300):
        alice.replica.author(size=number)
    wire = meet(alice, bob)
    wire.settle()
    assert bob.replica.store.keys() == alice.replica.store.keys()
    assert set(alice.replica.served.values()) == {1}
    assert heads_of(wire.a)[-1] == heads_of(wire.b)[-1] == tuple(alice.replica.heads())


def test_a_record_of_a_mebibyte_passes_in_small_frames_within_the_window() -> None:
    alice, bob = actor("alice"), actor("bob")
    alice.replica.author(size=1024 * 1024 - 200)
    wire = meet(alice, bob)
    most = 0
    while not wire.is_quiet():
        wire.deliver(wire.a)
        most = max(most, sum(map(len, wire.b.inbox)))
        assert all(len(message) <= FRAME_MAX_BYTES for message in wire.b.inbox)
        wire.deliver(wire.b)
        wire.store(wire.b)
    assert bob.replica.count() == 1
    assert most <= WINDOW_BYTES + 2 * FRAME_MAX_BYTES


def test_a_local_change_is_announced_and_reaches_the_peer() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    made = wire.author(wire.a)
    wire.run()
    assert wire.b.replica.has(made.id)
    assert wire.a.session.state is wire.b.session.state is State.IN_STEP
    assert wire.a.replica.served[made.id] == 1


def test_what_came_from_a_peer_is_not_announced_back_to_it() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    made = wire.author(wire.a)
    wire.run()
    before = wire.b.sent
    wire.b.session.local_change([made.id], wire.now)
    wire.obey()
    wire.run()
    assert wire.b.sent == before


def test_nothing_is_acknowledged_before_it_is_stored() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    wire.author(wire.a)
    while wire.deliver(wire.a) or wire.deliver(wire.b):
        pass
    assert wire.b.unstored
    assert not wire.a.session.is_idle
    wire.run()
    assert wire.a.session.is_idle


def test_stored_without_records_handed_over_is_our_own_mistake() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    with pytest.raises(Misuse):
        wire.a.session.stored([], wire.now)


def test_an_orderly_end_waits_for_acknowledgements() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    wire.author(wire.a)
    wire.a.session.leave(wire.now)
    wire.obey()
    assert wire.a.closed is None
    wire.run()
    assert wire.a.closed is CloseCode.ORDERLY
    assert wire.b.closed is None  # it lingers, so that its BYE is not cut off
    wire.b.session.lost()
    wire.obey()
    assert wire.b.closed is CloseCode.ORDERLY


def test_the_answering_side_closes_by_itself_when_the_link_stays() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    wire.a.session.leave(wire.now)
    wire.obey()
    wire.run()
    wire.tick(2.5)
    assert wire.b.closed is CloseCode.ORDERLY


def test_both_may_leave_at_once() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    for end in wire.ends:
        end.session.leave(wire.now)
    wire.obey()
    wire.run()
    assert [end.closed for end in wire.ends] == [CloseCode.ORDERLY] * 2


def test_leaving_a_silent_peer_ends_by_time() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    wire.author(wire.a)
    wire.a.session.leave(wire.now)
    wire.obey()
    wire.b.inbox.clear()
    wire.tick(6)
    assert wire.a.closed is CloseCode.TIMEOUT


def test_beats_keep_an_idle_session_alive() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    for _ in range(30):
        wire.tick(5.0)
        wire.run()
    assert wire.a.closed is wire.b.closed is None


def test_fifteen_seconds_of_silence_end_it() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    for _ in range(4):
        wire.a.inbox.clear()
        wire.tick(4.0)
    assert wire.a.closed is CloseCode.TIMEOUT


def test_a_handshake_may_take_ten_seconds() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.tick(10.0)
    assert [end.closed for end in wire.ends] == [CloseCode.TIMEOUT] * 2


@pytest.mark.parametrize("after", (0, 1, 2, 3, 7))
def test_wake_at_never_stands_still(after: int) -> None:
    alice, bob = actor("alice"), actor("bob")
    for _ in range(20):
        alice.replica.author(size=300_000)
    wire = meet(alice, bob)
    for _ in range(after):
        wire.deliver(wire.a)
        wire.deliver(wire.b)
    for _ in range(400):
        wire.run()
        if wire.a.session.state is State.IN_STEP:
            break
        wake = min(end.session.wake_at(wire.now) for end in wire.ends)
        assert wake > wire.now, "it would spin"
        wire.tick(wake - wire.now)
    assert bob.replica.count() == 20


def test_an_attestation_travels_with_the_heads_and_only_when_new() -> None:
    alice, bob = actor("alice"), actor("bob")
    alice.replica.with_attests = True
    alice.replica.author()
    wire = meet(alice, bob)
    wire.settle()
    (event,) = wire.b.happened(AttestReceived)
    assert (event.attest.dpk, event.attest.count) == (alice.dpk, 1)
    alice.replica.ts += 1
    wire.author(wire.a)
    wire.settle()
    assert [event.attest.count for event in wire.b.happened(AttestReceived)] == [1, 2]


def test_a_vouched_peer_needs_no_record_yet() -> None:
    alice, bob = actor("alice"), actor("bob")
    bob.replica.active.add(alice.dpk)
    bob.replica.author()
    wire = Wire(alice, bob, vouched=bob.dpk)
    wire.settle()
    assert alice.replica.count() == 1


def test_a_newly_granted_peer_introduces_itself() -> None:
    alice, bob = actor("alice"), actor("bob")
    base = alice.replica.author("auth")
    bob.replica.take([base.raw], auth_only=False)
    grant = bob.replica.author("auth")
    secret = bob.replica.author("release")
    alice.replica.members[grant.id] = bob.dpk
    bob.replica.active.add(alice.dpk)
    wire = Wire(alice, bob)
    wire.settle()
    assert wire.a.happened(PeerNotKnown) == [PeerNotKnown(bob.dpk, revoked=False)]
    assert alice.replica.has(secret.id)
    assert wire.a.session.state is wire.b.session.state is State.IN_STEP


def test_a_newcomer_brings_the_releases_that_its_admission_follows() -> None:
    alice, bob = actor("alice"), actor("bob")
    base = alice.replica.author("auth")
    bob.replica.take([base.raw], auth_only=False)
    before = bob.replica.author("release")
    grant = bob.replica.author("auth")
    after = bob.replica.author("release")
    alice.replica.members[grant.id] = bob.dpk
    bob.replica.active.add(alice.dpk)
    wire = Wire(alice, bob)
    wire.settle()
    first = wire.a.happened(StoreRecords)[0]
    assert first.records == (base.raw, before.raw, grant.raw)
    assert not first.auth_only
    assert alice.replica.has(after.id)
    assert wire.a.session.state is wire.b.session.state is State.IN_STEP


def test_a_removed_member_answers_with_nothing_but_who_is_who() -> None:
    alice, bob = actor("alice"), actor("bob")
    base = alice.replica.author("auth")
    bob.replica.take([base.raw], auth_only=False)
    bob.replica.author("release")
    answer = bob.replica.author("auth")
    bob.replica.active.add(alice.dpk)
    alice.replica.revoked.add(bob.dpk)
    wire = Wire(alice, bob)
    wire.settle()
    (asked,) = wire.a.happened(StoreRecords)
    assert asked.records == (base.raw, answer.raw)
    assert asked.auth_only
    assert wire.a.closed is CloseCode.REVOKED


def test_a_stranger_is_told_nothing() -> None:
    alice, eve = actor("alice"), actor("eve")
    alice.replica.author("auth")
    eve.replica.active.add(alice.dpk)
    wire = Wire(alice, eve)
    wire.settle()
    assert wire.a.closed is CloseCode.UNKNOWN_PEER
    assert eve.replica.count() == 0
    assert not wire.b.unstored


def test_two_strangers_part_at_once() -> None:
    wire = Wire(actor("alice"), actor("eve"))
    wire.run()
    assert CloseCode.UNKNOWN_PEER in (wire.a.closed, wire.b.closed)


def test_a_removed_member_learns_of_it_and_gets_nothing_else() -> None:
    alice, bob = actor("alice"), actor("bob")
    base = alice.replica.author("auth")
    bob.replica.take([base.raw], auth_only=False)
    removal = alice.replica.author("auth")
    release = alice.replica.author("release")
    alice.replica.revoked.add(bob.dpk)
    bob.replica.active.add(alice.dpk)
    wire = Wire(alice, bob)
    wire.settle()
    assert wire.a.closed is CloseCode.REVOKED
    assert wire.b.happened(Close) == [Close(CloseCode.REVOKED, by_peer=True)]
    assert bob.replica.has(removal.id)
    assert not bob.replica.has(release.id)


def test_a_peer_that_is_removed_during_the_session_is_sent_away() -> None:
    alice, bob = actor("alice"), actor("bob")
    wire = meet(alice, bob)
    wire.run()
    alice.replica.active.discard(bob.dpk)
    alice.replica.revoked.add(bob.dpk)
    wire.a.session.membership_changed(wire.now)
    wire.obey()
    wire.run()
    assert wire.a.closed is wire.b.closed is CloseCode.REVOKED


def test_a_failing_disk_is_told_as_a_number() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    wire.a.session.abort(CloseCode.STORE, wire.now)
    wire.obey()
    wire.run()
    assert wire.b.happened(Close) == [Close(CloseCode.STORE, by_peer=True)]


def test_a_lost_link_is_no_orderly_end() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    wire.a.session.lost()
    wire.obey()
    assert wire.a.closed is CloseCode.LOST
    wire.a.session.receive(b"late", wire.now)
    assert wire.a.session.take_effects() == []


def test_more_news_than_can_be_named_travel_as_heads() -> None:
    alice, bob = actor("alice"), actor("bob")
    wire = meet(alice, bob)
    wire.run()
    made = [alice.replica.author() for _ in range(700)]
    wire.a.session.local_change([fake.id for fake in made], wire.now)
    wire.obey()
    wire.settle()
    assert bob.replica.count() == 700
    assert set(alice.replica.served.values()) == {1}


@pytest.mark.slow
def test_announcements_are_paced_below_the_limit_of_the_peer() -> None:
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    for _ in range(1_500):
        wire.author(wire.a)
    wire.settle()
    assert wire.b.replica.count() == 1_500
    assert wire.b.closed is None


def test_a_session_says_nothing_of_itself() -> None:
    alice, bob = actor("alice"), actor("bob")
    befriend(alice, bob)
    wire = Wire(alice, bob)
    assert isinstance(wire.a.session, Session)
    assert repr(alice.key.secret) not in repr(wire.a.log)
