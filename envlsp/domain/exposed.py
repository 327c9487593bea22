"""Which values that an environment holds now are known to somebody who read some of its releases.

Refuses to know who that is and how he read them. Its rules:

- What counts is the value, not the release it stands in: a value that was changed and
  brought back, copied to another environment or written in other quotes is still known.
- A name that an environment no longer has is no value of it any more.
- Of a name in conflict every candidate counts: any of them may be in use.

Spec: docs/protocol.md, "D. Keys", point 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from envlsp.domain.ids import RecordId
from envlsp.domain.merge import History
from envlsp.domain.release import Snapshot
from envlsp.domain.secret import SecretName, SecretText

Known: TypeAlias = "Mapping[SecretName, frozenset[SecretText]]"
"""For each name the values that somebody has read, without their quotes."""


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
    return {name: frozenset(map(_bare, found)) for name, found in literals.items()}


def exposed(history: History[SecretText], known: Known) -> list[Exposed]:
    """Return the names of an environment whose value now is a known one, in no order."""
    view = history.view()
    found = [
        Exposed(name, candidate.release)
        for name, candidates in view.conflicts.items()
        for candidate in candidates
        if _is_known(known, name, candidate.value)
    ]
    if any(_is_known(known, name, literal) for name, literal in view.entries.items()):
        origins = history.origins()
        found += [
            Exposed(name, origins[name])
            for name, literal in view.entries.items()
            if _is_known(known, name, literal)
        ]
    return found


def _is_known(known: Known, name: SecretName, literal: SecretText | None) -> bool:
    if literal is None or not (bare := _bare(literal)):
        return False  # there is nothing to know in an empty value
    return bare in known.get(name, frozenset())


def _bare(literal: SecretText) -> SecretText:
    """Return a literal without one pair of quotes: other quotes are no other value."""
    data = literal.reveal()
    if len(data) >= 2 and data[:1] == data[-1:] and data[:1] in (b"'", b'"', b"`"):
        return SecretText(data[1:-1])
    return literal
