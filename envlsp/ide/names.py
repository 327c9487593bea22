"""Many names, ready to be searched by what is typed of one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile
from typing import NamedTuple

_SUBSEQUENCE_MAX = 1_000
"""Up to how many names letters with gaps are looked for; above, it would be felt."""


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

    def beginning(self, typed: str) -> Iterator[str]:
        """Yield the names that begin with what is typed, in order."""
        wanted = typed.lower()
        start = bisect_left(self.lower, wanted)
        rest = zip(islice(self.lower, start, None), islice(self.names, start, None), strict=True)
        return (name for _, name in takewhile(lambda pair: pair[0].startswith(wanted), rest))

    def holding(self, typed: str) -> Iterator[str]:
        """Yield the names that hold what is typed further in; in a short table also with gaps."""
        wanted = typed.lower()
        if len(self.names) <= _SUBSEQUENCE_MAX:
            for low, name in zip(self.lower, self.names, strict=True):
                if not low.startswith(wanted) and _is_subsequence(wanted, low):
                    yield name
            return
        at = self.joined.find(wanted)
        while at >= 0:
            line = self.joined.rfind("\n", 0, at) + 1
            end = self.joined.find("\n", at)
            low = self.joined[line : end if end >= 0 else None]
            if line < at:
                yield self.names[bisect_left(self.lower, low)]
            at = self.joined.find(wanted, end) if end >= 0 else -1


def _is_subsequence(wanted: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in wanted)
