"""What the team's releases allow: push, pull, compare, roll back, and take one side of a conflict."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.ide.drift import Stand
from envlsp.ide.problems.look import Look
from envlsp.ide.results import Action, ActionKind, Command, Problem, Severity
from envlsp.ide.snapshot import EnvironmentFacts, ReleaseFacts, Standing
from envlsp.ide.words import file_name, mark, newest, plain, who_and_when

_ROLLBACKS = 5
"""Releases to go back to; a command lists them all."""
_HERE = (Stand.ADDED, Stand.CHANGED, Stand.DIFFERS, Stand.DIVERGED)
_THERE = (Stand.BEHIND, Stand.REMOVED, Stand.DIVERGED, Stand.DIFFERS)


def for_problem(look: Look, problem: Problem) -> Iterator[Action]:
    """Offer what ends a difference."""
    kind = ActionKind.QUICK_FIX
    is_gone_here = problem.code == "missing-here" and problem.severity is Severity.HINT
    if (is_gone_here or problem.code in ("differs-from-release", "not-released")) and _may_push(look):
        yield _push(look, kind, problem)
    if problem.code in ("behind-release", "missing-here") and not is_gone_here:
        yield _pull(look, kind, problem)
    if problem.code == "conflict":
        if _may_push(look):
            yield from _sides(look, problem)
        yield from _compare(look, kind, problem)
    elif problem.code in ("differs-from-release", "behind-release"):
        yield from _compare(look, kind, problem)


def for_file(look: Look) -> Iterator[Action]:
    """Offer what can be done with the whole file."""
    where, drift = look.where, look.drift
    if where is None or where.env is None or where.project.standing is not Standing.READY:
        return
    stands = set(drift.stands.values()) if drift else set()
    is_new = where.facts is None or not where.facts.releases
    taken_out = drift is not None and bool(drift.taken_out)
    if _may_push(look) and (is_new or taken_out or stands & set(_HERE)):
        yield _push(look, ActionKind.SOURCE)
    if drift is not None:
        is_behind = stands & set(_THERE) or len(drift.missing) > len(drift.taken_out) or drift.facts.behind
        if is_behind and not drift.facts.conflicts:  # a pull would only say that there is a conflict
            yield _pull(look, ActionKind.SOURCE)
        if stands or drift.missing or drift.facts.conflicts:
            yield from _compare(look, ActionKind.SOURCE)
    if where.facts is not None and _may_push(look):
        for release in _earlier(where.facts):
            yield _roll_back(look, release)


def _earlier(facts: EnvironmentFacts) -> list[ReleaseFacts]:
    """Return the last releases that are not what the environment holds now."""
    return [release for release in facts.releases if release.label not in facts.heads][:_ROLLBACKS]


def _roll_back(look: Look, release: ReleaseFacts) -> Action:
    counts = f"+{release.added} ~{release.changed} -{release.removed}"
    when = who_and_when(release.author, release.ts, look.snapshot.now)
    title = f"Roll back to {release.label} ({when}): {plain(release.message) or counts}"
    return _command(look, title, ActionKind.SOURCE, "envlsp.rollback", release=release.label)


def _sides(look: Look, problem: Problem) -> Iterator[Action]:
    name = str(problem.data.get("name", ""))
    facts = look.where.facts if look.where else None
    for one in facts.conflicts.get(name, ()) if facts else ():
        seen = mark(one.literal) if one.literal is not None else "taken away"
        title = f"Take {plain(one.author)}'s {name} ({one.release}, {seen})"
        kind = ActionKind.QUICK_FIX
        yield _command(look, title, kind, "envlsp.resolve", problem, name=name, take=one.release)


def _push(look: Look, kind: ActionKind, problem: Problem | None = None) -> Action:
    return _command(look, f"Push {file_name(look.place)}", kind, "envlsp.push", problem)


def _pull(look: Look, kind: ActionKind, problem: Problem | None = None) -> Action:
    title = f"Pull {_newest(look)} into {file_name(look.place)}"
    return _command(look, title, kind, "envlsp.pull", problem)


def _compare(look: Look, kind: ActionKind, problem: Problem | None = None) -> Iterator[Action]:
    """Offer to compare with what is newest; with each of the newest, where they are in conflict."""
    facts = look.where.facts if look.where else None
    title = f"Compare {file_name(look.place)} with"
    if facts is None or not facts.conflicts:
        yield _command(look, f"{title} {_newest(look)}", kind, "envlsp.diff", problem)
        return
    for head in facts.heads:
        yield _command(look, f"{title} {head}", kind, "envlsp.diff", problem, **{"from": head})


def _newest(look: Look) -> str:
    facts = look.where.facts if look.where else None
    return "the newest release" if facts is None else newest(facts)


def _may_push(look: Look) -> bool:
    return look.where is not None and look.where.may_push


def _command(
    look: Look, title: str, kind: ActionKind, verb: str, problem: Problem | None = None, **argument: str
) -> Action:
    command = Command(title, verb, {"place": look.place, **argument})
    return Action(title, kind, command=command, fixes=problem)
