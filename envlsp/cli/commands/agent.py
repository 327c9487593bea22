"""`envlsp agent`: keep this device reachable for teammates."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame


@click.command()
@click.pass_obj
def command(frame: Frame) -> None:
    """Stay online in the foreground and sync with teammates, until interrupted.

    Other commands of this device use its connections, and its unlocked key.
    """
    from envlsp.service.network.running import run_agent

    def ready() -> None:
        if frame.json:
            frame.output.document({"ready": True})
        else:
            frame.output.say("ready")

    with frame.service() as service:
        run_agent(service, ready)
