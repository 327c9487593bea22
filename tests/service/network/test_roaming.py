"""What two looks at a machine tell."""

from __future__ import annotations

import pytest

from envlsp.service.network.roaming import Look, Moved, Whereabouts, compare, look

HOME = frozenset({"192.0.2.7", "127.0.0.1"})
CAFE = frozenset({"198.51.100.9", "127.0.0.1"})
NONE: frozenset[str] = frozenset()


def test_nothing_happens_most_of_the_time() -> None:
    assert compare(Look(10.0, 1_000.0, HOME), Look(12.0, 1_002.0, HOME)) is None


@pytest.mark.parametrize(
    ("passed_s", "wall_s"),
    (
        pytest.param(3_600.0, 3_600.0, id="asleep, with a clock that goes on"),
        pytest.param(2.0, 3_600.0, id="asleep, with one that stands still"),
        pytest.param(20.0, 2.0, id="stopped, while the date was put back"),
    ),
)
def test_a_gap_between_two_looks_is_sleep(passed_s: float, wall_s: float) -> None:
    before = Look(10.0, 1_000.0, HOME)
    assert compare(before, Look(10.0 + passed_s, 1_000.0 + wall_s, HOME)) == Moved(True, NONE, NONE)


def test_a_clock_that_is_put_back_is_no_sleep() -> None:
    assert compare(Look(10.0, 1_000.0, HOME), Look(12.0, 400.0, HOME)) is None


def test_another_network_is_seen_by_its_addresses() -> None:
    moved = compare(Look(10.0, 1_000.0, HOME), Look(12.0, 1_002.0, CAFE))
    assert moved == Moved(slept=False, gone=HOME - CAFE, new=CAFE - HOME)
    assert moved.addresses_changed


def test_each_change_is_told_once() -> None:
    looks = iter([Look(0, 0, HOME), Look(2, 2, CAFE), Look(4, 4, CAFE), Look(6, 6, HOME)])
    whereabouts = Whereabouts(lambda: next(looks))
    assert [whereabouts.moved() is not None for _ in range(3)] == [True, False, True]


def test_this_machine_can_be_looked_at() -> None:
    first, second = look(), look()
    assert "127.0.0.1" in first.addresses
    assert first.passed_s <= second.passed_s
