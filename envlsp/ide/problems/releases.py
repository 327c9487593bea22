"""The file against the team's newest release, and releases against each other."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.domain.secret import is_secret_name
from envlsp.ide.drift import Drift, Stand
from envlsp.ide.problems.codes import CODES
from envlsp.ide.problems.look import FILE, Finding, Look
from envlsp.ide.results import Severity
from envlsp.ide.snapshot import CandidateFacts
from envlsp.ide.words import listed, mark, names_counted, newest, plain, who_and_when

_MINE = {
    Stand.CHANGED: "differs-from-release",
    Stand.DIFFERS: "differs-from-release",
    Stand.ADDED: "not-released",
}
_THEIRS = (Stand.BEHIND, Stand.REMOVED, Stand.DIVERGED)


def mine(look: Look) -> Iterator[Finding]:
    """Yield the lines that were changed here and not pushed."""
    found = look.drift
    if found is None:
        return
    words = {
        Stand.CHANGED: f"changed here since {newest(found.facts)} and not pushed",
        Stand.DIFFERS: f"another value than in {newest(found.facts)}",
        Stand.ADDED: f"new here; {newest(found.facts)} does not have it",
    }
    for name, stand in found.stands.items():
        code = _MINE.get(stand)
        if code is not None:
            yield Finding(code, look.env.by_name[name][-1], words[stand], CODES[code].severity)


def theirs(look: Look) -> Iterator[Finding]:
    """Yield the lines that a teammate changed since, and the names that the file lacks."""
    found = look.drift
    if found is None:
        return
    code = "behind-release"
    for name, stand in found.stands.items():
        if stand in _THEIRS:
            severity = Severity.WARNING if stand is Stand.DIVERGED else CODES[code].severity
            yield Finding(code, look.env.by_name[name][-1], _behind(look, found, name), severity)
    code, label = "missing-here", newest(found.facts)
    missing = [name for name in found.missing if is_secret_name(name)]
    if new := [name for name in missing if name not in found.taken_out]:
        message = f"{names_counted(len(new))} of {label} missing here: {listed(new)}; pull to have them"
        yield Finding(code, FILE, message, CODES[code].severity)
    if gone := [name for name in missing if name in found.taken_out]:
        message = f"{names_counted(len(gone))} of {label} taken out here and not pushed: {listed(gone)}"
        yield Finding(code, FILE, message, Severity.HINT)


def conflicts(look: Look) -> Iterator[Finding]:
    """Yield the names that releases made at once disagree about."""
    code = "conflict"
    if look.where is None or look.where.facts is None:
        return
    for name, candidates in look.where.facts.conflicts.items():
        sides = "; ".join(_side(one) for one in candidates)
        places = look.env.by_name.get(name)
        message = f"{name} has several newest values: {sides}"
        block = places[-1] if places else FILE
        yield Finding(code, block, message, CODES[code].severity, name=name)


def _behind(look: Look, found: Drift, name: str) -> str:
    facts, now = found.facts.names.get(name), look.snapshot.now
    if facts is not None:
        who = f"{facts.release} ({who_and_when(facts.author, facts.ts, now)})"
        done = "changed it"
    else:
        release = found.facts.releases[0] if found.facts.releases else None
        who = newest(found.facts)
        if release is not None:
            who = f"{release.label} ({who_and_when(release.author, release.ts, now)})"
        done = "took it away" if release is None or len(found.facts.heads) > 1 else "no longer has it"
    here = ", and so did you: a pull will ask" if found.stands[name] is Stand.DIVERGED else "; pull to follow"
    return f"{who} {done}{here}"


def _side(one: CandidateFacts) -> str:
    who = f"{plain(one.author)}'s {one.release}"
    return f"{who} took it away" if one.literal is None else f"{who} ({mark(one.literal)})"
