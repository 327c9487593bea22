"""`envlsp diff`: the names on which two releases, or a release and the file, differ.

A value shows as a mask and four hex digits, equal where values are equal, unless it
was asked for with `--reveal`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from envlsp.cli.environment import env_option, opened
from envlsp.cli.main import Frame
from envlsp.cli.output import Style, paint
from envlsp.cli.words import plain
from envlsp.domain.secret import MASK
from envlsp.service.verbs.shapes import change_fields

if TYPE_CHECKING:
    from envlsp.domain.secret import SecretText
    from envlsp.service.results import DiffLine

_STYLES: dict[str, Style] = {"+": "green", "-": "red", "~": "yellow"}


@click.command()
@click.argument("releases", required=False, default="", metavar="[A[..B]]")
@env_option
@click.option("--reveal", is_flag=True, help="Show the values.")
@click.pass_obj
def command(
    frame: Frame,
    releases: str,
    env: str | None,
    reveal: bool,
) -> None:
    """Show the names on which two sides differ: v1..v2, or v1 and the file.

    Without words: the newest release and the file.
    """
    from envlsp.service.comparing import diff

    with opened(frame, None, env) as here:
        result = diff(here.team, here.context, releases)
    if frame.json:
        changes = [_fields(line, reveal=reveal) for line in result.lines]
        frame.output.document({"old": result.old, "new": result.new, "changes": changes})
        return
    if not result.lines:
        frame.output.say(f"no differences between {result.old} and {result.new}")
        return
    frame.output.line(paint(f"{result.old} → {result.new}", "bold", sys.stdout))
    width = max(len(line.name) for line in result.lines)
    for line in result.lines:
        text = f"{_sign(line)} {plain(line.name):{width}}  {_sides(line, reveal=reveal)}"
        frame.output.line(paint(text, _STYLES[_sign(line)], sys.stdout))


def _sign(line: DiffLine) -> str:
    return "+" if line.old is None else "-" if line.new is None else "~"


def _sides(line: DiffLine, *, reveal: bool) -> str:
    sides = ((line.old, line.old_mark), (line.new, line.new_mark))
    return " → ".join(_shown(value, mark, reveal=reveal) for value, mark in sides if value is not None)


def _shown(value: SecretText, mark: str, *, reveal: bool) -> str:
    # As a literal of Python: one line, whatever the value holds.
    return repr(value.reveal_text()) if reveal else f"{MASK} {mark}".rstrip()


def _fields(line: DiffLine, *, reveal: bool) -> dict[str, Any]:
    fields = change_fields(line)
    if reveal:
        fields["old"] = line.old.reveal_text() if line.old is not None else None
        fields["new"] = line.new.reveal_text() if line.new is not None else None
    return fields
