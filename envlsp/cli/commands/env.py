"""`envlsp env`: the environments of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import offline_option
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near, when
from envlsp.cli.words import count, typed
from envlsp.service.verbs.shapes import cloned_fields, created_fields, environments_fields

if TYPE_CHECKING:
    from envlsp.service.results import EnvironmentInfo


@click.group()
def command() -> None:
    """List environments, create one, or make one of another."""


@command.command()
@click.argument("name", metavar="[APP:]NAME")
@click.option("-m", "--message", default="", metavar="TEXT", help="What it is for.")
@click.option("--restricted", is_flag=True, help="Only its own readers, and the team's admins, can read it.")
@offline_option
@click.pass_obj
def create(frame: Frame, name: str, message: str, restricted: bool, offline: bool) -> None:
    """Create an environment, still without a release.

    A restricted one is read by nobody but the team's admins until they are let in:
    envlsp access grant WHO --env NAME. That cannot be had later for one that has releases,
    since what was read stays read: see envlsp env clone.
    """
    from envlsp.service.verbs import beginning

    with frame.service() as service:
        here = service.open(frame.cwd, beginning.environment_word(name))
        (context, reached, doubtful) = beginning.create(
            courier(frame, service, here, offline=offline), here, typed(message), restricted=restricted
        )
        triple, path = context.triple, context.file
    if frame.json:
        frame.output.document(created_fields(triple, str(path), reached))
    else:
        frame.output.line(f"{triple}  {near(path, frame.cwd)}{delivered(reached)}")
        if doubtful:
            frame.output.warn(beginning.IN_DOUBT.format(triple=triple))
        if restricted:
            let_in = f"envlsp access grant WHO --env {triple.app}:{triple.env}"
            frame.output.say(f"let people in: {let_in}; the team's admins read it too")


@command.command()
@click.argument("source", metavar="[APP:]ENV")
@click.argument("name", metavar="[APP:]NAME")
@click.option("--restricted", is_flag=True, help="Only its own readers, and the team's admins, can read it.")
@offline_option
@click.pass_obj
def clone(frame: Frame, source: str, name: str, restricted: bool, offline: bool) -> None:
    """Make an environment that holds what another one holds now.

    Its history begins there. With --restricted it is the way from an environment that
    everybody reads to one that few do; whoever could read the old one knows the values.
    """
    from envlsp.service.verbs import beginning, scoping

    with frame.service() as service:
        here = service.open(frame.cwd, beginning.environment_word(source))
        target = scoping.clone_target(service, frame.cwd, here, name)
        news = courier(frame, service, here, offline=offline)
        made, reached = scoping.clone(news, here, target.triple, frame.talk, restricted=restricted)
        path = target.file
    if frame.json:
        frame.output.document(cloned_fields(made, str(path), reached))
    else:
        names = count(made.names, "name")
        frame.output.line(f"{made.target}  {made.release.label}, {names}{delivered(reached)}")
        frame.output.say(f"to have the file: envlsp pull {made.target.app}:{made.target.env}")
    if made.narrower:
        frame.output.say(scoping.still_known(made))


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
        _marks(info),
    )


def _marks(info: EnvironmentInfo) -> str:
    """Return what is special about an environment: who reads it, and that it was put away."""
    names = info.scope.split("/")
    readers = "restricted" if len(names) > 1 else "private" if info.scope else ""
    shut = "not yours to read" if info.role in ("nobody", "guest") else ""
    return ", ".join(word for word in (readers, shut, "archived" if info.archived else "") if word)
