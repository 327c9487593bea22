"""`envlsp status`: where an environment and its file stand, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from envlsp.cli.environment import environment_words, opened
from envlsp.cli.main import Frame
from envlsp.cli.shapes import counts, difference_fields, near, when
from envlsp.cli.words import count

if TYPE_CHECKING:
    from envlsp.service.results import Freshness, StatusResult


@click.command()
@environment_words
@click.pass_obj
def command(frame: Frame, target: str | None, env: str | None) -> None:
    """Show where the environment and its file stand, from what is on this device."""
    from envlsp.service.comparing import status

    with opened(frame, target, env) as here:
        result = status(here.team, here.context)
    if frame.json:
        frame.output.document(_fields(result))
        return
    for line in _lines(result, near(result.path, frame.cwd)):
        frame.output.line(line)
    if step := _next_step(result):
        frame.output.say(f"next: {step}")


def _fields(result: StatusResult) -> dict[str, Any]:
    release, freshness = result.release, result.freshness
    return {
        "team": result.team,
        "project": result.triple.project,
        "app": result.triple.app,
        "env": result.triple.env,
        "file": str(result.path),
        "exists": result.exists,
        "release": release.label if release else None,
        "id": release.id if release else None,
        "based_on": result.based_on,
        "behind": result.behind,
        **difference_fields(result.change),
        "conflicts": [*result.conflicts],
        "role": result.role,
        "member": not result.removed,
        "rolled_back": result.rolled_back,
        "confirmed_by": freshness.confirmed_by,
        "devices": freshness.devices,
        "as_of": freshness.as_of,
    }


def _lines(result: StatusResult, file: str) -> Iterator[str]:
    release = result.release
    newest = f"{release.label} by {release.author}, {when(release.ts)}" if release else "no release yet"
    yield f"{result.triple}  {newest}"
    yield f"{file}  {_file_words(result)}"
    if result.conflicts:
        yield f"in conflict: {', '.join(result.conflicts)}"
    if result.rolled_back:
        yield "the history on this device is older than it was: releases are missing, and none can be made"
    if result.removed:
        yield "this device was removed from the team"
        return
    yield f"you are {result.role}; {_freshness_words(result.freshness)}"


def _file_words(result: StatusResult) -> str:
    if not result.exists:
        return "not there"
    if result.release is None:
        return f"{counts(result.change)}, not shared yet"
    words = counts(result.change) if result.change else f"in step with {result.release.label}"
    return f"{words}, {count(result.behind, 'release')} behind" if result.behind else words


def _freshness_words(freshness: Freshness) -> str:
    if not freshness.devices:
        return "no other device in the team"
    others = f"{freshness.confirmed_by} of {count(freshness.devices, 'other device')}"
    last = f", last {when(freshness.as_of)}" if freshness.as_of is not None else ""
    return f"{others} confirmed to have all of this{last}"


def _next_step(result: StatusResult) -> str | None:
    if result.rolled_back:
        return "envlsp sync" if result.freshness.devices else "envlsp sync --accept-loss"
    if result.conflicts:
        return f"envlsp log, then: envlsp set {result.conflicts[0]}"
    if not result.exists:
        return "envlsp pull" if result.release else f"write {result.path.name}, then: envlsp push"
    if result.release is None:
        return "envlsp push"
    if result.behind:
        return "envlsp pull"
    return "envlsp diff, then: envlsp push" if result.change and result.role != "viewer" else None
