"""`envlsp access`: who may do what."""

from __future__ import annotations

import click

from envlsp.cli.delivery import Courier, delivered
from envlsp.cli.environment import offline_option, opened_team
from envlsp.cli.letting_in import let_in
from envlsp.cli.main import Frame
from envlsp.cli.membership import show_members
from envlsp.cli.roles import role_option
from envlsp.cli.words import count
from envlsp.errors import Misuse, NotFound


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Show who may do what, or change it."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@command.command("list")
@click.pass_obj
def list_(frame: Frame) -> None:
    """List the members and what they may do."""
    with opened_team(frame) as (_, opened):
        show_members(frame, opened.team)


@command.command()
@click.argument("who")
@role_option
@offline_option
@click.pass_obj
def grant(frame: Frame, who: str, role: str, offline: bool) -> None:
    """Give WHO a role: an address, a name, or the first letters of an id.

    An address that is no member's yet is invited: the code that is printed lets in
    only whoever gives that address.
    """
    from envlsp.service.access import set_role
    from envlsp.service.people import role_from_word

    with opened_team(frame) as (service, opened):
        courier = Courier(frame, service, opened, offline=offline)
        courier.fetch()
        people, wanted = opened.team.people, role_from_word(role)
        try:
            user = people.find(who)
        except NotFound:
            if "@" not in who or offline:
                raise
            let_in(frame, service, opened, wanted, address=who)
            return
        is_new = set_role(opened.team.replica, user, wanted)
        reached = courier.deliver() if is_new else 0
        name = people.of_member(opened.team.replica.state.members[user]).display_name
    if frame.json:
        frame.output.document({"name": name, "role": role, "changed": is_new, "reached": reached})
    elif is_new:
        frame.output.line(f"{name} is {role} now{delivered(reached)}")
    else:
        frame.output.line(f"{name} is {role} already")


@command.command()
@click.argument("who")
@offline_option
@click.pass_obj
def revoke(frame: Frame, who: str, offline: bool) -> None:
    """Remove WHO from the team and start a new key without them."""
    from envlsp.service.access import revoke as remove

    with opened_team(frame) as (service, opened):
        courier = Courier(frame, service, opened, offline=offline)
        courier.fetch()
        team = opened.team
        user = team.people.find(who)
        member = team.replica.state.members[user]
        name, devices = team.people.of_member(member).display_name, count(len(member.devices), "device")
        if not frame.talk.confirm(f"remove {name} ({devices}) from the team?"):
            raise Misuse("you said no; nobody was removed", fix="answer y, or add --yes")
        remove(team.replica, team.releases, {user})
        reached = courier.deliver()
    if frame.json:
        frame.output.document({"name": name, "removed": True, "reached": reached})
    else:
        frame.output.line(f"{name} was removed{delivered(reached)}")
    frame.output.say("what they have read they may have kept: change those values at their source")


@command.command()
@offline_option
@click.pass_obj
def rotate(frame: Frame, offline: bool) -> None:
    """Start a new key of the team, and encrypt the newest releases again."""
    from envlsp.service.access import rotate as start_epoch

    with opened_team(frame) as (service, opened):
        courier = Courier(frame, service, opened, offline=offline)
        courier.fetch()
        again = start_epoch(opened.team.replica, opened.team.releases)
        reached = courier.deliver()
    if frame.json:
        frame.output.document({"encrypted_again": again, "reached": reached})
    else:
        frame.output.line(f"new key; {count(again, 'release')} encrypted again{delivered(reached)}")
