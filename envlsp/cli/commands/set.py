"""`envlsp set`: give one name a value, in a release of its own.

The value comes from standard input or a hidden question, never from the words of the
command: those end up in the shell's history and in every process list.
"""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import env_option, offline_option, opened
from envlsp.cli.made import tell_file
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.cli.values import read_value
from envlsp.domain.secret import is_secret_name
from envlsp.errors import BadText, UsageError
from envlsp.service.verbs.shapes import made_fields


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("name")
@env_option
@offline_option
@click.pass_context
def command(
    context: click.Context,
    name: str,
    env: str | None,
    offline: bool,
) -> None:
    """Give NAME a value and make a release of it; the value is read from standard input.

    On a terminal the value is asked for and not shown. One newline at its end is
    dropped. A file without local edits is brought along.
    """
    from envlsp.service.access.removal import is_removed, removed
    from envlsp.service.pushing import set_value

    _refuse_values(name, context.args)
    frame = context.ensure_object(Frame)
    with opened(frame, None, env) as here:
        if is_removed(here.team.replica):  # before somebody types a secret for nothing
            raise removed(here.team.replica)
        value = read_value(frame, name)
        made, reached = courier(frame, here.service, here.opened, offline=offline).release(
            lambda: set_value(here.team, here.context, name, value)
        )
        file = near(here.context.file, frame.cwd)
    if frame.json:
        frame.output.document(made_fields(made, reached))
    elif made.made:
        frame.output.line(f"{made.release.label}  set {name}{delivered(reached)}")
    else:
        frame.output.line(f"{name} has that value already, in {made.release.label}")
    tell_file(frame, made, file)


def _refuse_values(name: str, extra: list[str]) -> None:
    """Refuse words that may be a value, without repeating one of them."""
    if extra or "=" in name:
        raise UsageError(
            "a value is never typed on the command line, where other programs can read it",
            fix="envlsp set NAME, then type the value, or: envlsp set NAME < FILE",
        )
    if not is_secret_name(name):
        raise BadText("a name has letters, digits, '_', '.' or '-', at most 128", fix="envlsp set NAME")
