"""`envlsp run`: a program with the secrets in its environment, and nowhere else.

The program takes this process's place, so signals, the terminal and the exit code are
its own, and no value is ever written down.
"""

from __future__ import annotations

import os

import click

from envlsp.cli.environment import environment_words, opened
from envlsp.cli.freshness import max_age_option
from envlsp.cli.launch import environment, launch
from envlsp.cli.main import Frame
from envlsp.cli.reading import local_option, read
from envlsp.errors import UsageError


class _Run(click.Command):
    """Takes the program's words aside before options are looked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split at the first `--`; without one, at the first word that is no option."""
        if "--" in args:
            at = args.index("--")
            args, ctx.meta["program"] = args[:at], args[at + 1 :]
        else:
            ctx.allow_interspersed_args = False
            ctx.allow_extra_args = True
        return super().parse_args(ctx, args)


@click.command(cls=_Run, options_metavar="[OPTIONS]")
@environment_words
@local_option
@max_age_option
@click.option("--no-override", is_flag=True, help="Variables that are set already stay as they are.")
@click.pass_context
def command(
    context: click.Context,
    target: str | None,
    env: str | None,
    local: bool,
    max_age: str,
    no_override: bool,
) -> int:
    """Run a program with the secrets in its environment: envlsp run [APP:ENV] -- PROGRAM ...

    Secrets win over variables that are set already. The exit code is the program's;
    127 where there is no such program, 126 where it cannot be started. It asks nobody
    on the network; --max-age stops it where the last sync is too long ago.
    """
    frame = context.ensure_object(Frame)
    program: list[str] = context.meta.get("program", [])
    if "program" not in context.meta and target is not None:
        program, target = [target, *context.args], None
    if not program:
        raise UsageError("which program?", fix="envlsp run -- PROGRAM ...")
    with opened(frame, target, env) as here:
        reading = read(frame, here, local=local, max_age=max_age)
        if reading.conflicts:
            from envlsp.service.sides import told_of

            raise told_of(here.team, here.context, reading.conflicts)
    return launch(program, environment(reading.values, os.environ, override=not no_override))
