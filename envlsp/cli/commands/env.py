"""`envlsp env`: the environments of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import offline_option
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near, when
from envlsp.cli.words import count, typed
from envlsp.service.verbs.shapes import created_fields, environments_fields

if TYPE_CHECKING:
    from envlsp.service.results import EnvironmentInfo


@click.group()
def command() -> None:
    """List environments, or create one."""


@command.command()
@click.argument("name", metavar="[APP:]NAME")
@click.option("-m", "--message", default="", metavar="TEXT", help="What it is for.")
@offline_option
@click.pass_obj
def create(frame: Frame, name: str, message: str, offline: bool) -> None:
    """Create an environment, still without a release."""
    from envlsp.service.verbs import beginning

    with frame.service() as service:
        here = service.open(frame.cwd, beginning.environment_word(name))
        (context, reached) = beginning.create(
            courier(frame, service, here, offline=offline), here, typed(message)
        )
        triple, path = context.triple, context.file
    if frame.json:
        frame.output.document(created_fields(triple, str(path), reached))
    else:
        frame.output.line(f"{triple}  {near(path, frame.cwd)}{delivered(reached)}")


@command.command("list")
@click.pass_obj
def list_(frame: Frame) -> None:
    """List the environments of this project."""
    from envlsp.service.context import open_project
    from envlsp.service.environments import list_environments

    with frame.service() as service:
        team = service.open_team(frame.cwd).team
        found = list_environments(team, open_project(frame.cwd))
    if frame.json:
        frame.output.document(environments_fields(found))
    else:
        rows = (_row(frame, info) for info in found)
        frame.output.table(rows, ("ENVIRONMENT", "FILE", "RELEASE", "NAMES", ""))


def _row(frame: Frame, info: EnvironmentInfo) -> tuple[str, ...]:
    release, path = info.release, near(info.path, frame.cwd) if info.path else ""
    newest = f"{release.label} by {release.author}, {when(release.ts)}" if release else "no release yet"
    return (
        f"{info.triple.app}:{info.triple.env}",
        path,
        newest,
        count(info.names, "name"),
        "archived" if info.archived else "",
    )
