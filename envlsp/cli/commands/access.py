"""`envlsp access`: who may do what."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import offline_option, opened_team
from envlsp.cli.explaining import show_exposure, show_reasons
from envlsp.cli.inviting import link_options, show_link
from envlsp.cli.letting_in import let_in, show_answered
from envlsp.cli.main import Frame
from envlsp.cli.membership import show_alarms, show_members, show_removal
from envlsp.cli.roles import role_option
from envlsp.cli.scoped import scope_options, show_let_in, show_new_keys, show_taken_out
from envlsp.cli.trusting import show_confirmed, show_contested, show_suspects
from envlsp.service.verbs.access_shapes import granted_fields, removed_fields

if TYPE_CHECKING:
    from envlsp.domain.ids import ScopeId


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Show who may do what, or change it."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@command.command("list")
@click.pass_obj
def list_(frame: Frame) -> None:
    """List the members and what they may do, and who reads what not everybody reads."""
    with opened_team(frame) as (_, opened):
        show_members(frame, opened.team)
        show_alarms(frame, opened.team)
        show_removal(frame, opened.team)


@command.command()
@click.argument("who")
@role_option
@scope_options
@click.option("--out", metavar="FILE", help="Where the answer to a request goes.")
@link_options
@offline_option
@click.pass_obj
def grant(
    frame: Frame,
    who: str,
    role: str,
    project: str,
    env: str,
    out: str | None,
    link: bool,
    uses: int,
    life: str,
    offline: bool,
) -> None:
    """Give WHO a role: an address, a name, or the first letters of an id.

    In the team; or with --project or --env only there. Somebody who is let into one of
    these and is no member becomes a guest: they read that, and nothing else of the team.

    An address that is no member's yet is invited: the code that is printed lets in
    only whoever gives that address, and so does a link, with --link. A request (rq1...,
    from `envlsp request` on a machine without a network) is answered by a file for that
    machine, once its words were compared.
    """
    from envlsp.domain.ledger.records import Role
    from envlsp.service.people import role_from_word
    from envlsp.service.verbs import carrying, granting, linking, scoping

    with opened_team(frame) as (service, opened):
        news = courier(frame, service, opened, offline=offline)
        named = scoping.named_scope(service, frame.cwd, project, env)
        if carrying.is_request(who):
            answered = carrying.answer(
                news,
                opened,
                who,
                Role.NONE if named else role_from_word(role),
                talk=frame.talk,
                welcome=frame.cwd / (out or carrying.welcome_name(who)),
                lines=scoping.guest_lines(opened.team, role, named) if named else (),
            )
            show_answered(frame, answered, role)
            return
        if named:
            entered = scoping.let_in(news, opened.team, who, role, named, may_invite=not offline)
            if entered is not None:
                show_let_in(frame, entered, role)
            else:
                lines = scoping.guest_lines(opened.team, role, named)
                let_in(frame, service, opened, Role.NONE, address=who, lines=lines)
            return
        granted = granting.grant(news, opened.team, who, role, may_invite=link or not offline)
        if granted is None and link:
            show_link(frame, linking.make(news, opened, role, address=who, uses=uses, life=life))
            return
        if granted is None:
            let_in(frame, service, opened, role_from_word(role), address=who)
            return
    if frame.json:
        frame.output.document(granted_fields(granted, role))
    elif granted.is_new:
        frame.output.line(f"{granted.name} is {role} now{delivered(granted.reached)}")
    else:
        frame.output.line(f"{granted.name} is {role} already")


@command.command()
@click.argument("who")
@scope_options
@offline_option
@click.pass_obj
def revoke(frame: Frame, who: str, project: str, env: str, offline: bool) -> None:
    """Remove WHO from the team and start new keys without them.

    With --project or --env they only lose that, and stay in the team.
    Ends with the values that they could read: change those at their source.
    """
    from envlsp.service.verbs import explaining, granting, scoping

    with opened_team(frame) as (service, opened):
        news = courier(frame, service, opened, offline=offline)
        if named := scoping.named_scope(service, frame.cwd, project, env):
            show_taken_out(frame, scoping.take_out(news, opened.team, who, named, frame.talk))
            return
        removed = granting.remove(news, opened.team, who, frame.talk)
    if frame.json:
        frame.output.document(removed_fields(removed))
    else:
        frame.output.line(f"{removed.name} was removed{delivered(removed.reached)}")
    for line in explaining.left_to_change(removed.exposure):
        frame.output.say(line)


@command.command()
@scope_options
@click.option("--all", "all_", is_flag=True, help="Of the team and of every scope that you may write in.")
@offline_option
@click.pass_obj
def rotate(frame: Frame, project: str, env: str, all_: bool, offline: bool) -> None:
    """Start a new key, and encrypt the newest releases again: of what this folder's environment is in.

    That is the team, or the private project or restricted environment. With --all, of
    everything that you may write in.
    """
    from envlsp.errors import UsageError
    from envlsp.service.verbs import scoping

    with opened_team(frame) as (service, opened):
        named = scoping.named_scope(service, frame.cwd, project, env)
        if all_ and named is not None:
            raise UsageError("say --all, or one --project or --env", fix="envlsp access rotate --help")
        news = courier(frame, service, opened, offline=offline)

        def pick() -> Collection[ScopeId]:
            if named is not None:
                return (named.find(opened.team).id,)
            return scoping.context_scopes(opened.team, frame.cwd, None)

        made = scoping.start_keys(news, opened.team, None if all_ else pick)
    show_new_keys(frame, made)


@command.command()
@click.argument("who")
@click.pass_obj
def why(frame: Frame, who: str) -> None:
    """Show the records that decide what WHO is, members who were removed included.

    The times are those that people claimed, and decide nothing. Of what was done at the
    same time the more senior decides: the recovery words, then who has been admin longest.
    """
    from envlsp.service.verbs import explaining

    with opened_team(frame) as (_, opened):
        show_reasons(frame, explaining.why(opened.team, who))


@command.command()
@click.argument("who")
@click.pass_obj
def exposure(frame: Frame, who: str) -> None:
    """List every value that WHO could read and that nobody has changed since, newest first.

    Names and releases, never a value. Of a member that is all they can read now; of
    somebody who was removed, what they could read until then. A new key, another name, a
    rollback to the same value or other quotes are no change. Of the text between the values of
    a file it is told that there is some. WHO may be a CI key, ci1..., or its first letters.
    """
    from envlsp.service.verbs import explaining

    with opened_team(frame) as (_, opened):
        show_exposure(frame, explaining.exposure_of(opened.team, who))


@command.command()
@click.argument("who", required=False)
@offline_option
@click.pass_obj
def confirm(frame: Frame, who: str | None, offline: bool) -> None:
    """Give WHO new keys from this device again; without WHO, list who gets none and why.

    A device that saw somebody removed gives them no new key when a late record brings
    them back, until its person says that this is right. Ask them by another way first.
    """
    from envlsp.service.verbs import trusting

    with opened_team(frame) as (service, opened):
        if who is None:
            show_suspects(frame, trusting.suspects(opened.team))
            return
        news = courier(frame, service, opened, offline=offline)
        show_confirmed(frame, trusting.trust(news, opened.team, who))


@command.command()
@click.argument("who", required=False, default="")
@offline_option
@click.pass_obj
def contest(frame: Frame, who: str, offline: bool) -> None:
    """Answer the removal of this device: remove whoever removed it, and come back.

    Only where you are the more senior one: admin for longer, or with an older device of
    your own. Otherwise nothing is written and the reason is said. With WHO, answer only
    what that person did.
    """
    from envlsp.service.verbs import trusting

    with opened_team(frame) as (service, opened):
        news = courier(frame, service, opened, offline=offline)
        show_contested(frame, trusting.contest(news, opened.team, who, frame.talk))
