"""`envlsp switch`: choose which environment commands here are about."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame
from envlsp.cli.shapes import near


@click.command()
@click.argument("name", metavar="[APP:]ENV")
@click.pass_obj
def command(frame: Frame, name: str) -> None:
    """Let commands in this folder be about ENV from now on, where nothing else says so.

    What is typed and the name of a file say so first. Only this device and this folder are
    concerned; teammates notice nothing. Switch to the default environment to come back.
    """
    from envlsp.service.verbs.beginning import environment_word
    from envlsp.service.verbs.switching import choose, chosen_fields

    with frame.service() as service:
        here = service.open(frame.cwd, environment_word(name))
        chosen = choose(here)
        file = near(here.context.file, frame.cwd)
    if frame.json:
        frame.output.document(chosen_fields(chosen))
    elif chosen.changed:
        frame.output.line(f"commands here are about {chosen.app}:{chosen.env} now ({file})")
    else:
        frame.output.line(f"commands here are about {chosen.app}:{chosen.env} already")
