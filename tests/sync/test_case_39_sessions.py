"""Whoever fails the handshake, or is no member, gets no record: seen from whole sessions."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.crypto.labels import hash32
from envlsp.domain.ids import TeamId
from envlsp.sync.effects import PeerProved, StoreRecords
from envlsp.sync.session import Session
from envlsp.sync.states import State
from envlsp.wire.limits import INTRO_MAX_RECORDS
from envlsp.wire.messages import CloseCode
from tests.support.peers import Wire, actor, befriend, meet
from tests.support.wire_faults import flip


@pytest.mark.parametrize(
    "difference",
    (
        {"bindings": (hash32("cb", b"one"), hash32("cb", b"another"))},
        {"team_b": TeamId(bytes(32))},
    ),
    ids=("swapped cb", "other team"),
)
def test_case_39_a_difference_leaks_nothing(difference: Any) -> None:
    alice, bob = actor("alice"), actor("bob")
    befriend(alice, bob)
    alice.replica.author()
    wire = Wire(alice, bob, **difference)
    wire.run()
    wire.tick(11)
    assert {wire.a.closed, wire.b.closed} <= {CloseCode.HANDSHAKE, CloseCode.TIMEOUT}
    assert not wire.a.happened(PeerProved)
    assert bob.replica.count() == 0


def test_case_39_a_revoked_peer_gets_who_is_who_and_no_release() -> None:
    alice, bob = actor("alice"), actor("bob")
    befriend(alice, bob)
    release = alice.replica.author("release")
    alice.replica.author("auth", parents=[])
    alice.replica.active.discard(bob.dpk)
    alice.replica.revoked.add(bob.dpk)
    wire = Wire(alice, bob)
    wire.settle()
    assert wire.a.closed is CloseCode.REVOKED
    assert [effect.auth_only for effect in wire.b.happened(StoreRecords)] == [True]
    assert not bob.replica.has(release.id)


@pytest.mark.parametrize("count", (0, 1, 2, 3))
def test_case_39_an_altered_message_ends_it(count: int) -> None:
    wire = meet(actor("alice"), actor("bob"))
    for _ in range(count):
        assert wire.deliver(wire.a) or wire.deliver(wire.b)
    target = next(end for end in wire.ends if end.inbox)
    target.inbox[0] = flip(-1)(target.inbox[0])
    wire.run()
    wire.tick(16)
    assert wire.a.session.state is wire.b.session.state is State.CLOSED


def test_case_39_a_recorded_session_cannot_be_played_again() -> None:
    alice, bob = actor("alice"), actor("bob")
    alice.replica.author()
    wire = meet(alice, bob)
    recorded: list[bytes] = []
    while not wire.is_quiet():
        recorded += list(wire.b.inbox)[:1]
        wire.deliver(wire.b)
        wire.store(wire.b)
        wire.deliver(wire.a)
    late = Session(wire.b.session._handshake._setup, actor("carol").replica, 0.0)
    for message in recorded:
        late.receive(message, 0.0)
    assert late.state in (State.PROVING, State.CLOSED)
    assert late.peer is None


def test_an_introduction_brings_the_newest_that_fit() -> None:
    alice, bob = actor("alice"), actor("bob")
    befriend(alice, bob)
    made = [alice.replica.author("auth") for _ in range(INTRO_MAX_RECORDS + 40)]
    for fake in made[:100]:
        bob.replica.take([fake.raw], auth_only=False)
    alice.replica.revoked.add(bob.dpk)
    wire = Wire(alice, bob)
    wire.settle()
    (effect,) = wire.b.happened(StoreRecords)
    assert effect.records == tuple(fake.raw for fake in made[-INTRO_MAX_RECORDS:])
    assert bob.replica.has(made[-1].id)
