"""Invitation links at the terminal: the options that describe one, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.main import Frame
from envlsp.cli.words import plain

if TYPE_CHECKING:
    from envlsp.service.team import Team
    from envlsp.service.verbs.linking import LinkMade

Function = TypeVar("Function", bound=Callable[..., Any])


def link_options(function: Function) -> Function:
    """Let a verb make a link: `--link`, `--uses`, `--for`."""
    options = (
        click.option("--link", is_flag=True, help="Print a link instead: it works while you are away."),
        click.option("--uses", default=1, show_default=True, metavar="N", help="How many a link lets in."),
        click.option(
            "--for", "life", default="", metavar="TIME", help="When a link ends: 7d, 12h or 4w; else never."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def show_link(frame: Frame, made: LinkMade) -> None:
    """Print a link, which is shown once."""
    from envlsp.service.verbs.linking import made_fields

    if frame.json:
        frame.output.document(made_fields(made))
        return
    frame.output.line(made.link)
    whom = f"whoever says they are {plain(made.address)}" if made.address else "whoever has it"
    times = "once" if made.uses == 1 else f"{made.uses} times"
    frame.output.say(f"it lets in {whom}, {times}, as {made.role}; it is shown now and kept nowhere")
    frame.output.say("send it by a way that others do not read; they type: envlsp join 'LINK'")
    frame.output.say(f"take it back: envlsp invite cancel {made.id}")
    if not made.reached:
        frame.output.say("no teammate knows of it yet: until one does, this device has to be online")


def show_links(frame: Frame, team: Team) -> None:
    """Print every link of a team."""
    from envlsp.service.verbs.linking import links_fields

    fields = links_fields(team)
    if frame.json:
        frame.output.document(fields)
        return
    for link in fields["invitations"]:
        came = ", ".join(plain(name) for name in link["joined"]) or "nobody yet"
        whom = f" for {plain(link['address'])}" if link["address"] else ""
        uses = f"{link['uses']} of {link['max_uses']}"
        frame.output.line(f"{link['id']}  {link['status']}  {link['role']}{whom}  {uses}: {came}")
    if not fields["invitations"]:
        frame.output.say("no links; make one: envlsp invite --link")
