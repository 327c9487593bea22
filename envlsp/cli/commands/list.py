"""`envlsp list`: the names of an environment, values masked."""

from __future__ import annotations

import click

from envlsp.cli.environment import environment_words, opened
from envlsp.cli.main import Frame
from envlsp.cli.reading import local_option, read
from envlsp.domain.secret import MASK
from envlsp.service.verbs.shapes import list_fields


@click.command()
@environment_words
@local_option
@click.pass_obj
def command(
    frame: Frame,
    target: str | None,
    env: str | None,
    local: bool,
) -> None:
    """List the names of the newest release.

    Beside each name stand four hex digits: equal digits, equal values.
    """
    from envlsp.service.reading import demand_settled, value_mark

    with opened(frame, target, env) as here:
        reading = read(frame, here, local=local)
        marks = {name: value_mark(here.team, value) for name, value in sorted(reading.values.items())}
    if frame.json:
        frame.output.document(list_fields(reading.release, marks, reading.conflicts))
    else:
        frame.output.table(((name, f"{MASK} {mark}") for name, mark in marks.items()), ("NAME", "VALUE"))
    demand_settled(reading)
