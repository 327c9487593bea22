"""Who reads a project or an environment, at the terminal: the words for it, and the lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from envlsp.cli.delivery import delivered
from envlsp.cli.main import Frame
from envlsp.cli.words import count, plain
from envlsp.service.verbs.access_shapes import let_in_fields, new_keys_fields, taken_out_fields

if TYPE_CHECKING:
    from envlsp.service.results import ScopeInfo, ScopeMember
    from envlsp.service.verbs.outcomes import LetIn, NewKeys, TakenOut

Function = TypeVar("Function", bound=Callable[..., Any])


def scope_options(function: Function) -> Function:
    """Let a verb be told a private project or a restricted environment: `--project`, `--env`."""
    function = click.option(
        "--env", metavar="[APP:]ENV", default="", help="A restricted environment of this project."
    )(function)
    return click.option("--project", metavar="PROJECT", default="", help="A private project.")(function)


def show_let_in(frame: Frame, granted: LetIn, role: str) -> None:
    """Print a role that was given in a scope."""
    if frame.json:
        frame.output.document(let_in_fields(granted, role))
        return
    now = "now" if granted.is_new else "already"
    end = delivered(granted.reached) if granted.is_new else ""
    frame.output.line(f"{plain(granted.name)} is {role} in {granted.scope} {now}{end}")
    if granted.is_admin:
        frame.output.say("they are an admin of the team, and admins do everything in every scope")
    else:
        frame.output.say("the team's admins read it too")


def show_taken_out(frame: Frame, gone: TakenOut) -> None:
    """Print who was taken out of a scope, that they are still in the team, and what they could read."""
    from envlsp.service.verbs.explaining import left_to_change

    if frame.json:
        frame.output.document(taken_out_fields(gone))
    else:
        frame.output.line(f"{plain(gone.name)} no longer reads {gone.scope}{delivered(gone.reached)}")
    if gone.is_guest:
        frame.output.say(
            f"they are still a guest in the team; to remove them: envlsp access revoke {gone.exposure.id}"
        )
    else:
        frame.output.say("they are still in the team, and in every other scope they were in")
    for line in left_to_change(gone.exposure):
        frame.output.say(line)


def show_new_keys(frame: Frame, made: NewKeys) -> None:
    """Print of what there is a new key."""
    if frame.json:
        frame.output.document(new_keys_fields(made))
    else:
        again = f"{count(made.again, 'release')} encrypted again"
        frame.output.line(f"new key of {', '.join(made.scopes)}; {again}{delivered(made.reached)}")
    if made.left:
        frame.output.say(f"{count(made.left, 'scope')} kept their key: you may not write there")


def show_scopes(frame: Frame, scopes: Sequence[ScopeInfo]) -> None:
    """Print who reads which private project and restricted environment."""
    if not scopes:
        return
    frame.output.line("")
    frame.output.table(map(_row, scopes), ("SCOPE", "", "WHO IS IN IT"))
    for scope in scopes:
        if scope.overruled:
            frame.output.warn(
                f"another one was made first for {scope.name}; nothing is read from the later one"
            )
    frame.output.say(f"the team's admins read every scope: {plain(', '.join(scopes[0].admins))}")


def _row(scope: ScopeInfo) -> tuple[str, ...]:
    return scope.name, scope.kind, ", ".join(map(_member, scope.members)) or "the team's admins alone"


def _member(member: ScopeMember) -> str:
    guest = ", guest" if member.is_guest else ""
    return f"{member.name} ({member.role}{guest})"
