"""What depends on one statement alone, computed once per statement.

A keystroke changes one block of a file and leaves the others the same objects; so of what
was computed last for a place, everything stays but the part between the common start and
the common end. A wrong answer is impossible: what is kept is compared by value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from envlsp.ide.envfile import Block
from envlsp.ide.results import Place

T = TypeVar("T")
C = TypeVar("C")

_PLACES = 16
"""Files remembered at a time; more than a person edits at once."""
_STEP = 256
"""Blocks compared at a time: where they are the same objects, that costs next to nothing."""


class _Last(NamedTuple, Generic[T, C]):
    context: C
    blocks: list[Block]
    answers: list[T]


class Remembered(Generic[T, C]):
    """A function of single blocks, remembered per place. Safe to call from several threads."""

    def __init__(self, compute: Callable[[Sequence[Block], C], list[T]]) -> None:
        """Take a function that answers for blocks, one answer each.

        Args:
            compute: gets the blocks, and all else that its answers depend on.
        """
        self._compute = compute
        self._places: dict[Place, _Last[T, C]] = {}

    def of(self, place: Place, blocks: Sequence[Block], context: C) -> list[T]:
        """Return an answer for each block of a file."""
        new = list(blocks)
        last = self._places.pop(place, None)
        if last is None or last.context != context:
            answers = self._compute(new, context)
        else:
            head, tail = common(last.blocks, new)
            middle = self._compute(new[head : len(new) - tail], context)
            answers = last.answers[:head] + middle + last.answers[len(last.answers) - tail :]
        self._places[place] = _Last(context, new, answers)
        while len(self._places) > _PLACES:
            self._places.pop(next(iter(self._places)), None)
        return answers


def common(old: Sequence[Block], new: Sequence[Block]) -> tuple[int, int]:
    """Return how many blocks two files share at their start, and how many of the others at their end."""
    head = _common_start(old, new)
    return head, _common_end(old, new, head)


def _common_start(old: Sequence[Block], new: Sequence[Block]) -> int:
    at, limit = 0, min(len(old), len(new))
    while at < limit and old[at : min(at + _STEP, limit)] == new[at : min(at + _STEP, limit)]:
        at = min(at + _STEP, limit)
    while at < limit and old[at] == new[at]:
        at += 1
    return at


def _common_end(old: Sequence[Block], new: Sequence[Block], head: int) -> int:
    """Return how many blocks at the end are the same, none of them among the first `head`."""
    size, limit = 0, min(len(old), len(new)) - head
    while size + _STEP <= limit and _end(old, size, _STEP) == _end(new, size, _STEP):
        size += _STEP
    while size < limit and _end(old, size, 1) == _end(new, size, 1):
        size += 1
    return size


def _end(blocks: Sequence[Block], skipped: int, size: int) -> Sequence[Block]:
    stop = len(blocks) - skipped
    return blocks[stop - size : stop]
