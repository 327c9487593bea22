"""`envlsp devices`: the same as `envlsp device list`."""

from __future__ import annotations

import click

from envlsp.cli.commands.device import show_devices
from envlsp.cli.main import Frame


@click.command()
@click.option("--all", "everybody", is_flag=True, help="The devices of everybody in the team.")
@click.pass_obj
def command(frame: Frame, everybody: bool) -> None:
    """List your devices, as `envlsp device list` does."""
    show_devices(frame, everybody=everybody)
