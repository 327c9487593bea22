"""`envlsp env`: the environments of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from envlsp.cli.delivery import Courier, delivered
from envlsp.cli.environment import offline_option
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near, when
from envlsp.cli.words import count, typed

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
    from envlsp.service.environments import create_environment

    target = name if ":" in name else f":{name}"
    with frame.service() as service:
        here = service.open(frame.cwd, target)
        courier = Courier(frame, service, here, offline=offline)
        courier.fetch()
        create_environment(here.team, here.context.triple, typed(message))
        reached = courier.deliver()
        triple, path = here.context.triple, here.context.file
    if frame.json:
        fields = {"project": triple.project, "app": triple.app, "env": triple.env, "file": str(path)}
        frame.output.document({**fields, "reached": reached})
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
        frame.output.document({"environments": [_fields(info) for info in found]})
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


def _fields(info: EnvironmentInfo) -> dict[str, Any]:
    return {
        "project": info.triple.project,
        "app": info.triple.app,
        "env": info.triple.env,
        "file": str(info.path) if info.path else None,
        "release": info.release.label if info.release else None,
        "names": info.names,
        "archived": info.archived,
    }
