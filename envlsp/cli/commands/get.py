"""`envlsp get`: one value, as programs see it."""

from __future__ import annotations

import click

from envlsp.cli.environment import env_option, opened
from envlsp.cli.main import Frame
from envlsp.cli.reading import local_option, read


@click.command()
@click.argument("name")
@env_option
@local_option
@click.pass_obj
def command(
    frame: Frame,
    name: str,
    env: str | None,
    local: bool,
) -> None:
    """Print the value of NAME in the newest release, and a newline."""
    from envlsp.service.reading import demand_value

    with opened(frame, None, env) as here:
        reading = read(frame, here, local=local)
        if name in reading.conflicts:
            from envlsp.service.sides import told_of

            raise told_of(here.team, here.context, reading.conflicts)
        value = demand_value(reading, name)
    if frame.json:
        frame.output.document({"name": name, "value": value.reveal_text(), "release": reading.release})
    else:
        frame.output.raw(value.reveal() + b"\n")
