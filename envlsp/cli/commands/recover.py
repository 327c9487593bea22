"""`envlsp recover`: coming back into a team with its recovery words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import delivered
from envlsp.cli.environment import offline_option
from envlsp.cli.main import Frame
from envlsp.cli.people import device_option, person_option, who
from envlsp.cli.shapes import when
from envlsp.cli.words import count
from envlsp.errors import BadConfig, NotInitialised, UsageError
from envlsp.service.verbs.safekeeping_shapes import recovered_fields

if TYPE_CHECKING:
    from envlsp.domain.ids import TeamId
    from envlsp.service.context import Project
    from envlsp.service.verbs.outcomes import CameBack


@click.command()
@click.option("--from", "backup", type=click.Path(path_type=Path), metavar="FILE", help="A backup file.")
@click.option("--team", metavar="TM1...", help="The team on the recovery sheet; else it is asked.")
@click.option(
    "--signaling", "--server", multiple=True, metavar="URL", help="Where teammates meet. Repeatable."
)
@click.option("--remove", multiple=True, metavar="WHO", help="A member or device to remove. Repeatable.")
@click.option("--keep-all", is_flag=True, help="Remove nobody; without this or --remove it is asked.")
@click.option("--new-words", is_flag=True, help="Make other recovery words; these never count again.")
@person_option
@device_option
@offline_option
@click.pass_obj
def command(
    frame: Frame,
    backup: Path | None,
    team: str | None,
    signaling: tuple[str, ...],
    remove: tuple[str, ...],
    keep_all: bool,
    new_words: bool,
    person: str | None,
    device: str | None,
    offline: bool,
) -> None:
    """Come back into a team with its 24 recovery words, as an admin, on any machine.

    The words are asked for and not shown. The history comes from a backup FILE, or from
    teammates who are online; then this device is let in, whoever you name is removed,
    and everybody's secrets get new keys. Remove the device that was lost.
    """
    from envlsp.service.config import signaling_servers
    from envlsp.service.facade import team_of
    from envlsp.service.recovery.recovering import Options
    from envlsp.service.verbs import safekeeping

    project = _project(frame)
    with frame.service() as service:
        config = project.config if project else None
        servers = signaling or signaling_servers(config, service.environ)
        options = Options(
            person=who(frame, person, device),
            backup=backup,
            team=_team(team) if team else None,
            here=team_of(project) if project else None,
            servers=servers,
            remove=remove,
            keep_all=keep_all,
            new_words=new_words,
            offline=offline,
        )
        found = safekeeping.come_back(service, options, frame.talk)
    _show(frame, found, in_project=project is not None)


def _project(frame: Frame) -> Project | None:
    from envlsp.service.context import open_project

    try:
        return open_project(frame.cwd)
    except NotInitialised:
        return None


def _team(text: str) -> TeamId:
    from envlsp.service.facade import parse_team

    try:
        return parse_team(text.strip())
    except BadConfig as exc:
        raise UsageError("--team is no team's id", fix="type it as it stands on the sheet: tm1...") from exc


def _show(frame: Frame, found: CameBack, *, in_project: bool) -> None:
    from envlsp.service.verbs.explaining import left_to_change

    done = found.recovered
    if frame.json:
        frame.output.document(recovered_fields(found))
    else:
        role = "an admin of the team" if done.is_new else "an admin"
        there = count(found.members, "member")
        frame.output.line(f"{found.name} is {role} now; {there}{delivered(found.reached)}")
        for name in found.removed:  # mostly who comes back is also who was lost
            frame.output.line(f"{name}{' of before' if name == found.name else ''} was removed")
        if done.new_words:
            frame.output.line("the new recovery words count from now on; destroy the old sheet")
    if done.backup_ts is not None and not done.met:
        frame.output.say(f"the backup was made {when(done.backup_ts)}; newer releases come with teammates")
    for exposure in found.exposures:
        for line in left_to_change(exposure):
            frame.output.say(line)
    frame.output.say("get the secrets: envlsp pull" if in_project else "in a clone of a project: envlsp pull")
