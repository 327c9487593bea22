"""The file in the editor against the newest release, name by name; fingerprints only.

The same question as `domain.working` asks of literals: who changed a name since the file
and the team were last in step?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from envlsp.domain.dotenv.tokens import Kind
from envlsp.domain.secret import is_secret_name
from envlsp.ide.envfile import Block
from envlsp.ide.remembered import Remembered
from envlsp.ide.results import Place
from envlsp.ide.snapshot import EnvironmentFacts, Fingerprint, NameFacts, Snapshot


class Stand(Enum):
    """How a line stands to the newest release, where the two differ."""

    ADDED = auto()  # only here
    CHANGED = auto()  # here, and not in the release
    DIFFERS = auto()  # nobody knows who changed it: the file was never in step
    BEHIND = auto()  # in the release, and not here
    REMOVED = auto()  # the release took away what is unchanged here
    DIVERGED = auto()  # on both sides
    CONFLICT = auto()  # releases made at once disagree


@dataclass(frozen=True, slots=True)
class Drift:
    """How a file differs from the newest release of its environment."""

    facts: EnvironmentFacts
    stands: Mapping[str, Stand]
    """The names of the file that differ, in file order."""
    missing: Sequence[str]
    """Names of the release that the file lacks, in byte order."""
    taken_out: frozenset[str]
    """Those of them that the file once had: they were taken out here."""


def drift(snapshot: Snapshot, place: Place) -> Drift | None:
    """Return how an env file differs from the newest release; None where there is none to compare."""
    where, env, fingerprint = snapshot.where(place), snapshot.env_file(place), snapshot.facts.fingerprint
    if where is None or where.facts is None or env is None or fingerprint is None:
        return None
    facts = where.facts
    if not facts.heads and not facts.names and not facts.conflicts:
        return None
    marks = _MARKS.of(place, env.blocks, fingerprint)
    mine: dict[str, bytes] = {}
    stands: dict[str, Stand] = {}
    for name, places in env.by_name.items():
        found = marks[places[-1]]
        if found is None:
            continue
        mine[name] = found
        theirs = facts.names.get(name)
        if theirs is None or theirs.literal != found:
            stands[name] = _stand(name, found, theirs, facts)
    missing = sorted(facts.names.keys() - mine.keys())
    return Drift(facts, stands, missing, frozenset(name for name in missing if name in (facts.base or ())))


def _stand(name: str, mine: bytes, theirs: NameFacts | None, facts: EnvironmentFacts) -> Stand:
    if name in facts.conflicts:
        return Stand.CONFLICT
    before = None if facts.base is None else facts.base.get(name)
    if theirs is None:
        if before is None:
            return Stand.ADDED
        return Stand.REMOVED if mine == before else Stand.DIVERGED
    if facts.base is None:
        return Stand.DIFFERS
    if theirs.literal == before:
        return Stand.CHANGED
    return Stand.BEHIND if mine == before else Stand.DIVERGED


def _marks(blocks: Sequence[Block], fingerprint: Fingerprint) -> list[bytes | None]:
    """Return the fingerprints of the literals that a release would carry."""
    carries = Kind.ASSIGNMENT
    return [
        fingerprint(block.literal) if block.statement.kind is carries and is_secret_name(block.name) else None
        for block in blocks
    ]


_MARKS: Remembered[bytes | None, Fingerprint] = Remembered(_marks)
