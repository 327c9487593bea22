"""Which values that an environment holds now are known to somebody who read some of its releases.

Refuses to know who that is and how he read them. Its rules:

- What counts is the value, not the release it stands in: a value that was changed and
  brought back, copied to another environment, given another name or written in other
  quotes is still known. A short one (`true`, `3000`) only under its own name.
- A name that an environment no longer has is no value of it any more.
- Of a name in conflict every candidate counts: any of them may be in use.

Spec: docs/protocol.md, "D. Keys", point 5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from envlsp.domain.ids import RecordId
from envlsp.domain.merge import History
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText

LONG_BYTES: Final = 8
"""A value of so many bytes is the same secret under any name; shorter ones meet by chance."""


@dataclass(frozen=True, slots=True)
class Known:
    """The values that somebody has read, without their quotes."""

    by_name: Mapping[SecretName, frozenset[SecretText]]
    long: frozenset[SecretText]
    """Those that count under any name."""

    def has(self, name: SecretName, literal: SecretText | None) -> bool:
        """Return whether somebody knows what a name holds now; None: it holds nothing."""
        if literal is None or not (bare := _bare(literal)):
            return False  # there is nothing to know in an empty value
        return bare in self.long or bare in self.by_name.get(name, frozenset())


class Exposed(NamedTuple):
    """A name whose value is known, and the release that gave it that value."""

    name: SecretName
    release: RecordId


def known_values(read: Iterable[Snapshot]) -> Known:
    """Return what there was to read in some releases."""
    literals: dict[SecretName, set[SecretText]] = defaultdict(set)
    for snapshot in read:
        for name, literal in snapshot.entries.items():
            literals[name].add(literal)
    by_name = {name: frozenset(map(_bare, found)) for name, found in literals.items()}
    long = frozenset(value for found in by_name.values() for value in found if len(value) >= LONG_BYTES)
    return Known(by_name, long)


def exposed(history: History[SecretText], known: Known) -> list[Exposed]:
    """Return the names of an environment whose value now is a known one, in no order."""
    view = history.view()
    found = [
        Exposed(name, candidate.release)
        for name, candidates in view.conflicts.items()
        for candidate in candidates
        if known.has(name, candidate.value)
    ]
    if any(known.has(name, literal) for name, literal in view.entries.items()):
        origins = history.origins()
        found += [
            Exposed(name, origins[name]) for name, literal in view.entries.items() if known.has(name, literal)
        ]
    return found


def _bare(literal: SecretText) -> SecretText:
    """Return a literal without one pair of quotes: other quotes are no other value."""
    data = literal.reveal()
    if len(data) >= 2 and data[:1] == data[-1:] and data[:1] in (b"'", b'"', b"`"):
        return SecretText(data[1:-1])
    return literal
