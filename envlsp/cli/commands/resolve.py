"""`envlsp resolve`: settle a name about which releases disagree."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import env_option, offline_option, opened
from envlsp.cli.made import tell_file
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.errors import UsageError
from envlsp.service.verbs.shapes import made_fields


@click.command()
@click.argument("name")
@click.option("--take", metavar="RELEASE", help="Whose side: a release that status lists.")
@env_option
@offline_option
@click.pass_obj
def command(
    frame: Frame,
    name: str,
    take: str | None,
    env: str | None,
    offline: bool,
) -> None:
    """Settle NAME in a release of its own, with what one of the releases in conflict says of it.

    Other names in conflict stay so. Without --take, a terminal shows the sides and asks.
    To give it a new value instead: envlsp set NAME.
    """
    from envlsp.service.resolving import resolve
    from envlsp.service.sides import sides
    from envlsp.service.verbs.releasing import pick_side

    with opened(frame, None, env) as here:
        news = courier(frame, here.service, here.opened, offline=offline)
        if take is None:
            news.fetch()
            try:
                take = pick_side(frame.talk, sides(here.team, here.context), name)
            except UsageError as exc:
                fix = "envlsp status, then: envlsp resolve NAME --take RELEASE"
                raise UsageError("which side is to be taken?", fix=fix) from exc
        side = take
        made, reached = news.release(lambda: resolve(here.team, here.context, {name: side}))
        left = sides(here.team, here.context)
        file = near(here.context.file, frame.cwd)
    if frame.json:
        frame.output.document(made_fields(made, reached))
    else:
        frame.output.line(f"{made.release.label}  {made.release.message}{delivered(reached)}")
    if left:
        frame.output.say(f"still in conflict: {', '.join(left)}")
    tell_file(frame, made, file)
