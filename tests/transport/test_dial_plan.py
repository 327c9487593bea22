"""A low dpk controls. In the tables we are `LOW` or `HIGH`, and the peer is the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from envlsp.domain.ids import DevicePk
from envlsp.transport.api import SignalKind
from envlsp.transport.dial_plan import (
    ANSWER_GAP_S,
    ANSWERS_AT_ONCE,
    ASK_PATIENCE_S,
    SESSIONS_KEPT,
    START_GAP_S,
    AbandonDial,
    AskForDial,
    Deliver,
    DialPlan,
    DropLink,
    StartDial,
    TryAgainIn,
)
from tests.support.dial_plans import HIGH, LOW, plan, session, theirs

# --- who starts --------------------------------------------------------------------------------


def test_the_lower_device_starts_when_it_wants() -> None:
    assert plan(LOW).want(HIGH, 0) == [StartDial(HIGH, session(1), controlling=True)]


def test_the_higher_device_asks_and_asks_again() -> None:
    we = plan(HIGH)
    assert we.want(LOW, 0) == [AskForDial(LOW, session(1)), TryAgainIn(LOW, 4.0)]
    assert we.retry_due(LOW, 4) == [AskForDial(LOW, session(2)), TryAgainIn(LOW, 4.0)]
    assert we.retry_due(LOW, 8) == [AskForDial(LOW, session(3)), TryAgainIn(LOW, 5.0)]


def test_the_lower_device_dials_in_the_session_it_is_asked_for() -> None:
    assert plan(LOW).hear(HIGH, theirs(1), "dial", 0) == [StartDial(HIGH, theirs(1), controlling=True)]


def test_the_higher_device_answers_parameters() -> None:
    assert plan(HIGH).hear(LOW, theirs(1), "params", 0) == [
        StartDial(LOW, theirs(1), controlling=False),
        Deliver(LOW, theirs(1)),
    ]


def test_it_tells_since_when_a_dial_runs() -> None:
    we = plan(LOW)
    assert we.dialling_since(HIGH) is None
    we.want(HIGH, 7)
    assert we.dialling_since(HIGH) == 7
    we.opened(HIGH, session(1), 8)
    assert we.dialling_since(HIGH) is None


def test_wanting_twice_dials_once() -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    assert we.want(HIGH, 5) == []
    assert we.nudge(HIGH, 5) == []


# --- messages ----------------------------------------------------------------------------------

Setup = Callable[[DialPlan], object]


def idle(_we: DialPlan) -> None:
    pass


def dialling(we: DialPlan) -> None:
    we.want(HIGH, 0)


def answering(we: DialPlan) -> None:
    we.hear(LOW, theirs(1), "params", 0)


def linked(we: DialPlan) -> None:
    we.hear(LOW, theirs(1), "params", 0)
    we.opened(LOW, theirs(1), 1)


NOTHING: list[object] = []


@pytest.mark.parametrize(
    ("own", "setup", "number", "kind", "expected"),
    (
        (LOW, idle, theirs(9), "params", NOTHING),  # only we start sessions
        (LOW, idle, theirs(9), "candidates", NOTHING),
        (LOW, dialling, session(1), "dial", NOTHING),
        (LOW, dialling, theirs(9), "params", NOTHING),
        (LOW, dialling, session(1), "params", [Deliver(HIGH, session(1))]),
        (LOW, dialling, session(1), "candidates", [Deliver(HIGH, session(1))]),
        (LOW, dialling, session(1), "bye", [Deliver(HIGH, session(1))]),
        (HIGH, idle, theirs(9), "dial", NOTHING),  # we cannot start one
        (HIGH, idle, theirs(9), "candidates", NOTHING),
        (HIGH, idle, theirs(9), "bye", NOTHING),
        (HIGH, idle, b"short", "params", NOTHING),
        (HIGH, answering, theirs(1), "end", [Deliver(LOW, theirs(1))]),
        (
            HIGH,
            answering,
            theirs(2),
            "params",
            [
                AbandonDial(LOW, theirs(1)),
                StartDial(LOW, theirs(2), controlling=False),
                Deliver(LOW, theirs(2)),
            ],
        ),
        (HIGH, linked, theirs(1), "params", NOTHING),  # a replay
        (HIGH, linked, theirs(1), "bye", NOTHING),
        (
            HIGH,
            linked,
            theirs(2),
            "params",
            [StartDial(LOW, theirs(2), controlling=False), Deliver(LOW, theirs(2))],
        ),
    ),
)
def test_what_a_message_calls_for(
    own: DevicePk, setup: Setup, number: bytes, kind: SignalKind, expected: list[object]
) -> None:
    we = plan(own)
    setup(we)
    assert we.hear(HIGH if own == LOW else LOW, number, kind, 10) == expected


def test_a_session_is_used_once() -> None:
    we = plan(LOW)
    we.hear(HIGH, theirs(1), "dial", 0)
    we.failed(HIGH, theirs(1))
    assert we.hear(HIGH, theirs(1), "dial", 60) == []


def test_a_peer_cannot_make_us_dial_without_pause() -> None:
    low, high = plan(LOW), plan(HIGH)
    low.hear(HIGH, theirs(1), "dial", 0)
    low.failed(HIGH, theirs(1))
    (later,) = low.hear(HIGH, theirs(2), "dial", 0.25)
    assert later == TryAgainIn(HIGH, START_GAP_S - 0.25)
    assert low.retry_due(HIGH, START_GAP_S) == [StartDial(HIGH, theirs(2), controlling=True)]
    assert low.retry_due(HIGH, 1) == []
    for number in range(ANSWERS_AT_ONCE):
        assert high.hear(LOW, theirs(number), "params", 0)
    assert high.hear(LOW, theirs(10), "params", 0.1) == []
    assert high.hear(LOW, theirs(11), "params", ANSWER_GAP_S)
    assert high.hear(LOW, theirs(12), "params", ANSWER_GAP_S) == []


def test_a_peer_that_left_and_came_back_at_once_is_answered() -> None:
    """A push meets the team twice, and its second dial knows nothing of the first."""
    high = plan(HIGH)
    for number, now in enumerate((0.0, 0.05, 0.1)):
        dialled = StartDial(LOW, theirs(number), controlling=False)
        assert dialled in high.hear(LOW, theirs(number), "params", now)
        assert high.opened(LOW, theirs(number), now + 0.02) == []
        high.ended(LOW, theirs(number), now + 0.04)


def test_used_sessions_take_bounded_memory() -> None:
    we = plan(HIGH)
    for number in range(SESSIONS_KEPT + 10):
        we.hear(LOW, theirs(number), "params", number)
    assert len(we._used) == SESSIONS_KEPT


# --- a peer that asks while our dial runs ------------------------------------------------------

BEGINS_ANEW = [AbandonDial(HIGH, session(1)), StartDial(HIGH, theirs(9), controlling=True)]


def test_who_asks_has_mostly_not_heard_of_the_dial_yet() -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    assert we.hear(HIGH, theirs(9), "dial", 0.5) == [TryAgainIn(HIGH, ASK_PATIENCE_S - 0.5)]
    assert we.hear(HIGH, session(1), "params", 1) == [Deliver(HIGH, session(1))]
    assert we.retry_due(HIGH, ASK_PATIENCE_S) == []
    assert we.opened(HIGH, session(1), 4) == []
    assert we.retry_due(HIGH, 5) == []


def test_who_asks_after_an_answer_was_killed_and_is_not_kept_waiting() -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    we.hear(HIGH, session(1), "params", 0.1)
    assert we.hear(HIGH, theirs(9), "dial", 0.5) == BEGINS_ANEW


def test_who_came_anew_before_an_answer_is_not_kept_waiting() -> None:
    we = plan(LOW)
    we.came(HIGH)
    we.want(HIGH, 0)
    we.came(HIGH)
    assert we.hear(HIGH, theirs(8), "dial", START_GAP_S / 2) == [
        AbandonDial(HIGH, session(1)),
        TryAgainIn(HIGH, START_GAP_S / 2),
    ]
    assert we.retry_due(HIGH, START_GAP_S) == [StartDial(HIGH, theirs(8), controlling=True)]
    assert we.hear(HIGH, theirs(9), "dial", 1) == [TryAgainIn(HIGH, START_GAP_S + ASK_PATIENCE_S - 1)]


def test_a_dial_that_nobody_answers_gives_way_to_what_was_asked_for() -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    we.hear(HIGH, theirs(9), "dial", 0.5)
    assert we.retry_due(HIGH, ASK_PATIENCE_S) == BEGINS_ANEW
    late = plan(LOW)
    late.want(HIGH, 0)
    assert late.hear(HIGH, theirs(9), "dial", ASK_PATIENCE_S) == BEGINS_ANEW


def test_a_dial_that_fails_is_followed_by_what_was_asked_for_though_nobody_wants_it() -> None:
    we = plan(LOW)
    we.hear(HIGH, theirs(8), "dial", 0)
    we.hear(HIGH, theirs(9), "dial", 0.5)
    assert we.failed(HIGH, theirs(8)) == [TryAgainIn(HIGH, START_GAP_S)]
    assert we.retry_due(HIGH, 1) == [StartDial(HIGH, theirs(9), controlling=True)]


# --- outcomes ----------------------------------------------------------------------------------


def test_failures_back_off_to_a_minute() -> None:
    we = plan(LOW)
    now, waits = 0.0, []
    (start,) = we.want(HIGH, now)
    for _ in range(9):
        assert isinstance(start, StartDial)
        (again,) = we.failed(HIGH, start.session)
        assert isinstance(again, TryAgainIn)
        waits.append(again.wait_s)
        now += 100
        (start,) = we.retry_due(HIGH, now)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_jitter_is_full() -> None:
    we = plan(LOW, jitter=0.25)
    we.want(HIGH, 0)
    assert we.failed(HIGH, session(1)) == [TryAgainIn(HIGH, 0.25)]


def test_even_without_jitter_a_moment_passes_between_dials() -> None:
    we = plan(LOW, jitter=0.0)
    we.want(HIGH, 0)
    assert we.failed(HIGH, session(1)) == [TryAgainIn(HIGH, 0.0)]
    assert we.retry_due(HIGH, 0.25) == [TryAgainIn(HIGH, START_GAP_S - 0.25)]
    assert we.retry_due(HIGH, START_GAP_S) == [StartDial(HIGH, session(2), controlling=True)]


@pytest.mark.parametrize(("lasted_s", "wait_s"), ((29, 4.0), (31, 1.0)))
def test_only_a_link_that_held_starts_the_count_again(lasted_s: float, wait_s: float) -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    we.failed(HIGH, session(1))
    we.retry_due(HIGH, 10)
    we.failed(HIGH, session(2))
    we.retry_due(HIGH, 20)
    assert we.opened(HIGH, session(3), 21) == []
    assert we.ended(HIGH, session(3), 21 + lasted_s) == [TryAgainIn(HIGH, wait_s)]


def test_a_nudge_dials_at_once_and_starts_the_count_again() -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    we.failed(HIGH, session(1))
    assert we.nudge(HIGH, 5) == [StartDial(HIGH, session(2), controlling=True)]
    assert we.failed(HIGH, session(2)) == [TryAgainIn(HIGH, 1.0)]


def test_an_unwanted_peer_is_answered_and_not_called_back() -> None:
    we = plan(LOW)
    we.hear(HIGH, theirs(1), "dial", 0)
    assert we.failed(HIGH, theirs(1)) == []
    we.want(HIGH, 10)
    we.unwant(HIGH)
    assert we.failed(HIGH, session(1)) == []
    assert we.retry_due(HIGH, 20) == []
    assert we.nudge(HIGH, 20) == []


def test_a_new_link_replaces_the_old_one_when_it_is_open() -> None:
    we = plan(HIGH)
    we.want(LOW, 0)
    we.hear(LOW, theirs(1), "params", 1)
    we.opened(LOW, theirs(1), 2)
    we.hear(LOW, theirs(2), "params", 3)
    assert we.opened(LOW, theirs(2), 4) == [DropLink(LOW, theirs(1))]
    assert we.ended(LOW, theirs(1), 5) == []
    assert we.ended(LOW, theirs(2), 6) != []


def test_a_failed_replacement_leaves_the_old_link() -> None:
    we = plan(HIGH)
    we.want(LOW, 0)
    we.hear(LOW, theirs(1), "params", 1)
    we.opened(LOW, theirs(1), 2)
    we.hear(LOW, theirs(2), "params", 3)
    assert we.failed(LOW, theirs(2)) == []


def test_a_dial_that_was_given_up_but_opened_is_dropped() -> None:
    we = plan(HIGH)
    we.hear(LOW, theirs(1), "params", 0)
    we.hear(LOW, theirs(2), "params", 1)
    assert we.opened(LOW, theirs(1), 2) == [DropLink(LOW, theirs(1))]
    assert we.failed(LOW, theirs(1)) == []
