"""`envlsp team`: a team as a whole."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame
from envlsp.cli.people import device_option, person_option, who
from envlsp.cli.shapes import near
from envlsp.cli.words import count
from envlsp.service.verbs.shapes import forked_fields


@click.group()
def command() -> None:
    """Found a team anew."""


@command.command()
@person_option
@device_option
@click.option("--no-recovery", is_flag=True, help="Make no recovery words.")
@click.pass_obj
def fork(frame: Frame, person: str | None, device: str | None, no_recovery: bool) -> None:
    """Found a new team with what this device can read now; everybody is invited anew.

    For when the old one cannot be made right: its recovery words are lost with its
    admins, or somebody hostile holds them. Takes the newest values of every
    environment, of no release before; ev.yaml names the new team then. Whoever could
    read the values can read them still: change them at their source.
    """
    from envlsp.service.verbs import beginning

    with frame.service() as service:
        founder = who(frame, person, device)
        made = beginning.fork_team(service, frame.cwd, founder, frame.talk, recovery=not no_recovery)
    if frame.json:
        frame.output.document(forked_fields(made))
        return
    config = near(made.config, frame.cwd)
    frame.output.line(f"a new team, {made.team}, with {count(len(made.environments), 'environment')}")
    for triple in made.left_out:
        frame.output.say(f"left out, for want of a key: {triple}")
    frame.output.say(f"{config} names it now: commit it, and change ev.yaml in the team's other projects")
    frame.output.say("let teammates in anew: envlsp invite; they join from a fresh clone or after git pull")
