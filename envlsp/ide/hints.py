"""A word behind each line of an env file that differs from the newest release."""

from __future__ import annotations

from envlsp.ide.ages import ago
from envlsp.ide.drift import Drift, Stand, drift
from envlsp.ide.envfile import EnvFile
from envlsp.ide.positions import Position, Range, units_of
from envlsp.ide.results import Hint, Place
from envlsp.ide.snapshot import Snapshot
from envlsp.ide.words import newest, plain, who_and_when

_SHORT = {"minute": "min", "hour": "h", "day": "d", "month": "mo", "year": "y"}


def hints(snapshot: Snapshot, place: Place, within: Range) -> list[Hint]:
    """Return the hints of an env file whose statements touch a range, in file order."""
    if not snapshot.settings.hints:
        return []
    env, found = snapshot.env_file(place), drift(snapshot, place)
    if env is None or found is None or not found.stands:
        return []
    first = max(env.block_at(within.start.line), 0)
    last = env.block_at(within.end.line) + 1
    made: list[Hint] = []
    for index in range(first, last):
        name = env.blocks[index].name
        stand = found.stands.get(name)
        if stand is not None and env.by_name[name][-1] == index:
            label, tooltip = _words(found, name, stand, snapshot.now)
            made.append(Hint(_end_of(env, index), label, tooltip))
    return made


def _end_of(env: EnvFile, index: int) -> Position:
    """Return the end of the last line of a value."""
    block = env.blocks[index]
    is_one_line = block.lines <= block.ends_line
    line = env.first_lines[index] if is_one_line else env.value_range(index).end.line
    return Position(line, units_of(env.text.line(line), env.text.encoding))


def _words(found: Drift, name: str, stand: Stand, now: int) -> tuple[str, str]:
    """Return what the line says, and what one reads when pointing at it."""
    if stand is Stand.BEHIND:
        return _their_change(found, name, now), f"{_changed_by(found, name, now)}; pull to have it here"
    if stand is Stand.DIVERGED:
        return "changed on both sides", f"changed here, and {_changed_by(found, name, now)}"
    label, tooltip = _PLAIN[stand]
    return label, tooltip.format(name=name, release=newest(found.facts))


_PLAIN = {
    Stand.ADDED: ("new", "{release} does not have {name}"),
    Stand.CHANGED: ("changed", "changed here since {release}"),
    Stand.DIFFERS: ("differs", "not as in {release}; this file was never in step with it"),
    Stand.REMOVED: ("removed", "{release} took {name} away, and it is unchanged here"),
    Stand.CONFLICT: ("conflict", "releases made at once disagree about {name}"),
}


def _their_change(found: Drift, name: str, now: int) -> str:
    """Return `v3 · Alice · 2 h`."""
    theirs = found.facts.names[name]
    return f"{theirs.release} · {plain(theirs.author)} · {_age(theirs.ts, now)}"


def _changed_by(found: Drift, name: str, now: int) -> str:
    theirs = found.facts.names.get(name)
    if theirs is None:
        return f"taken away in {newest(found.facts)}"
    return f"changed in {theirs.release} by {who_and_when(theirs.author, theirs.ts, now)}"


def _age(ts: int, now: int) -> str:
    """Return an age in a few letters: `2 h`."""
    amount, unit, *_ = f"{ago(ts, now)} ".split(" ")
    return f"{amount} {_SHORT[unit.removesuffix('s')]}" if amount.isdigit() else "now"
