"""All problems of a document: the families asked one after the other, the ignored ones left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Position
from envlsp.ide.problems import around, names, references, releases, syntax
from envlsp.ide.problems.code import code_problems
from envlsp.ide.problems.look import FILE, Finding, Look
from envlsp.ide.results import Json, Place, Problem
from envlsp.ide.snapshot import Kind, Snapshot

OF_A_FAMILY_MAX = 100
"""Problems shown of one family: more than anybody reads, and an editor stays quick."""

_FAMILIES: tuple[Callable[[Look], Iterator[Finding]], ...] = (
    syntax.faults,
    syntax.invisible,
    syntax.duplicates,
    syntax.unsafe,
    references.undefined,
    references.endless,
    names.public_secrets,
    names.empty,
    names.unused,
    releases.conflicts,
    releases.theirs,
    releases.mine,
    around.missing,
    around.extra,
    around.git,
)


def problems(snapshot: Snapshot, place: Place) -> tuple[Problem, ...]:
    """Return what is wrong in a document, by place; at most a hundred of each family."""
    if not snapshot.settings.diagnostics:
        return ()
    document, ignore = snapshot.documents.get(place), snapshot.settings.ignore
    kind = Kind.OTHER if document is None else document.kind
    if kind is Kind.CONFIG and document is not None:
        from envlsp.ide import evyaml

        found = [one for one in evyaml.problems(snapshot, document) if one.code not in ignore]
    elif kind is Kind.CODE:
        found = [one for one in code_problems(snapshot, place) if one.code not in ignore][:OF_A_FAMILY_MAX]
    else:
        found = _of_env(snapshot, place)
    return tuple(sorted(found, key=lambda one: (one.range, one.severity)))


def problems_on(
    snapshot: Snapshot, place: Place, first: int, last: int, codes: Collection[str] | None = None
) -> tuple[tuple[Problem, int], ...]:
    """Return the problems of an env file on some lines, however many there are elsewhere.

    Args:
        snapshot: where to look.
        place: the file.
        first: the first line, from 0.
        last: the last line.
        codes: only these.

    Returns:
        Each with the block it is about, or `look.FILE`.
    """
    env = _env(snapshot, place)
    if env is None:
        return ()
    start = env.block_of(Position(first, 0))
    wanted = set(range(max(start, 0), env.block_at(last) + 1))
    if first == 0:
        wanted.add(FILE)
    look = Look.at(snapshot, place, env, wanted)
    return tuple(
        (_problem(look, finding), finding.block)
        for family in _FAMILIES
        for finding in _reported(look, family)
        if codes is None or finding.code in codes
    )


def _of_env(snapshot: Snapshot, place: Place) -> list[Problem]:
    env = _env(snapshot, place)
    if env is None:
        return []
    look = Look.at(snapshot, place, env)
    found = []
    for family in _FAMILIES:
        for number, finding in enumerate(_reported(look, family)):
            if number == OF_A_FAMILY_MAX:
                break
            found.append(_problem(look, finding))
    return found


def _env(snapshot: Snapshot, place: Place) -> EnvFile | None:
    document = snapshot.documents.get(place)
    return snapshot.env_file(place) if document is None or document.kind is Kind.ENV else None


def _reported(look: Look, family: Callable[[Look], Iterator[Finding]]) -> Iterator[Finding]:
    ignore = look.snapshot.settings.ignore
    for finding in family(look):
        if look.only is not None and finding.block not in look.only:
            continue
        if finding.code not in ignore and not look.is_ignored(finding):
            yield finding


def _problem(look: Look, finding: Finding) -> Problem:
    data: dict[str, Json] = {"name": finding.name} if finding.name else {}
    if finding.meant:
        data["suggestions"] = list(finding.meant)
    return Problem(
        finding.code,
        look.range_of(finding.block),
        finding.message,
        finding.severity,
        finding.is_unnecessary,
        finding.related,
        data,
    )
