"""A link that stands is dialled anew and kept until then: away from a relay, from other addresses."""

from __future__ import annotations

from itertools import count

import pytest

from envlsp.domain.ids import DevicePk
from envlsp.transport.dial_plan import (
    BETTER_GRACE_S,
    RENEWALS_MAX,
    START_GAP_S,
    AbandonDial,
    AskForDial,
    Deliver,
    DialPlan,
    DropLink,
    Effect,
    StartDial,
    TryAgainIn,
)
from tests.support.dial_plans import HIGH, LOW, plan, session, theirs

# --- away from a relay -------------------------------------------------------------------------


def relayed(own: DevicePk, *, leaves_relays: bool = True, jitter: float = 1.0) -> DialPlan:
    """Return a plan with a link over a relay, in session 1 (or theirs), wanted."""
    numbers = count(1)
    we = DialPlan(
        own, jitter=lambda: jitter, new_session=lambda: session(next(numbers)), leaves_relays=leaves_relays
    )
    peer = HIGH if own == LOW else LOW
    we.want(peer, 0)
    if own == HIGH:
        we.hear(LOW, theirs(1), "params", 0)
    we.opened(peer, session(1) if own == LOW else theirs(1), 1, is_relayed=True)
    return we


BETTER = StartDial(HIGH, session(2), controlling=True, direct=True)


def test_a_relayed_link_is_tried_directly_after_a_pause_that_grows() -> None:
    we = plan(LOW)
    (start,) = we.want(HIGH, 0)
    assert isinstance(start, StartDial)
    (again,) = we.opened(HIGH, start.session, 1, is_relayed=True)
    now, pauses = 1.0, []
    for number in range(2, 9):
        assert isinstance(again, TryAgainIn)
        pauses.append(again.wait_s)
        now += again.wait_s
        assert we.retry_due(HIGH, now) == [StartDial(HIGH, session(number), controlling=True, direct=True)]
        (again,) = we.failed(HIGH, session(number))
    assert pauses == [30, 60, 120, 240, 480, 600, 600]


@pytest.mark.parametrize(("jitter", "wait_s"), ((0.0, 15.0), (0.5, 22.5), (1.0, 30.0)))
def test_half_of_the_pause_is_chance(jitter: float, wait_s: float) -> None:
    we = plan(LOW, jitter)
    we.want(HIGH, 0)
    assert we.opened(HIGH, session(1), 1, is_relayed=True) == [TryAgainIn(HIGH, wait_s)]


def test_the_relayed_link_stays_until_the_direct_one_is_open() -> None:
    we = relayed(LOW)
    assert we.retry_due(HIGH, 31) == [BETTER]
    assert we.opened(HIGH, session(2), 32) == [DropLink(HIGH, session(1))]
    assert we.ended(HIGH, session(1), 33) == []
    assert we.retry_due(HIGH, 100) == []  # direct: there is nothing better


def test_a_direct_attempt_in_vain_is_no_failure_of_the_peer() -> None:
    we = relayed(LOW)
    we.retry_due(HIGH, 31)
    assert we.failed(HIGH, session(2)) == [TryAgainIn(HIGH, 60.0)]
    assert we.ended(HIGH, session(1), 40) == [TryAgainIn(HIGH, 1.0)]


def test_the_higher_device_answers_a_direct_attempt_without_relays_and_starts_none() -> None:
    we = relayed(HIGH)
    assert we.retry_due(LOW, 100) == []
    assert we.hear(LOW, theirs(2), "direct", 100) == [
        StartDial(LOW, theirs(2), controlling=False, direct=True),
        Deliver(LOW, theirs(2)),
    ]
    assert we.failed(LOW, theirs(2)) == []
    we.hear(LOW, theirs(3), "direct", 200)
    assert we.opened(LOW, theirs(3), 201) == [DropLink(LOW, theirs(1))]


def test_a_peer_that_asks_has_lost_its_link_and_is_not_kept_waiting_by_a_direct_attempt() -> None:
    we = relayed(LOW)
    we.retry_due(HIGH, 31)
    assert we.hear(HIGH, theirs(9), "dial", 35) == [
        AbandonDial(HIGH, session(2)),
        StartDial(HIGH, theirs(9), controlling=True),
    ]


@pytest.mark.parametrize("own", (LOW, HIGH))
def test_a_link_that_ends_during_a_direct_attempt_gives_it_a_moment(own: DevicePk) -> None:
    """The peer may have opened the better link just before us, and closed this one."""
    we, peer = relayed(own), HIGH if own == LOW else LOW
    if own == LOW:
        we.retry_due(HIGH, 31)
    else:
        we.hear(LOW, theirs(2), "direct", 31)
    old, better = (session(1), session(2)) if own == LOW else (theirs(1), theirs(2))
    assert we.ended(peer, old, 33) == [TryAgainIn(peer, BETTER_GRACE_S)]
    given_up, *anew = we.retry_due(peer, 35)
    assert given_up == AbandonDial(peer, better)
    if own == LOW:
        assert anew == [StartDial(HIGH, session(3), controlling=True)]
    else:
        assert anew[0] == AskForDial(LOW, session(2))


def test_where_relays_are_wanted_none_is_left() -> None:
    assert relayed(LOW, leaves_relays=False).retry_due(HIGH, 1000) == []


def test_nobody_leaves_a_relay_for_a_peer_that_is_not_wanted_any_more() -> None:
    we = relayed(LOW)
    we.unwant(HIGH)
    assert we.retry_due(HIGH, 31) == []
    assert we.want(HIGH, 40) == [TryAgainIn(HIGH, 30.0)]


# --- other addresses ---------------------------------------------------------------------------


def test_other_addresses_are_dialled_with_at_once_and_the_link_stays_until_then() -> None:
    for is_relayed in (True, False):
        we = plan(LOW)
        we.want(HIGH, 0)
        we.opened(HIGH, session(1), 0.1, is_relayed=is_relayed)
        assert we.addresses_changed(0.2) == [StartDial(HIGH, session(2), controlling=True)]
        assert DropLink(HIGH, session(1)) in we.opened(HIGH, session(2), 1)


def test_the_higher_device_asks_until_it_is_answered() -> None:
    we = plan(HIGH)
    we.want(LOW, 0)
    we.hear(LOW, theirs(1), "params", 1)
    we.opened(LOW, theirs(1), 2)
    assert we.addresses_changed(10) == [AskForDial(LOW, session(2)), TryAgainIn(LOW, 4.0)]
    assert we.retry_due(LOW, 14)[0] == AskForDial(LOW, session(3))
    we.hear(LOW, theirs(2), "params", 15)
    assert we.opened(LOW, theirs(2), 16) == [DropLink(LOW, theirs(1))]
    assert we.retry_due(LOW, 30) == []


def test_a_link_that_outlives_a_change_is_left_alone_after_a_few_dials() -> None:
    we, now, dials = plan(LOW), 10.0, 0
    we.want(HIGH, 0)
    we.opened(HIGH, session(1), 1)
    due = we.addresses_changed(now)
    while due:
        (start,) = due
        assert isinstance(start, StartDial)
        dials, now = dials + 1, now + 100
        due = we.failed(HIGH, start.session) and we.retry_due(HIGH, now)
    assert dials == RENEWALS_MAX


def test_a_relayed_link_that_outlives_a_change_is_still_tried_directly() -> None:
    we, now = relayed(LOW), 10.0
    again: Effect | None = None
    (start,) = we.addresses_changed(now)
    for _ in range(RENEWALS_MAX):
        assert isinstance(start, StartDial)
        assert not start.direct
        now += 100
        (again,) = we.failed(HIGH, start.session)
        (start,) = we.retry_due(HIGH, now)
    assert again == TryAgainIn(HIGH, 30.0)
    assert isinstance(start, StartDial)
    assert start.direct


def test_a_timer_that_fires_a_moment_early_is_on_time() -> None:
    we = plan(LOW, jitter=0.0)
    we.want(HIGH, 0.1)
    we.failed(HIGH, session(1))
    assert we.retry_due(HIGH, 0.1 + START_GAP_S - 1e-9) == [StartDial(HIGH, session(2), controlling=True)]


def test_a_dial_from_old_addresses_is_begun_again() -> None:
    we = plan(LOW)
    we.want(HIGH, 0)
    assert we.addresses_changed(0.1) == [
        AbandonDial(HIGH, session(1)),
        StartDial(HIGH, session(2), controlling=True),
    ]
    we.unwant(HIGH)
    assert we.addresses_changed(5) == []
