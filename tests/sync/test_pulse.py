"""When a beat goes out, and what silence means."""

from __future__ import annotations

import pytest

from envlsp.sync.effects import PeerCameBack, PeerWentStale
from envlsp.sync.exchange import HOLD_HEADS_S
from envlsp.sync.pulse import BEAT_S, DOUBT_S, SILENCE_MAX_S, STALE_S, WAITING_BEAT_S
from envlsp.sync.states import State
from envlsp.wire.messages import CloseCode
from tests.support.peers import Wire, actor, meet


def quiet_pair() -> Wire:
    """Return two peers in step, with nothing under way."""
    wire = meet(actor("alice"), actor("bob"))
    wire.run()
    return wire


def cut_off(wire: Wire, seconds: float, *, step_s: float = 0.25) -> None:
    """Let time pass while nothing that either says arrives; it is kept, as a reliable link keeps it."""
    for _ in range(round(seconds / step_s)):
        wire.tick(step_s)


def test_an_idle_pair_says_a_beat_in_five_seconds_and_nothing_else() -> None:
    wire = quiet_pair()
    before = wire.a.sent + wire.b.sent
    for _ in range(240):
        wire.tick(0.25)
        wire.run()
    assert wire.a.sent + wire.b.sent - before <= 60 / BEAT_S * 4 + 4  # a beat and its answer, each way
    assert not wire.a.happened(PeerWentStale)


def test_a_missed_beat_makes_a_peer_stale_and_its_next_word_takes_that_back() -> None:
    wire = quiet_pair()
    cut_off(wire, BEAT_S + STALE_S - 0.5)
    assert not wire.a.session.is_stale
    cut_off(wire, 0.5)
    assert wire.a.session.is_stale
    assert wire.b.session.is_stale
    wire.tick(BEAT_S)
    wire.run()
    assert [len(end.happened(PeerWentStale)) for end in wire.ends] == [1, 1]
    assert [len(end.happened(PeerCameBack)) for end in wire.ends] == [1, 1]
    assert wire.a.session.state is State.IN_STEP


def test_while_a_transfer_waits_it_is_seen_within_five_seconds() -> None:
    wire = quiet_pair()
    wire.author(wire.a)
    before = wire.a.sent
    cut_off(wire, HOLD_HEADS_S + WAITING_BEAT_S + STALE_S)
    assert wire.a.session.is_stale
    assert wire.a.sent - before <= HOLD_HEADS_S + STALE_S + 1  # one beat a second, and where we stand
    assert wire.a.closed is None


def test_a_link_that_comes_back_within_fifteen_seconds_has_lost_nothing() -> None:
    wire = quiet_pair()
    made = wire.author(wire.a)
    cut_off(wire, SILENCE_MAX_S - 2)
    wire.run()
    assert wire.b.replica.has(made.id)
    assert wire.a.session.state is State.IN_STEP
    assert not wire.a.session.is_stale


def test_doubt_demands_a_sign_within_three_seconds() -> None:
    wire = quiet_pair()
    wire.a.session.doubt(wire.now)
    wire.obey()
    cut_off(wire, DOUBT_S)
    assert wire.a.closed is CloseCode.TIMEOUT
    assert wire.b.closed is None


def test_doubt_that_is_answered_changes_nothing() -> None:
    wire = quiet_pair()
    wire.a.session.doubt(wire.now)
    wire.obey()
    wire.run()
    wire.tick(DOUBT_S)
    assert wire.a.closed is None
    assert not wire.a.session.is_stale


def test_doubt_before_the_peer_has_proved_itself_waits_for_the_handshake() -> None:
    wire = meet(actor("alice"), actor("bob"))
    for end in wire.ends:
        end.session.doubt(wire.now)
    wire.run()
    assert wire.a.session.state is wire.b.session.state is State.IN_STEP


@pytest.mark.parametrize("since", (0.0, 4.0))
def test_a_dead_peer_is_found_within_fifteen_seconds(since: float) -> None:
    wire = quiet_pair()
    wire.tick(since)
    wire.run()
    silent_from = wire.now
    while wire.a.closed is None:
        wake = min(end.session.wake_at(wire.now) for end in wire.ends)
        assert wake > wire.now, "it would spin"
        wire.tick(wake - wire.now)
    assert wire.now - silent_from <= SILENCE_MAX_S
