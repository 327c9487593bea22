"""`envlsp invite`: let somebody into the team by a spoken code."""

from __future__ import annotations

import click

from envlsp.cli.environment import opened_team
from envlsp.cli.letting_in import let_in
from envlsp.cli.main import Frame
from envlsp.cli.roles import role_option


@click.command()
@role_option
@click.pass_obj
def command(frame: Frame, role: str) -> None:
    """Print a code for a new teammate, and wait until they have joined.

    Read the code to them by a way you trust, and say yes only when both screens
    show the same words.
    """
    from envlsp.service.people import role_from_word

    with opened_team(frame) as (service, team):
        let_in(frame, service, team, role_from_word(role))
