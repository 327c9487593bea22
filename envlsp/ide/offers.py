"""Which names fit what is typed, in which order: the half of completion that knows no document.

A keystroke looks up prefixes in tables that were sorted when the names last changed; only
the names that are shown cost anything.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from itertools import filterfalse, islice
from typing import NamedTuple

from envlsp.ide.names import Names
from envlsp.ide.positions import Range
from envlsp.ide.results import Completion, Edit, Item, ItemKind, Place

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
    others: dict[str, list[str]] = {}
    if blank.typed and len(best) <= ITEMS_MAX:
        others = _found(blank, sources, Names.holding, ITEMS_MAX)
    ranked = [(0, name, best) for name in best] + [(1, name, others) for name in others if name not in best]
    ranked.sort(key=lambda found: (found[0], found[1] in blank.taken, found[1].lower(), found[1]))
    shown = ranked[:ITEMS_MAX]
    items = tuple(
        _item(blank, name, labels[name], 2 * rank + (name in blank.taken)) for rank, name, labels in shown
    )
    return Completion(items, is_incomplete=len(ranked) > ITEMS_MAX)


def _found(
    blank: Blank, sources: list[Source], search: Callable[[Names, str], Iterable[str]], most: int
) -> dict[str, list[str]]:
    """Return names that fit, each with where it is from; of each source enough to fill the answer."""
    found: dict[str, list[str]] = {}
    enough = most + 1 + len(blank.taken)
    for label, names, is_fit in sources:
        fitting: Iterable[str] = filterfalse(blank.excluded.__contains__, search(names, blank.typed))
        if is_fit is not None:
            fitting = filter(is_fit, fitting)
        for name in islice(fitting, enough):
            labels = found.setdefault(name, [])
            if label and label not in labels:
                labels.append(label)
    return found


def _item(blank: Blank, name: str, labels: list[str], rank: int) -> Item:
    return Item(
        name,
        Edit(blank.place, blank.range, f"{blank.before}{name}{blank.after}"),
        ItemKind.VARIABLE,
        detail=", ".join(labels),
        sort=f"{rank}{name.lower()}",
        data={"place": blank.place, "name": name},
    )
