"""`envlsp log`: the releases of an environment, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.environment import environment_words, opened
from envlsp.cli.main import Frame
from envlsp.cli.shapes import when
from envlsp.service.verbs.shapes import counts, log_fields

if TYPE_CHECKING:
    from envlsp.service.results import ReleaseInfo


@click.command()
@environment_words
@click.option("-n", "limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.pass_obj
def command(frame: Frame, target: str | None, env: str | None, limit: int | None) -> None:
    """Show who released what and when, newest first."""
    from envlsp.service.comparing import log

    with opened(frame, target, env) as here:
        releases = log(here.team, here.context)[:limit]
    if frame.json:
        frame.output.document(log_fields(releases))
    else:
        frame.output.table(map(_row, releases), ("RELEASE", "AUTHOR", "WHEN", "NAMES", "MESSAGE"))
    if not releases:
        frame.output.say("no release yet: envlsp push")


def _row(release: ReleaseInfo) -> tuple[str, ...]:
    message = f"{release.message} (void)".lstrip() if release.void else release.message
    return release.label, release.author, when(release.ts), counts(release.changed), message
