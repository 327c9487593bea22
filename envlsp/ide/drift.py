"""The file in the editor against the newest release, name by name; fingerprints only.

The same question as `domain.working` asks of literals: who changed a name since the file
and the team were last in step?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

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
    VALUELESS = auto()  # a name that no release carries; never among `Drift.stands`


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
    stands = _STANDS.of(place, env.blocks, _Against(id(facts), facts, fingerprint))
    here = env.by_name
    found = {name: stand for name, places in here.items() if (stand := stands[places[-1]]) is not None}
    valueless: set[str] = set()
    if Stand.VALUELESS in found.values():
        valueless = {name for name, stand in found.items() if stand is Stand.VALUELESS}
        found = {name: stand for name, stand in found.items() if name not in valueless}
    is_all_here = not valueless and facts.names.keys() <= here.keys()
    missing = [] if is_all_here else sorted(n for n in facts.names if n not in here or n in valueless)
    return Drift(facts, found, missing, frozenset(name for name in missing if name in (facts.base or ())))


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


class _Against(NamedTuple):
    """What blocks are compared with."""

    identity: int
    """Of the facts: two of them that are not the same object are never compared name by name."""
    facts: EnvironmentFacts
    fingerprint: Fingerprint


def _stands(blocks: Sequence[Block], against: _Against) -> list[Stand | None]:
    """Return how each block would stand if it were the one that counts; None where it is in step."""
    _, facts, fingerprint = against
    found: list[Stand | None] = []
    for block in blocks:
        stand = None
        if not block.name:
            pass
        elif block.statement.kind is Kind.ASSIGNMENT and is_secret_name(block.name):
            mine, theirs = fingerprint(block.literal), facts.names.get(block.name)
            if theirs is None or theirs.literal != mine:
                stand = _stand(block.name, mine, theirs, facts)
        else:
            stand = Stand.VALUELESS
        found.append(stand)
    return found


_STANDS: Remembered[Stand | None, _Against] = Remembered(_stands)
