"""`envlsp invite`: let somebody into the team by a spoken code."""

from __future__ import annotations

import click

from envlsp.cli.environment import opened_team
from envlsp.cli.letting_in import let_in
from envlsp.cli.main import Frame
from envlsp.cli.roles import role_option
from envlsp.cli.scoped import scope_options


@click.command()
@role_option
@scope_options
@click.pass_obj
def command(frame: Frame, role: str, project: str, env: str) -> None:
    """Print a code for a new teammate, and wait until they have joined.

    Read the code to them by a way you trust, and say yes only when both screens
    show the same words. With --project or --env they become a guest: they read that,
    and nothing else of the team.
    """
    from envlsp.domain.ledger.records import Role
    from envlsp.service.people import role_from_word
    from envlsp.service.verbs import scoping

    with opened_team(frame) as (service, team):
        if named := scoping.named_scope(service, frame.cwd, project, env):
            lines = scoping.guest_lines(team.team, role, named)
            let_in(frame, service, team, Role.NONE, lines=lines)
        else:
            let_in(frame, service, team, role_from_word(role))
