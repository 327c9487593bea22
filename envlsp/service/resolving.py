"""Settling names that releases disagree about, without settling any other unseen.

A release says something about every name, so one upon all heads settles all of them at
once, those that nobody has looked at too. Two ways, both by the rules of the merge alone:

    every name in conflict is taken   one release upon all heads: history is one again
    only some are                     upon each head that says otherwise, and on it alone, a
                                      release that says what was chosen. Equal values
                                      do not conflict, so these names are settled; whoever is
                                      on the other names stays on both sides, and they in conflict

So an editor may settle name after name, and a crash in between leaves a conflict, never
a value that nobody chose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from envlsp.domain.dotenv.edit import is_one_value, literal_for
from envlsp.domain.ids import RecordId
from envlsp.domain.layout import render
from envlsp.domain.merge import Candidate, View
from envlsp.domain.release import ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import BadText, EnvlspError, NotFound, UsageError
from envlsp.service.context import Context
from envlsp.service.deriving import merged_layout
from envlsp.service.history import EnvironmentHistory
from envlsp.service.pulling import FileState, base_snapshot, pull
from envlsp.service.pushing import Made, make_ready, make_release
from envlsp.service.team import Team
from envlsp.service.working_copy import read_working_copy

Heads = tuple[RecordId, ...]


class Settled(NamedTuple):
    """What a name in conflict is to say."""

    value: SecretText | None
    """Its literal; None takes the name away, as one of the sides did."""
    words: str


Taken = Mapping[SecretName, Settled]


def resolve(team: Team, context: Context, takes: Mapping[str, str | SecretText]) -> Made:
    """Settle names in conflict, each with what one release says of it, or with a new value.

    Args:
        team: opened; synced before, if anybody could be reached.
        context: which environment.
        takes: name -> the release whose side it takes, `v2-b7f2`, or its new value,
            decoded. A side that took the name away is taken like any other.

    Returns:
        The release that was made, the last one where there are several. The file comes
        along when nothing is in conflict any more and it had no edits of its own.

    Raises:
        NotFound: a name is not in conflict, or the release is no side of it.
        AmbiguousName, BadText: which release is meant; a literal that no line can hold.
        NoAccess: we may only read.
    """
    with team.replica.writing():
        make_ready(team, context.triple)
        found = team.releases.of(context.triple)
        view = found.view()
        if not takes:
            raise UsageError("which name?", fix="envlsp resolve NAME --take RELEASE")
        taken = {
            SecretName(name): _new(view, name, what, context.dialect)
            if isinstance(what, SecretText)
            else _side(found, view, name, what)
            for name, what in takes.items()
        }
        _check_literals(taken, context.dialect)
        message = _message(taken)
        records = [
            make_release(team, context, ReleaseKind.PUSH, message, snapshot, base=heads)
            for heads, snapshot in [*_plan(found, view, taken)]
        ]
    after = team.releases.of(context.triple)
    state = FileState.IN_STEP if after.view().conflicts else _bring_file(team, context)
    return Made(True, team.releases.info(after, records[-1]), state)


def _candidates(view: View[SecretText], name: str) -> tuple[Candidate[SecretText], ...]:
    candidates = view.conflicts.get(SecretName(name))
    if candidates is None:
        raise NotFound("that name is not in conflict", fix="envlsp status")
    return tuple(candidates)


def _new(view: View[SecretText], name: str, value: SecretText, dialect: str) -> Settled:
    _candidates(view, name)
    return Settled(literal_for(value, dialect), "a new value")


def _side(found: EnvironmentHistory, view: View[SecretText], name: str, words: str) -> Settled:
    candidates, record = _candidates(view, name), found.origin(found.versions.find(words))
    for candidate in candidates:
        if candidate.release == record:
            return Settled(candidate.value, f"take {found.versions.label(record)}")
    labels = ", ".join(found.versions.label(candidate.release) for candidate in candidates)
    raise NotFound(f"{name} has no side {found.versions.label(record)}", fix=f"take one of: {labels}")


def _check_literals(taken: Taken, dialect: str) -> None:
    """Make sure that no side smuggles a second line into the file.

    Raises:
        BadText: one would, by name.
    """
    for name, settled in taken.items():
        if settled.value is not None and not is_one_value(name, settled.value, dialect):
            raise BadText(f"{name} is not one value by itself there", fix=f"envlsp set {name}")


def _message(taken: Taken) -> str:
    (name, settled), *more = taken.items()
    others = f" and {len(more)} more" if more else ""
    return f"resolve {name}{others}: {settled.words}"


def _plan(
    found: EnvironmentHistory, view: View[SecretText], taken: Taken
) -> Iterator[tuple[Heads, Snapshot]]:
    """Yield the releases to make: upon which heads, and what each says."""
    if taken.keys() >= view.conflicts.keys():
        yield view.heads, _snapshot(found, view, taken)
        return
    for head in view.heads:
        below = _at_or_below(found, head)
        losing = {
            name: side
            for name, side in taken.items()
            if any(c.release in below and c.value != side.value for c in view.conflicts[name])
        }
        if losing:
            yield (head,), _snapshot(found, found.history.view((head,)), losing)


def _snapshot(found: EnvironmentHistory, view: View[SecretText], taken: Taken) -> Snapshot:
    after = _with(view.entries, taken)
    return Snapshot(after, merged_layout(found, view, after))


def _with(entries: Mapping[SecretName, SecretText], taken: Taken) -> dict[SecretName, SecretText]:
    kept = {name: literal for name, literal in entries.items() if name not in taken}
    return kept | {name: side.value for name, side in taken.items() if side.value is not None}


def _at_or_below(found: EnvironmentHistory, head: RecordId) -> set[RecordId]:
    seen: set[RecordId] = set()
    waiting: list[RecordId] = [head]
    while waiting:
        record = waiting.pop()
        if record in found.history.nodes and record not in seen:
            seen.add(record)
            waiting += found.history.nodes[record].base
    return seen


def _bring_file(team: Team, context: Context) -> FileState:
    """Pull into a file that says what it was based on; any other is left to its person."""
    try:
        copy = read_working_copy(context.file, context.dialect)
        if copy.data is None:
            return FileState.ABSENT
        base = base_snapshot(team, context, team.releases.of(context.triple))
        if base is None or render(base, context.dialect).data != copy.data:
            return FileState.DIFFERS
        pull(team, context)
    except EnvlspError:
        return FileState.DIFFERS  # the release stands; the next pull says what is wrong with the file
    return FileState.UPDATED
