"""Whatever happens to two devices: never two dials at once, and at last one direct link."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from envlsp.domain.ids import DevicePk
from envlsp.transport.dial_plan import BETTER_MAX_S
from tests.support.dial_world import DIAL_TIMEOUT_S, HIGH, LOW, DialWorld


def restart(world: DialWorld, own: DevicePk) -> None:
    world.kill(own)
    world.start(own)


TROUBLES: dict[str, Callable[[DialWorld], None]] = {
    "the links break": DialWorld.cut,
    "she moves": lambda world: world.move(LOW),
    "he moves": lambda world: world.move(HIGH),
    "she starts anew": lambda world: restart(world, LOW),
    "he starts anew": lambda world: restart(world, HIGH),
    "she hears him": lambda world: world.see(LOW),
    "he hears her": lambda world: world.see(HIGH),
    "only relays": lambda world: setattr(world, "is_relayed", True),
    "all paths": lambda world: setattr(world, "is_relayed", False),
    "messages get lost": lambda world: setattr(world, "loses", 0.7),
    "messages arrive": lambda world: setattr(world, "loses", 0.0),
}

troubles = st.lists(st.tuples(st.sampled_from(sorted(TROUBLES)), st.floats(0, 60)), max_size=15)


@given(troubles, st.integers(0, 2**32), st.booleans())
def test_at_last_there_is_one_link_the_same_at_both_ends_and_direct(
    happening: list[tuple[str, float]], seed: int, starts_relayed: bool
) -> None:
    world = DialWorld(Random(seed), is_relayed=starts_relayed)
    world.begin()
    for trouble, then_s in happening:
        TROUBLES[trouble](world)
        world.run(then_s)
    world.is_relayed, world.loses = False, 0.0
    world.run(2 * BETTER_MAX_S + 20 * DIAL_TIMEOUT_S)
    hers, his = (world.sides[own] for own in (LOW, HIGH))
    assert hers.links == his.links
    assert list(hers.links.values()) == [False]
    assert hers.dial is his.dial is None


@given(st.sampled_from((LOW, HIGH)), st.floats(0, 20), st.floats(0, 20), st.integers(0, 2**32))
def test_who_is_killed_and_starts_again_is_linked_again_within_seconds(
    killed: DevicePk, after_s: float, away_s: float, seed: int
) -> None:
    """In the middle of a dial, or while the other still believes in the link of before."""
    world = DialWorld(Random(seed), is_relayed=False)
    world.begin()
    world.run(after_s)
    world.kill(killed)
    world.run(away_s)
    world.start(killed)
    world.run(4)
    hers, his = (world.sides[own] for own in (LOW, HIGH))
    assert len(hers.links) == 1
    assert hers.links == his.links


@given(st.integers(0, 2**32))
def test_a_relayed_link_stays_while_nothing_better_is_found(seed: int) -> None:
    world = DialWorld(Random(seed), is_relayed=True)
    world.begin()
    world.run(30)
    (session,) = world.sides[LOW].links
    world.run(3600)
    assert list(world.sides[LOW].links) == list(world.sides[HIGH].links) == [session]
