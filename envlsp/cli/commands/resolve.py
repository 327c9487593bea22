"""`envlsp resolve`: settle a name about which releases disagree."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import env_option, offline_option, opened
from envlsp.cli.made import tell_file
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.cli.values import read_value
from envlsp.domain.secret import SecretText
from envlsp.errors import UsageError
from envlsp.service.verbs.shapes import made_fields


@click.command()
@click.argument("name")
@click.option("--take", metavar="RELEASE", help="Whose side: a release that status lists.")
@click.option("--value", metavar="-", help="A new value instead: `-` reads it from standard input.")
@env_option
@offline_option
@click.pass_obj
def command(
    frame: Frame,
    name: str,
    take: str | None,
    value: str | None,
    env: str | None,
    offline: bool,
) -> None:
    """Settle NAME in a release of its own: with what one of the releases in conflict says, or anew.

    Other names in conflict stay so. Without an option, a terminal shows the sides and
    asks. A value is never typed as a word of the command: `--value -` reads it.
    """
    from envlsp.service.resolving import resolve
    from envlsp.service.sides import sides
    from envlsp.service.verbs.releasing import choose

    if value is not None and (value != "-" or take is not None):
        raise UsageError("a value is read from standard input", fix=f"envlsp resolve {name} --value -")
    with opened(frame, None, env) as here:
        news = courier(frame, here.service, here.opened, offline=offline)
        chosen: str | SecretText | None = read_value(frame, name) if value else take
        if chosen is None:
            news.fetch()
            try:
                chosen = choose(frame.talk, sides(here.team, here.context), name)
            except UsageError as exc:
                fix = "envlsp status, then: envlsp resolve NAME --take RELEASE, or --value -"
                raise UsageError("which side is to be taken?", fix=fix) from exc
        settled = {name: chosen}
        made, reached = news.release(lambda: resolve(here.team, here.context, settled))
        left = sides(here.team, here.context)
        file = near(here.context.file, frame.cwd)
    if frame.json:
        frame.output.document(made_fields(made, reached))
    else:
        frame.output.line(f"{made.release.label}  {made.release.message}{delivered(reached)}")
    if left:
        frame.output.say(f"still in conflict: {', '.join(left)}")
    tell_file(frame, made, file)
