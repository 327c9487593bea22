"""`envlsp invite`: let somebody into the team, by a spoken code or by a link."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import offline_option, opened_team
from envlsp.cli.inviting import link_options, show_link, show_links
from envlsp.cli.letting_in import let_in
from envlsp.cli.main import Frame
from envlsp.cli.roles import role_option
from envlsp.cli.scoped import scope_options
from envlsp.errors import UsageError


@click.group(invoke_without_command=True)
@role_option
@scope_options
@link_options
@offline_option
@click.pass_context
def command(
    context: click.Context,
    role: str,
    project: str,
    env: str,
    link: bool,
    uses: int,
    life: str,
    offline: bool,
) -> None:
    """Print a code for a new teammate, and wait until they have joined.

    Read the code to them by a way you trust, and say yes only when both screens
    show the same words. With --project or --env they become a guest: they read that,
    and nothing else of the team.

    With --link a link is printed instead, and nobody has to wait: whoever has it is let
    in by any developer's device that is online, once. Send it by a way that others do
    not read.
    """
    if context.invoked_subcommand is not None:
        return
    from envlsp.domain.ledger.records import Role
    from envlsp.service.people import role_from_word
    from envlsp.service.verbs import linking, scoping

    frame: Frame = context.obj
    if not link and (uses != 1 or life or offline):
        raise UsageError("--uses, --for and --offline are for a link", fix="add --link")
    with opened_team(frame) as (service, team):
        named = scoping.named_scope(service, frame.cwd, project, env)
        if link and named:
            raise UsageError("a link lets into the team, never a guest", fix="leave out --link: a code does")
        if link:
            news = courier(frame, service, team, offline=offline)
            show_link(frame, linking.make(news, team, role, uses=uses, life=life))
        elif named:
            lines = scoping.guest_lines(team.team, role, named)
            let_in(frame, service, team, Role.NONE, lines=lines)
        else:
            let_in(frame, service, team, role_from_word(role))


@command.command("list")
@click.pass_obj
def list_(frame: Frame) -> None:
    """List the invitation links: which are open, and who came by them."""
    with opened_team(frame) as (_, opened):
        show_links(frame, opened.team)


@command.command()
@click.argument("id_", metavar="ID")
@offline_option
@click.pass_obj
def cancel(frame: Frame, id_: str, offline: bool) -> None:
    """Make the link ID useless, whoever made it; `envlsp invite list` shows the ids.

    Who came by it before stays: access revoke removes them.
    """
    from envlsp.service.verbs import linking

    with opened_team(frame) as (service, opened):
        ended = linking.end(courier(frame, service, opened, offline=offline), opened.team, id_)
    if frame.json:
        frame.output.document(linking.cancelled_fields(ended))
    elif ended.is_new:
        frame.output.line(f"the link {ended.id} lets nobody in any more{delivered(ended.reached)}")
    else:
        frame.output.line(f"the link {ended.id} was cancelled before")
