"""`envlsp rollback`: a new release that says what an older one said."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import env_option, offline_option, opened
from envlsp.cli.made import tell_file
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.service.verbs.shapes import counts, made_fields


@click.command()
@click.argument("release", default="~1", metavar="[~N|vN|ID]")
@env_option
@offline_option
@click.pass_obj
def command(
    frame: Frame,
    release: str,
    env: str | None,
    offline: bool,
) -> None:
    """Go back to an older release, by default the one before the newest.

    Nothing is deleted: what it said becomes a new release. A file without local
    edits is brought along.
    """
    from envlsp.service.pushing import rollback

    with opened(frame, None, env) as here:
        made, reached = courier(frame, here.service, here.opened, offline=offline).release(
            lambda: rollback(here.team, here.context, release)
        )
        file = near(here.context.file, frame.cwd)
    if frame.json:
        frame.output.document(made_fields(made, reached))
    elif made.made:
        new = made.release
        frame.output.line(f"{new.label}  {new.message}  {counts(new.changed)}{delivered(reached)}")
    else:
        frame.output.line(f"{made.release.label} says the same already")
    tell_file(frame, made, file)
