"""The line above an env file: its newest release, what differs, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envlsp.ide.ages import counted
from envlsp.ide.drift import Drift, Stand, drift
from envlsp.ide.positions import line_range
from envlsp.ide.results import Command, Lens, Place
from envlsp.ide.snapshot import EnvironmentFacts, Snapshot, Standing, Where
from envlsp.ide.words import plain, who_and_when

_HERE = frozenset({Stand.ADDED, Stand.CHANGED, Stand.DIVERGED})
_HEADS_SHOWN = 3
"""Labels of releases made at once that are written out: more do not fit above a line."""


def lenses(snapshot: Snapshot, place: Place) -> list[Lens]:
    """Return what stands above an env file; empty for what is no environment's file."""
    where = snapshot.where(place)
    if not snapshot.settings.lens or where is None or where.env is None or snapshot.env_file(place) is None:
        return []
    if where.project.standing is not Standing.READY:
        return _above(_standing(where, place))
    return _above(_ready(snapshot, where, place))


def _above(commands: Iterable[Command]) -> list[Lens]:
    """Return them in this order; Neovim 0.11 shows those of one column in any."""
    return [Lens(line_range(0, at, at), command) for at, command in enumerate(commands)]


def _standing(where: Where, place: Place) -> Iterator[Command]:
    """Yield what keeps the team's secrets away, and the way on where there is one.

    Nothing before that is known, nor in a folder without a project, which nobody asked to share.
    """
    match where.project.standing:
        case Standing.LOCKED:
            yield _button("Unlock", "unlock", place)
        case Standing.UNOPENABLE:
            yield _button("the key of this device cannot be opened…", "status", place)  # as below
        case Standing.NOT_JOINED:
            yield _button("Join a team…", "join", place)
        case Standing.WAITING:
            yield _text("waiting for a teammate's device to pass on the team's key")
        case Standing.REMOVED:
            yield _text("this device is no longer in the team")
            yield _button("Join a team…", "join", place)  # a teammate may invite it again
        case Standing.LOADING if where.project.detail:
            yield _button("the team's store cannot be read…", "status", place)  # which fails, and says why
        case Standing.BAD_CONFIG:
            yield _text("ev.yaml is not valid")


def _ready(snapshot: Snapshot, where: Where, place: Place) -> Iterator[Command]:
    facts, may_push = where.facts, where.may_push
    if facts is not None and facts.shut:
        yield _text(f"{where.env}: {facts.shut}")
        return
    if facts is None or not facts.releases:
        is_archived = facts is not None and facts.is_archived
        yield _text(f"{where.env}: {'archived' if is_archived else 'not shared yet'}")
        if may_push and not is_archived:
            yield _button("Push", "push", place)
        return
    yield _text(_release(facts, snapshot.now))
    found = drift(snapshot, place)
    state = " · ".join(_state(facts, found))
    if state:
        yield _text(state)
    if facts.conflicts:
        yield _button(f"{counted(len(facts.conflicts), 'conflict')}…", "resolve", place)
    if facts.is_archived:
        return
    if may_push:
        yield _button("Push", "push", place)
    yield _button("Pull", "pull", place)
    if may_push and len(facts.releases) > 1:
        yield _button("Roll back…", "rollback", place)


def _release(facts: EnvironmentFacts, now: int) -> str:
    """Return `v14 · Alice · 2 hours ago`; with several newest ones, the labels of all."""
    newest = facts.releases[0]
    more = len(facts.heads) - _HEADS_SHOWN
    heads = " + ".join(facts.heads[:_HEADS_SHOWN]) + (f" and {more} more" if more > 0 else "")
    who = who_and_when(newest.author, newest.ts, now).replace(", ", " · ")
    archived = " · archived" if facts.is_archived else ""
    return f"{heads or newest.label} · {who}{archived}"


def _state(facts: EnvironmentFacts, found: Drift | None) -> Iterator[str]:
    """Yield how the file and the release differ, in few words."""
    stands = list(found.stands.values()) if found is not None else []
    here = sum(stand in _HERE for stand in stands) + (len(found.taken_out) if found is not None else 0)
    if here:
        yield f"{counted(here, 'change')} here"
    unsure = stands.count(Stand.DIFFERS)
    if unsure:
        yield f"{counted(unsure, 'line')} {'differs' if unsure == 1 else 'differ'}"
    if facts.behind:
        yield f"{counted(facts.behind, 'release')} behind"


def _text(words: str) -> Command:
    return Command(plain(words), "")


def _button(title: str, verb: str, place: Place) -> Command:
    return Command(title, f"envlsp.{verb}", {"place": place})
