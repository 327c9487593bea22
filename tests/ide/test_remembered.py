"""What depends on one statement alone, computed once per statement."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from envlsp.ide.envfile import Block, EnvFile
from envlsp.ide.remembered import Remembered, common
from envlsp.ide.text import Text
from tests.support.dotenv_files import texts


class Counting:
    """A function of blocks that notes how many it was asked about."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, blocks: Sequence[Block], context: str) -> list[str]:
        self.asked += len(blocks)
        return [f"{context} {block.name}" for block in blocks]


def blocks_of(text: str) -> list[Block]:
    return list(EnvFile.of(Text.of(text), "node").blocks)


def test_a_keystroke_asks_about_one_block() -> None:
    counting = Counting()
    remembered = Remembered(counting)
    blocks = blocks_of("".join(f"NAME_{number}=1\n" for number in range(1000)))
    remembered.of("place", blocks, "x")
    assert counting.asked == 1000
    changed = [*blocks[:500], *blocks_of("NEW=1\n"), *blocks[501:]]
    answers = remembered.of("place", changed, "x")
    assert counting.asked == 1001
    assert answers[499:502] == ["x NAME_499", "x NEW", "x NAME_501"]


def test_another_context_asks_about_all() -> None:
    counting = Counting()
    remembered = Remembered(counting)
    blocks = blocks_of("A=1\nB=2\n")
    remembered.of("place", blocks, "x")
    assert remembered.of("place", blocks, "y") == ["y A", "y B"]
    assert counting.asked == 4


def test_only_the_last_places_are_remembered() -> None:
    counting = Counting()
    remembered = Remembered(counting)
    blocks = blocks_of("A=1\n")
    for number in range(100):
        remembered.of(f"place {number}", blocks, "x")
    remembered.of("place 99", blocks, "x")
    assert counting.asked == 100
    remembered.of("place 0", blocks, "x")
    assert counting.asked == 101


@given(st.lists(texts, min_size=1, max_size=5))
def test_answers_are_those_of_a_fresh_start(versions: list[str]) -> None:
    remembered = Remembered(Counting())
    for text in versions:
        blocks = blocks_of(text)
        assert remembered.of("place", blocks, "x") == Counting()(blocks, "x")


@given(st.lists(st.sampled_from("AB"), max_size=600), st.lists(st.sampled_from("AB"), max_size=600))
def test_shared_ends_never_overlap(old: list[str], new: list[str]) -> None:
    one, other = (blocks_of("".join(f"{name}=1\n" for name in names)) for names in (old, new))
    head, tail = common(one, other)
    assert one[:head] == other[:head]
    assert tail == 0 or one[-tail:] == other[-tail:]
    assert head + tail <= min(len(one), len(other))
