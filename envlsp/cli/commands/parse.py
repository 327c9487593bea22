"""`envlsp parse`: what a loader reads in a `.env` file. Needs no team and no key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from envlsp.cli.main import Frame
from envlsp.cli.output import STDIN_MAX_BYTES, read_stdin
from envlsp.cli.words import count
from envlsp.domain.secret import MASK
from envlsp.errors import BadText


@click.command()
@click.argument("file")
@click.option(
    "--dialect",
    type=click.Choice(["node", "python"]),
    default="node",
    show_default=True,
    help="Whose rules: dotenv and dotenv-expand, or python-dotenv.",
)
@click.pass_obj
def command(frame: Frame, file: str, dialect: str) -> None:
    """Show the names and problems of FILE (- for standard input); with --json, the values too."""
    from envlsp.service.parse_report import parse_report

    # A shell sets `_` to the command it starts: ours, not the program that would load the file.
    environ = {name: value for name, value in os.environ.items() if name != "_"}
    report = parse_report(_read(file), dialect, environ)
    if frame.json:
        frame.output.document({key: report[key] for key in ("values", "problems")})
    else:
        _show(frame, report)


def _read(file: str) -> bytes:
    if file == "-":
        return read_stdin("the file")
    with Path(file).open("rb") as stream:
        data = stream.read(STDIN_MAX_BYTES + 1)
    if len(data) > STDIN_MAX_BYTES:
        raise BadText(f"{file} is larger than {STDIN_MAX_BYTES // 1024} KiB", fix="give another file")
    return data


def _show(frame: Frame, report: dict[str, Any]) -> None:
    frame.output.table(((name, MASK) for name in report["values"]), ("NAME", "VALUE"))
    for problem in report["problems"]:
        frame.output.warn(f"line {problem['line']}: {problem['message']} ({problem['code']})")
    frame.output.say(f"{count(len(report['values']), 'name')}, {count(len(report['problems']), 'problem')}")
