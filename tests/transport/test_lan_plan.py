"""Whom to knock at and when, by the clock of the test."""

from __future__ import annotations

from dataclasses import replace

from envlsp.crypto.lan import filled
from envlsp.transport.lan_discovery import Sighting
from envlsp.transport.lan_plan import AGAIN_S, HESITATE_S, PAUSES_S, SEEN_MAX, Plan
from envlsp.wire.lan import Poster
from envlsp.wire.signaling_messages import RoomId

ROOM = RoomId(b"r" * 16)
BOB = Sighting("bbbb", ("198.18.1.12",), 4000, Poster(bytes(8), filled([])))


def names(plan: Plan, now: float) -> list[str]:
    return [sighting.name for sighting, _ in plan.due(now)]


def test_the_lower_name_knocks_at_once_and_the_other_a_little_later() -> None:
    lower, higher = Plan(), Plan()
    lower.saw(BOB, [ROOM], "aaaa", 0.0)
    higher.saw(BOB, [ROOM], "cccc", 0.0)
    assert names(lower, 0.0) == ["bbbb"]
    assert names(higher, HESITATE_S - 0.1) == []
    assert higher.next_s() == HESITATE_S
    assert names(higher, HESITATE_S) == ["bbbb"]


def test_a_poster_without_a_room_of_ours_is_nobodys() -> None:
    plan = Plan()
    plan.saw(BOB, [], "aaaa", 0.0)
    assert names(plan, 100.0) == []
    assert plan.next_s() is None


def test_nobody_is_knocked_at_twice_at_a_time() -> None:
    plan = Plan()
    plan.saw(BOB, [ROOM], "aaaa", 0.0)
    assert names(plan, 0.0) == ["bbbb"]
    plan.saw(BOB, [ROOM], "aaaa", 0.1)  # the same answer once more
    assert names(plan, 50.0) == []


def test_a_door_that_does_not_open_is_tried_less_and_less_and_then_no_more() -> None:
    plan, now = Plan(), 0.0
    plan.saw(BOB, [ROOM], "aaaa", now)
    for pause in PAUSES_S:
        assert names(plan, now) == ["bbbb"]
        plan.failed("bbbb", now)
        assert names(plan, now + pause - 0.01) == []
        now += pause
    assert names(plan, now) == ["bbbb"]
    plan.failed("bbbb", now)
    assert plan.next_s() is None
    plan.saw(replace(BOB, port=4001), [ROOM], "aaaa", now)
    assert names(plan, now) == ["bbbb"], "another poster is another chance"


def test_a_neighbour_that_was_lost_is_knocked_at_again_whoever_had_come_to_whom() -> None:
    plan = Plan()
    plan.saw(BOB, [ROOM], "aaaa", 0.0)
    plan.due(0.0)
    plan.left(("198.18.1.99",), 4000, 5.0)
    assert plan.next_s() is None, "that was somebody else"
    plan.left(("198.18.1.12",), 4000, 5.0)
    assert names(plan, 5.0 + AGAIN_S) == ["bbbb"]


def test_who_says_goodbye_is_forgotten() -> None:
    plan = Plan()
    plan.saw(BOB, [ROOM], "aaaa", 0.0)
    plan.lost("bbbb")
    assert names(plan, 100.0) == []
    plan.failed("bbbb", 100.0)  # a knock that was on its way
    assert plan.next_s() is None


def test_a_flood_of_posters_that_show_a_room_of_ours_is_bounded() -> None:
    plan = Plan()
    for number in range(3 * SEEN_MAX):
        plan.saw(replace(BOB, name=f"{number:04}"), [ROOM], "zzzz", 0.0)
    assert len(plan.due(100.0)) == SEEN_MAX
