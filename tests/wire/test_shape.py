"""The parts of shapes: what each refuses, and that none raises anything else."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.shape import Shape, blob, enum, exactly, maybe, set_of, text, tuple_of, uint


class Colour(IntEnum):
    RED = 1
    BLUE = 2


SHAPES: dict[str, tuple[Shape[Any], list[Any], list[Any]]] = {
    "uint": (uint(1, 3), [1, 3], [0, 4, True, "1", b"1", [1]]),
    "enum": (enum(Colour), [1, 2], [0, 3, True, "1", [1]]),
    "enum, some": (enum(Colour, Colour.BLUE), [2], [1]),
    "exactly": (exactly(2, bytes), [b"ab"], [b"a", b"abc", "ab", 2, []]),
    "maybe": (maybe(2, bytes), [b"", b"ab"], [b"a", "", 0, []]),
    "blob": (blob(1, 2), [b"a", b"ab"], [b"", b"abc", "a"]),
    "text": (text(3, str.islower), ["abc", "ä"], ["abcd", "äö", "A", b"abc", 3]),
    "tuple": (tuple_of(uint(), uint()), [[1, 2]], [[1], [1, 2, 3], "ab", 2]),
    "set": (
        set_of(uint(), lambda n: n, 1, 3),
        [[1], [1, 2, 3]],
        [[], [2, 1], [1, 1], [1, 2, 3, 4], [b"1"], 1],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_takes_what_fits_and_writes_it_again(name: str) -> None:
    shape, good, bad = SHAPES[name]
    for value in good:
        assert shape.dump(shape.load(value)) == value
    for value in bad:
        with pytest.raises((Malformed, LimitExceeded)):
            shape.load(value)


anything = st.recursive(
    st.integers() | st.binary(max_size=3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(SHAPES)), anything)
def test_no_shape_fails_in_another_way(name: str, value: Any) -> None:
    shape = SHAPES[name][0]
    try:
        found = shape.load(value)
    except (Malformed, LimitExceeded):
        return
    assert shape.dump(found) == value
