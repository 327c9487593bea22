"""`envlsp sync`: bring this device and whoever is online in step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from envlsp.cli.environment import opened_team
from envlsp.cli.main import Frame
from envlsp.cli.words import count, plain
from envlsp.service.verbs.shapes import sync_fields

if TYPE_CHECKING:
    from envlsp.service.facade import OpenedTeam
    from envlsp.service.results import SyncResult


@click.command()
@click.option(
    "--replicas",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Go on until N other devices hold the newest release, and all else that is here.",
)
@click.option(
    "--timeout",
    metavar="DURATION",
    default="",
    help="Wait no longer than that for --replicas, such as 90s or 10m; exit code 7 then.",
)
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Go on with what is here where an older store was put back and no device has the rest.",
)
@click.pass_obj
def command(frame: Frame, replicas: int, timeout: str, *, accept_loss: bool) -> None:
    """Bring this device and every teammate's device that is online in step.

    With --replicas it stays on the network until enough devices have confirmed that
    they hold the newest release; Ctrl-C leaves, and what was handed on stays so.
    """
    from envlsp.service.access.alarms import alarm_lines
    from envlsp.service.access.voiding import voided_lines
    from envlsp.service.results import SyncResult
    from envlsp.service.verbs.meeting import bring_in_step, wish_of

    with opened_team(frame) as (service, opened):
        wish = wish_of(service, frame.cwd, replicas, timeout)
        found = bring_in_step(service, opened, wish=wish, report=_told(frame))
        result = found or SyncResult(0, 0, 0, 0)
        if accept_loss:
            _accept_loss(frame, opened)
    if frame.json:
        frame.output.document(sync_fields(result))
    elif found is None:
        frame.output.line("no other device in the team")
    else:
        frame.output.line(
            f"{_standing(result, waited=wish is not None)}; {count(result.received, 'new record')}"
        )
    for line in (*alarm_lines(result.alarms), *(() if frame.json else voided_lines(result.voided))):
        frame.output.warn(plain(line))


def _standing(result: SyncResult, *, waited: bool) -> str:
    """Return who is in step: of those who were there, or of those who came while it was waited for."""
    held, devices = result.held_by if waited else result.in_sync, count(result.devices, "other device")
    return f"held by {held} of {devices}" if waited else f"in step with {held} of {devices}"


def _told(frame: Frame) -> Callable[[str], None]:
    return lambda line: frame.output.say(plain(line))


def _accept_loss(frame: Frame, opened: OpenedTeam) -> None:
    """Let go of what was lost, once a person has said that nobody has it."""
    from envlsp.service import own_past, promises

    replica, records = opened.team.replica, opened.team.store.records
    owed = promises.standings(replica)
    if not records.is_rolled_back() and not own_past.is_behind(replica) and not owed:
        frame.output.say("nothing is missing here")
    elif frame.talk.confirm("records that this team has held are missing here; go on without them?"):
        records.accept_loss()
        own_past.accept_loss(replica)
        promises.forgive(replica)
        frame.output.say("going on with what is here")
