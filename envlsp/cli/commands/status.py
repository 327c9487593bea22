"""`envlsp status`: where an environment and its file stand, and what to do next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from envlsp.cli.environment import environment_words, opened
from envlsp.cli.freshness import demand_fresh, max_age_option
from envlsp.cli.locks import sentence
from envlsp.cli.main import Frame
from envlsp.cli.membership import not_trusted
from envlsp.cli.shapes import near, when
from envlsp.cli.words import count, plain
from envlsp.service.as_of import Policy
from envlsp.service.verbs.shapes import counts, status_fields

if TYPE_CHECKING:
    from envlsp.service.results import Freshness, StatusResult
    from envlsp.service.sides import Sides


@click.command()
@environment_words
@max_age_option
@click.pass_obj
def command(frame: Frame, target: str | None, env: str | None, max_age: str) -> None:
    """Show where the environment and its file stand, from what is on this device.

    "as of" is when another device last confirmed that it had nothing newer. With
    --max-age, exit code 8 says that this was longer ago.
    """
    from envlsp.service.access.alarms import alarm_lines
    from envlsp.service.access.owed import newer_lines
    from envlsp.service.access.voiding import voided_lines
    from envlsp.service.comparing import status
    from envlsp.service.locking import state
    from envlsp.service.sides import sides
    from envlsp.service.verbs.lock_shapes import lock_fields
    from envlsp.store.keyfile import Protection

    policy = Policy(max_age)
    with opened(frame, target, env) as here:
        result = status(here.team, here.context)
        known = sides(here.team, here.context) if result.conflicts else {}
        lock = state(here.service)
    demand_fresh(frame, policy, result.freshness)
    if frame.json:
        frame.output.document({**status_fields(result), "lock": lock_fields(lock)})
        return
    for line in _lines(result, known, near(result.path, frame.cwd)):
        frame.output.line(line)
    if lock.protection is not Protection.KEY_FILE:
        frame.output.line(f"this device has {sentence(lock)}")
    if result.suspects:
        frame.output.say(not_trusted(result.suspects))
    for line in (*alarm_lines(result.alarms), *voided_lines(result.voided)):
        frame.output.warn(plain(line))
    for who in result.unopened:
        frame.output.warn(
            plain(f"a key that {who} made does not open here; teammates are asked to seal it again")
        )
    for line in newer_lines(result.newer, result.alarms):
        frame.output.warn(plain(line))
    if result.shadowed:
        frame.output.warn(_shadowed(result))
    if step := _next_step(result):
        frame.output.say(f"next: {step}")


def _lines(result: StatusResult, known: Sides, file: str) -> Iterator[str]:
    release = result.release
    none = "no release that you can read" if result.unreadable else "no release yet"
    newest = f"{release.label} by {release.author}, {when(release.ts)}{_held(result)}" if release else none
    yield f"{result.triple}  {newest}"
    yield f"{file}  {_file_words(result)}"
    if result.conflicts:
        yield f"in conflict: {', '.join(result.conflicts)}"
        for name, found in known.items():
            yield from (f"  {name}  {side}, {when(side.ts)}" for side in found)
    if result.rolled_back:
        yield "the history on this device is older than it was: releases are missing, and none can be made"
    if result.removed:
        yield "this device was removed from the team"
        return
    where = f" in {result.scope}" if result.scope else ""
    who = f"you cannot read {result.scope}" if result.is_shut and where else f"you are {result.role}{where}"
    yield f"{who}; {_freshness_words(result.freshness)}"


def _shadowed(result: StatusResult) -> str:
    """Say that releases of that name are where nobody who reads this environment looks."""
    there = count(result.shadowed, "release")
    return f"{there} of {result.triple} for other readers, which nobody uses here: envlsp log --all"


def _file_words(result: StatusResult) -> str:
    if not result.exists:
        return "not there"
    if result.release is None:
        return f"{counts(result.change)}, not shared yet"
    words = counts(result.change) if result.change else f"in step with {result.release.label}"
    return f"{words}, {count(result.behind, 'release')} behind" if result.behind else words


def _held(result: StatusResult) -> str:
    freshness = result.freshness
    if not freshness.devices:
        return ""
    return f"; held by {freshness.held_by} of {count(freshness.devices, 'other device')}"


def _freshness_words(freshness: Freshness) -> str:
    from envlsp.service.as_of import sentence

    return sentence(freshness.as_of, freshness.confirmed_by, freshness.devices, time.time())


def _next_step(result: StatusResult) -> str | None:
    if result.removed:
        return result.way_back
    if result.is_shut:
        return "ask an admin to let you in" if result.scope else None
    if result.rolled_back:
        return "envlsp sync" if result.freshness.devices else "envlsp sync --accept-loss"
    if result.conflicts:
        return f"envlsp resolve {result.conflicts[0]}"
    return _step_of_file(result) if result.exists else _step_without(result)


def _step_without(result: StatusResult) -> str:
    if result.unreadable:
        return "envlsp sync, or ask an admin to let you in"
    return "envlsp pull" if result.release else f"write {result.path.name}, then: envlsp push"


def _step_of_file(result: StatusResult) -> str | None:
    if result.release is None:
        return "envlsp push"
    if result.behind:
        return "envlsp pull"
    return "envlsp diff, then: envlsp push" if result.change and result.role != "viewer" else None
