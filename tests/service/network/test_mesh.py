"""To whom of many devices links are kept: everybody of a few, five of many, and nobody chooses himself."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.service.network.mesh import DRAW_S, DRAWN, FULL_MAX, GATHER_S, Mesh
from tests.support.peers import Actor, End, Wire, actor, befriend


def devices(number: int, kind: int = 0) -> list[DevicePk]:
    return [DevicePk(bytes([kind, index]) + bytes(30)) for index in range(number)]


def mesh(seed: int = 1) -> Mesh:
    return Mesh(Random(seed))


@pytest.mark.parametrize("others", range(FULL_MAX))
def test_up_to_eight_devices_are_all_linked(others: int) -> None:
    assert mesh().look(devices(others), 0.0) == set(devices(others))


@pytest.mark.parametrize("others", (FULL_MAX, 20, 50))
def test_of_more_five_are_drawn_and_stay_for_the_hour(others: int) -> None:
    drawing, there = mesh(), devices(others)
    first = drawing.look(there, 0.0)
    assert len(first) == DRAWN
    assert all(drawing.look(there, now) == first for now in (1.0, 60.0, DRAW_S - 1))


def test_every_hour_others_are_drawn_and_in_a_day_everybody() -> None:
    drawing, there = mesh(), devices(20)
    draws = [drawing.look(there, DRAW_S * hour) for hour in range(24)]
    assert len(set(draws)) > 20
    assert frozenset().union(*draws) == set(there)


def test_who_goes_leaves_a_place_and_nobody_else_does() -> None:
    drawing, there = mesh(), devices(20)
    first = drawing.look(there, 0.0)
    gone = min(first)
    second = drawing.look([dpk for dpk in there if dpk != gone], GATHER_S)
    assert len(second) == DRAWN
    assert first - {gone} < second
    assert gone not in drawing.look(there, GATHER_S + 1), "who comes back does not get its place back"


def test_two_devices_draw_differently() -> None:
    there = devices(20)
    assert len({mesh(seed).look(there, 0.0) for seed in range(20)}) > 15


@given(st.lists(st.sets(st.integers(0, 250)), max_size=30), st.integers(0, 1_000))
@settings(max_examples=60)
def test_whatever_an_attacker_with_many_devices_does_chosen_peers_stay(
    moves: list[set[int]], seed: int
) -> None:
    drawing, honest = mesh(seed), devices(20)
    chosen = drawing.look(honest, 0.0)
    for minute, move in enumerate(moves):
        attackers = [DevicePk(bytes([1, index]) + bytes(30)) for index in move]
        now = min(GATHER_S + 60.0 * minute, DRAW_S - 1)
        assert drawing.look([*honest, *attackers], now) == chosen


def test_many_devices_of_an_attacker_are_drawn_as_often_as_others_and_no_oftener() -> None:
    honest, attackers = devices(20), devices(5, kind=1)
    drawn = [mesh(seed).look([*honest, *attackers], 0.0) for seed in range(400)]
    share = sum(len(one & set(attackers)) for one in drawn) / (400 * DRAWN)
    assert 0.14 < share < 0.26, "a fifth of all devices"


def test_who_answers_first_gains_nothing() -> None:
    honest, attackers, taken = devices(20), devices(5, kind=1), 0
    for seed in range(400):
        drawing = mesh(seed)
        drawing.look(attackers, 0.0)
        drawing.look([*attackers, *honest], GATHER_S - 1)
        taken += len(drawing.look([*attackers, *honest], GATHER_S) & set(attackers))
    assert 0.14 < taken / (400 * DRAWN) < 0.26


def test_coming_again_draws_no_other_lot() -> None:
    honest, (attacker,) = devices(20), devices(1, kind=1)
    for seed in range(50):
        drawing = mesh(seed)
        draws = {
            attacker in drawing.look([*honest, *([attacker] * (turn % 2))], turn / 10)
            for turn in range(1, 99, 2)
        }
        assert len(draws) == 1


# --- what follows for a team ---


def drawn_links(people: list[Actor], seed: int, away: Iterable[Actor] = ()) -> set[tuple[int, int]]:
    """Return the links of a team whose devices each draw by themselves."""
    missing = {one.dpk for one in away}
    found: set[tuple[int, int]] = set()
    for index, one in enumerate(people):
        if one.dpk in missing:
            continue
        there = [other.dpk for other in people if other is not one and other.dpk not in missing]
        chosen = mesh(seed * 1_000 + index).look(there, 0.0)
        for other, person in enumerate(people):
            if person.dpk in chosen:
                found.add((min(index, other), max(index, other)))
    return found


def farthest(number: int, links: set[tuple[int, int]]) -> int:
    """Return over how many links news travel at most; fails where somebody never hears them."""
    longest = 0
    for start in range(number):
        reached, border, steps = {start}, {start}, 0
        while border:
            near = {b for a, b in links if a in border} | {a for a, b in links if b in border}
            border = near - reached
            reached |= border
            steps += bool(border)
        assert len(reached) == number
        longest = max(longest, steps)
    return longest


@pytest.mark.parametrize("number", (9, 20, 50))
def test_news_reach_everybody_within_a_few_steps(number: int) -> None:
    people = [actor(f"device {index}") for index in range(number)]
    assert max(farthest(number, drawn_links(people, seed)) for seed in range(25)) <= 4


@pytest.mark.slow
def test_twenty_devices_with_five_links_each_end_with_the_same_records() -> None:
    people = [actor(f"device {index}") for index in range(20)]
    befriend(*people)
    links = drawn_links(people, seed=7)
    assert len(links) <= 20 * DRAWN
    wires = [Wire(people[a], people[b]) for a, b in sorted(links)]
    for one in people:
        one.replica.author()
    carry(wires)
    assert len({frozenset(one.replica.store) for one in people}) == 1
    assert all(len(one.replica.store) == 20 for one in people)
    news = people[3].replica.author()
    for wire in wires:
        for end in wire.ends:
            if end.replica is people[3].replica:
                end.session.local_change([news.id], wire.now)
                wire.obey()
    carry(wires)
    assert all(news.id in one.replica.store for one in people)
    sent = sum(one.replica.served[news.id] for one in people)
    assert sent < 2 * len(links), "announced by id, and asked for where it is new"


def carry(wires: list[Wire]) -> None:
    """Let all sessions talk until all are in step; what one link brings is told on the others."""
    for _ in range(120):
        for wire in wires:
            for end in wire.ends:
                before = set(end.replica.store)
                _run_end(wire, end)
                if fresh := [identity for identity in end.replica.store if identity not in before]:
                    _tell(wires, end, fresh)
        if all(wire.is_quiet() for wire in wires):
            if all(end.session.state.name == "IN_STEP" for wire in wires for end in wire.ends):
                return
            for wire in wires:
                wire.tick(1.0)
    raise AssertionError("they do not come in step")


def _run_end(wire: Wire, end: End) -> None:
    while wire.store(end) or wire.deliver(end):
        pass


def _tell(wires: list[Wire], source: End, fresh: list[RecordId]) -> None:
    for wire in wires:
        for end in wire.ends:
            if end is not source and end.replica is source.replica:
                end.session.local_change(fresh, wire.now)
                wire.obey()
