"""`envlsp project`: projects that not everybody in the team reads."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier, delivered
from envlsp.cli.environment import offline_option, opened_team
from envlsp.cli.main import Frame
from envlsp.service.verbs.shapes import project_fields


@click.group()
def command() -> None:
    """Make a private project: one with readers of its own."""


@command.command()
@click.argument("name", default="", metavar="[NAME]")
@click.option("--private", is_flag=True, help="Only its own readers, and the team's admins, can read it.")
@offline_option
@click.pass_obj
def create(frame: Frame, name: str, private: bool, offline: bool) -> None:
    """Make a project private, before its first release; by default the one of this folder.

    Nobody but the team's admins reads it until they are let in, with:
    envlsp access grant WHO --project NAME. A project that has releases stays as it is,
    since what was read stays read: clone its environments into a private one.
    """
    from envlsp.service.verbs import scoping

    with opened_team(frame) as (service, opened):
        name = scoping.project_name(frame.cwd, name)
        news = courier(frame, service, opened, offline=offline)
        reached = scoping.make_project(news, opened.team, name, private=private)
    if frame.json:
        frame.output.document(project_fields(name, reached))
        return
    frame.output.line(f"{name} is private now{delivered(reached)}")
    frame.output.say(f"let people in: envlsp access grant WHO --project {name}; {scoping.ADMINS_READ}")
