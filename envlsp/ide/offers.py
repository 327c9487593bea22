"""Which names fit what is typed, in which order: the half of completion that knows no document.

A keystroke looks up prefixes in tables that were sorted when the names last changed; only
the names that are shown cost anything.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from itertools import filterfalse, islice
from typing import NamedTuple, TypeAlias

from envlsp.ide.names import Names
from envlsp.ide.positions import Range
from envlsp.ide.results import Completion, Edit, Item, Json, Place

ITEMS_MAX = 100
"""Items in one answer; who wants another one types a letter more."""


class Source(NamedTuple):
    """Names from one place."""

    label: str
    names: Names
    is_fit: Callable[[str], bool] | None = None
    """Which of them are meant; all where it is None."""


class Blank(NamedTuple):
    """What is to be filled in."""

    place: Place
    typed: str
    range: Range
    before: str = ""
    """What to put before and after the name."""
    after: str = ""
    taken: frozenset[str] = frozenset()
    """Names that stand there already: offered last."""
    excluded: Container[str] = ()
    """Names that make no sense here."""


def offer(blank: Blank, sources: list[Source]) -> Completion:
    """Return the names that fit, those that begin with what is typed first."""
    best = _found(blank, sources, Names.beginning, ITEMS_MAX)
    ranked = _ranked(blank, 0, best)
    if blank.typed and len(best) <= ITEMS_MAX:
        others = _found(blank, sources, Names.holding, ITEMS_MAX)
        ranked += _ranked(blank, 2, {name: others[name] for name in others if name not in best})
    ranked.sort()
    return Completion(_items(blank, ranked[:ITEMS_MAX]), is_incomplete=len(ranked) > ITEMS_MAX)


def _found(
    blank: Blank, sources: list[Source], search: Callable[[Names, str], Iterable[str]], most: int
) -> dict[str, tuple[str, ...]]:
    """Return names that fit, each with where it is from; of each source enough to fill the answer."""
    found: dict[str, tuple[str, ...]] = {}
    enough = most + 1 + len(blank.taken)
    for label, names, is_fit in sources:
        fitting: Iterable[str] = filterfalse(blank.excluded.__contains__, search(names, blank.typed))
        if is_fit is not None:
            fitting = filter(is_fit, fitting)
        for name in islice(fitting, enough):
            labels = found.get(name, ())
            found[name] = labels if not label or label in labels else (*labels, label)
    return found


_Ranked: TypeAlias = tuple[str, str, tuple[str, ...]]
"""A name that fits: what it is sorted by, itself, and where it is from."""


def _ranked(blank: Blank, rank: int, found: Mapping[str, tuple[str, ...]]) -> list[_Ranked]:
    taken = blank.taken
    return [(f"{rank + (name in taken)}{name.lower()}", name, labels) for name, labels in found.items()]


def _items(blank: Blank, shown: Iterable[_Ranked]) -> tuple[Item, ...]:
    place, where, before, after = blank.place, blank.range, blank.before, blank.after
    data: dict[str, Json] = {"place": place}  # one for all, so that it can go out once
    return tuple(
        Item(
            name, Edit(place, where, f"{before}{name}{after}"), detail=", ".join(labels), sort=sort, data=data
        )
        for sort, name, labels in shown
    )
