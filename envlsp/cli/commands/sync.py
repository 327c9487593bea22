"""`envlsp sync`: bring this device and whoever is online in step."""

from __future__ import annotations

import click

from envlsp.cli.delivery import is_alone
from envlsp.cli.environment import opened_team
from envlsp.cli.main import Frame
from envlsp.cli.words import count


@click.command()
@click.option(
    "--replicas",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Go on until N other devices hold everything.",
)
@click.pass_obj
def command(frame: Frame, replicas: int) -> None:
    """Bring this device and every teammate's device that is online in step."""
    from envlsp.service.network import sync
    from envlsp.service.results import SyncResult

    with opened_team(frame) as (service, opened):
        alone = is_alone(opened)
        result = SyncResult(0, 0, 0, 0) if alone else sync(service, opened, replicas=replicas)
    if frame.json:
        frame.output.document(
            {
                "reached": result.reached,
                "in_sync": result.in_sync,
                "received": result.received,
                "devices": result.devices,
            }
        )
    elif alone:
        frame.output.line("no other device in the team")
    else:
        devices = f"{result.in_sync} of {count(result.devices, 'other device')}"
        frame.output.line(f"in step with {devices}; {count(result.received, 'new record')}")
