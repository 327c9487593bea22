"""`envlsp adopt`: bring back a release that a removal made void."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import env_option, offline_option, opened
from envlsp.cli.made import tell_file
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.service.verbs.shapes import counts, made_fields


@click.command()
@click.argument("release", metavar="vN-xxxx|ID")
@env_option
@offline_option
@click.pass_obj
def command(frame: Frame, release: str, env: str | None, offline: bool) -> None:
    """Bring back what a void release changed, under your name.

    A release is void where its author was removed at the same time: `envlsp log --all`
    shows it and says why. Look at it before (`envlsp diff`): from now on it is yours. A
    name that somebody changed meanwhile is in conflict then, and nothing is lost.
    """
    from envlsp.service.adopting import adopt

    with opened(frame, None, env) as here:
        made, reached = courier(frame, here.service, here.opened, offline=offline).release(
            lambda: adopt(here.team, here.context, release)
        )
        conflicts = sorted(here.team.releases.of(here.context.triple).view().conflicts)
        file = near(here.context.file, frame.cwd)
    if frame.json:
        frame.output.document(made_fields(made, reached))
    elif made.made:
        new = made.release
        frame.output.line(f"{new.label}  {new.message}  {counts(new.changed)}{delivered(reached)}")
    else:
        frame.output.line(f"it was adopted before, as {made.release.label}")
    tell_file(frame, made, file)
    if conflicts:
        frame.output.say(f"in conflict: {', '.join(conflicts)}; settle it: envlsp resolve {conflicts[0]}")
