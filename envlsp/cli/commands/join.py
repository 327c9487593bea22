"""`envlsp join`: become part of a team by a code that somebody reads out, or by a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from envlsp.cli.main import Frame
from envlsp.cli.output import read_stdin
from envlsp.cli.people import device_option, person_option, who
from envlsp.cli.words import count
from envlsp.errors import BadText, NotInitialised
from envlsp.service.verbs.shapes import join_fields

if TYPE_CHECKING:
    from envlsp.service.context import Project

_CODE_MAX_BYTES = 1024


@click.command()
@click.argument("code", metavar="CODE|LINK|FILE|-")
@person_option
@device_option
@click.option(
    "--signaling",
    multiple=True,
    metavar="URL",
    help="Where to meet; by default what ev.yaml says.  [repeatable]",
)
@click.pass_obj
def command(
    frame: Frame, code: str, person: str | None, device: str | None, signaling: tuple[str, ...]
) -> None:
    """Join a team by the CODE that an admin reads out (- reads it from standard input).

    In a clone of a project, the code must be of that project's team. The words that
    are shown must be the same on both screens. A LINK (envlsp://join#...) works while its
    maker is away: any developer who is online lets you in. A code of `envlsp device add` makes this
    machine another device of yours. On a machine without a network, FILE is an admin's
    answer to `envlsp request`.
    """
    from envlsp.service.config import signaling_servers
    from envlsp.service.joining.joining import check_code, join
    from envlsp.service.joining.links import is_link

    welcome = Path(code)
    project = _project(frame)
    with frame.service() as service:
        if not is_link(code) and welcome.is_file():
            from envlsp.service.verbs.carrying import join_by

            result = join_by(service, project, welcome, frame.talk)
        else:
            config = project.config if project else None
            servers = signaling or signaling_servers(config, service.environ)
            typed = _code(code)
            check_code(typed)
            result = join(service, project, typed, who(frame, person, device), servers)
    if frame.json:
        frame.output.document(join_fields(result))
        return
    verb = "this machine is another device of yours in" if result.is_own_device else "joined"
    members = count(result.members, "member")
    frame.output.line(f"{verb} {result.inviter}'s team of {members}, {result.team}")
    frame.output.say("get the secrets: envlsp pull" if project else "in a clone of a project: envlsp pull")


def _code(text: str) -> str:
    if text != "-":
        return text
    try:
        return read_stdin("the code", limit_bytes=_CODE_MAX_BYTES).decode().strip()
    except UnicodeDecodeError:
        raise BadText("that is no invitation code", fix="ask for it again: envlsp invite") from None


def _project(frame: Frame) -> Project | None:
    from envlsp.service.context import open_project

    try:
        return open_project(frame.cwd)
    except NotInitialised:
        return None
