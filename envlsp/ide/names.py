"""Many names, ready to be searched by what is typed of one."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

_SUBSEQUENCE_MAX = 1_000
"""Up to how many names letters with gaps are looked for; above, it would be felt."""
_LOOKS_MAX = 1_000
"""How many names of a long table are looked at that hold what is typed further in."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_identifier(name: str) -> bool:
    """Return whether a name may stand in code without quotes, and in references of every loader."""
    return _IDENTIFIER.fullmatch(name) is not None


class Names(NamedTuple):
    """Names in order, without regard to case."""

    names: tuple[str, ...]
    lower: tuple[str, ...]
    """In lower case, in the same order."""
    joined: str
    """All of `lower`, a line each: one search instead of one for each name."""

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Return a table of names."""
        ordered = sorted((name.lower(), name) for name in names)
        lower = tuple(low for low, _ in ordered)
        return cls(tuple(name for _, name in ordered), lower, "\n".join(lower))

    def changed(self, gone: Iterable[str], come: Iterable[str]) -> Names:
        """Return the table without some names that are in it, and with others that are not."""
        gone, come = tuple(gone), tuple(come)
        if not gone and not come:
            return self
        names, lower = list(self.names), list(self.lower)
        for name in dict.fromkeys(gone):
            at = names.index(name, bisect_left(lower, name.lower()))
            del names[at], lower[at]
        for name in dict.fromkeys(come):
            at = bisect_left(lower, name.lower())
            while at < len(lower) and lower[at] == name.lower() and names[at] < name:
                at += 1
            names.insert(at, name)
            lower.insert(at, name.lower())
        return Names(tuple(names), tuple(lower), "\n".join(lower))

    def beginning(self, typed: str) -> Sequence[str]:
        """Return the names that begin with what is typed, in order."""
        start, stop = self._span(typed.lower())
        return self.names[start:stop]

    def holding(self, typed: str) -> Iterator[str]:
        """Yield names that hold what is typed further in; in a short table also with gaps."""
        wanted = typed.lower()
        start, stop = self._span(wanted)
        if len(self.names) > _SUBSEQUENCE_MAX:
            yield from islice(self._searched(wanted, start, stop), _LOOKS_MAX)
            return
        for index, low in enumerate(self.lower):
            if not start <= index < stop and _is_subsequence(wanted, low):
                yield self.names[index]

    def _span(self, wanted: str) -> tuple[int, int]:
        """Return where the names begin and end that start with some lower case letters."""
        start = bisect_left(self.lower, wanted)
        return start, bisect_left(self.lower, wanted + chr(sys.maxunicode), start)

    def _searched(self, wanted: str, start: int, stop: int) -> Iterator[str]:
        at = self.joined.find(wanted)
        while at >= 0:
            line = self.joined.rfind("\n", 0, at) + 1
            if line == at and start < stop:
                # The names that begin with it stand together: go on behind the last of them.
                at = self.joined.find(self.lower[stop - 1], at)
            end = self.joined.find("\n", at)
            low = self.joined[line : end if end >= 0 else None]
            if line < at and not low.startswith(wanted):
                yield self.names[bisect_left(self.lower, low)]
            at = self.joined.find(wanted, end) if end >= 0 else -1


def _is_subsequence(wanted: str, text: str) -> bool:
    at = -1
    for letter in wanted:
        at = text.find(letter, at + 1)
        if at < 0:
            return False
    return True
