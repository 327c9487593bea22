"""Names that a person may have meant, where the one that stands there does not exist.

Knows no document. Looks at a bounded number of names, however many there are: of two
names that differ in one or two letters, one third at least is spelled alike, and a search
for the thirds finds the few that are worth comparing.
"""

from __future__ import annotations

import operator
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from envlsp.ide.names import Names

MEANT_MAX = 10
"""Names of one document to ask about: more are no slips of the pen."""
_SHOWN = 3
_CUTOFF = 0.8
"""How much alike short names have to be: one wrong letter in five, two in ten."""
_WRONG_MAX = 2.5
"""Wrong letters in long ones, which share whole words with others: half a letter is one too many."""
_SHORT = 4
"""Shorter names are alike by accident."""
_PIECES = 3
_COMPARED_MAX = 60
"""Names of one table that are compared letter by letter: a few milliseconds."""
_BESIDE = 10
"""Names on either side in the alphabet that are looked at in any case."""
_REMEMBERED_MAX = 1_000
_DIGITS = re.compile(r"\d+")


class Similar:
    """Tables of names, asked for what is close to a name; what was asked before costs nothing."""

    def __init__(self, tables: Sequence[Names]) -> None:
        """Take the tables of names that exist."""
        self._tables = tables
        self._found: dict[str, tuple[str, ...]] = {}

    @classmethod
    def among(cls, tables: Iterable[Names]) -> Similar:
        """Return the one for these tables, the same one again while they are the same objects."""
        asked = tuple(tables)
        for known in tuple(_LATEST):
            if known.knows(asked):
                return known
        new = cls(asked)
        _LATEST.append(new)
        return new

    def knows(self, tables: Sequence[Names]) -> bool:
        """Return whether these are its tables: the same objects, not equal ones."""
        return len(self._tables) == len(tables) and all(map(operator.is_, self._tables, tables))

    def to(self, name: str) -> tuple[str, ...]:
        """Return the names that are close to one that is not among them, the closest first."""
        found = self._found.get(name)
        if found is None:
            if len(self._found) >= _REMEMBERED_MAX:
                self._found = {}  # not cleared: another thread may be looking into it
            self._found[name] = found = tuple(_closest(name, self._tables))
        return found


_LATEST: deque[Similar] = deque(maxlen=8)
"""Those asked last: of the files that are being edited, and the code that reads them."""


def or_listed(names: Sequence[str]) -> str:
    """Return `A`, `A or B`, `A, B or C`."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _closest(name: str, tables: Sequence[Names]) -> list[str]:
    if len(name) < _SHORT:
        return []
    from difflib import get_close_matches  # for a name that does not exist; not at every start

    wanted, family = name.lower(), _family(name)
    by_lower: dict[str, str] = {}
    for table in tables:
        for at in islice(_worth_a_look(wanted, table), _COMPARED_MAX):
            low, found = table.lower[at], table.names[at]
            # S3_BUCKET_3 is not a slip of the pen for S3_BUCKET_2.
            if found != name and (low == wanted or _family(low) != family):
                by_lower.setdefault(low, found)
    if wanted in by_lower:
        return [by_lower[wanted]]
    cutoff = max(_CUTOFF, 1 - _WRONG_MAX / len(wanted))
    return [by_lower[low] for low in get_close_matches(wanted, by_lower, _SHOWN, cutoff)]


def _family(name: str) -> str:
    return _DIGITS.sub("0", name.lower())


def _worth_a_look(wanted: str, table: Names) -> Iterator[int]:
    """Yield where names stand that might be close: neighbours first, then those with rare parts in common."""
    middle = bisect_left(table.lower, wanted)
    yield from range(max(middle - _BESIDE, 0), min(middle + _BESIDE, len(table.lower)))
    size = -(-len(wanted) // _PIECES)
    pieces = [wanted[at : at + size] for at in range(0, len(wanted), size)]
    for piece in sorted(pieces, key=partial(str.count, table.joined)):
        yield from _holding(piece, table)


def _holding(piece: str, table: Names) -> Iterator[int]:
    at = table.joined.find(piece)
    while at >= 0:
        start = table.joined.rfind("\n", 0, at) + 1
        end = table.joined.find("\n", at)
        yield bisect_left(table.lower, table.joined[start : end if end >= 0 else None])
        at = table.joined.find(piece, end) if end >= 0 else -1
