"""`envlsp push`: make the file the newest release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import environment_words, offline_option, opened
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.cli.words import typed
from envlsp.service.verbs.shapes import counts, made_fields

if TYPE_CHECKING:
    from envlsp.domain.dotenv.tokens import Problem

_SHOWN = 3
"""A file in another encoding has a problem in every line."""


@click.command()
@environment_words
@click.option("-m", "--message", default="", metavar="TEXT", help="What it is about.")
@click.option(
    "-f", "--force", is_flag=True, help="Also a file not based on the newest release, or with no name left."
)
@click.option("--only", multiple=True, metavar="NAME", help="Share this name alone; may be repeated.")
@offline_option
@click.pass_obj
def command(
    frame: Frame,
    target: str | None,
    env: str | None,
    message: str,
    force: bool,
    only: tuple[str, ...],
    offline: bool,
) -> None:
    """Make the file the newest release, and deliver it to whoever is online.

    With nothing changed since the newest release, none is made.
    """
    from envlsp.service.pushing import push

    with opened(frame, target, env) as here:
        made, reached = courier(frame, here.service, here.opened, offline=offline).release(
            lambda: push(here.team, here.context, typed(message), force=force, only=only)
        )
    _warn(frame, near(here.context.file, frame.cwd), made.problems)
    if frame.json:
        frame.output.document(made_fields(made, reached))
    elif made.made:
        release = made.release
        frame.output.line(f"{release.label}  {counts(release.changed)}{delivered(reached)}")
    else:
        frame.output.line(f"nothing changed since {made.release.label}")


def _warn(frame: Frame, file: str, problems: tuple[Problem, ...]) -> None:
    for problem in problems[:_SHOWN]:
        frame.output.warn(f"{file}, line {problem.line}: {problem.message}")
    if len(problems) > _SHOWN:
        frame.output.say(f"and {len(problems) - _SHOWN} more like this: envlsp parse {file}")
