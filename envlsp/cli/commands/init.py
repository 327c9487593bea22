"""`envlsp init`: put this folder under the care of a team, a new one or one we are in."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame
from envlsp.cli.people import device_option, person_option, who
from envlsp.cli.shapes import near
from envlsp.cli.words import count
from envlsp.service.verbs.shapes import init_fields


@click.command()
@person_option
@device_option
@click.option("--project", metavar="NAME", help="Its name; by default the folder's.")
@click.option(
    "--signaling", multiple=True, metavar="URL", help="Where teammates find each other. Repeatable."
)
@click.option("--new-team", is_flag=True, help="Found a team, though this device is in one already.")
@click.option("--team", metavar="TM1…", help="Which team, where this device is in several.")
@click.option("--no-recovery", is_flag=True, help="Make no recovery words.")
@click.option(
    "--dialect", default="node", show_default=True, metavar="LOADER", help="The loader of the apps."
)
@click.pass_obj
def command(
    frame: Frame,
    person: str | None,
    device: str | None,
    project: str | None,
    signaling: tuple[str, ...],
    new_team: bool,
    team: str | None,
    no_recovery: bool,
    dialect: str,
) -> None:
    """Make this folder a project: of a new team, or of the team this device is in.

    Writes ev.yaml, which is for git. Nothing of .env is shared before the first push.
    """
    from envlsp.service.starting import InitOptions, init

    with frame.service() as service:
        options = InitOptions(
            person=who(frame, person, device),
            project=project,
            signaling=signaling,
            team=team,
            new_team=new_team,
            recovery=not no_recovery,
            dialect=dialect,
        )
        result = init(service, frame.cwd, options)
    if frame.json:
        frame.output.document(init_fields(result))
        return
    kind = "a new team" if result.new_team else "your team"
    frame.output.line(f"{result.project} in {kind}, {result.team}")
    file = near(result.env_file, frame.cwd)
    frame.output.say(f"wrote {near(result.config, frame.cwd)}: commit it")
    if result.secrets_found:
        frame.output.say(f"{file} has {count(result.secrets_found, 'secret')}; share them: envlsp push")
    else:
        frame.output.say(f"there is nothing in {file} yet; write it, then: envlsp push")
    if not signaling:
        frame.output.say(f"to meet teammates, give {near(result.config, frame.cwd)} a `signaling` server")
