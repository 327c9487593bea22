"""`envlsp members`: who is in the team."""

from __future__ import annotations

import click

from envlsp.cli.environment import opened_team
from envlsp.cli.main import Frame
from envlsp.cli.membership import show_members


@click.command()
@click.pass_obj
def command(frame: Frame) -> None:
    """List the members, what they may do, and their devices."""
    with opened_team(frame) as (_, opened):
        show_members(frame, opened.team)
