"""Write docs/cli.md from what `--help` says; with `--check`, only say whether it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from envlsp.cli.main import VERBS, main

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
INTRO = """\
# The command line

Written by `make docs` from the program's own help: edit the help, not this page.

Data goes to stdout, everything else to stderr.
With `--json`, a verb that prints data prints one JSON object with a `schema` field.
A failure is one line of cause and one line `fix: <command>`.

| exit code | means |
|---|---|
| 0 | done |
| 1 | it failed in a way that has no number of its own |
| 2 | wrong usage, or a configuration that is not valid |
| 3 | no team here yet |
| 4 | this device's key is locked |
| 5 | no access |
| 6 | a conflict: two releases disagree, or local changes would be lost |
| 7 | nobody can be reached |
| 8 | too old: fresher records exist or are required |
| 9 | verification failed |
| 10 | a leak was found |

`run` ends with the exit code of the program it ran.
"""


def page() -> str:
    """Return the whole page."""
    top = click.Context(
        main,
        info_name="envlsp",
        help_option_names=["-h", "--help"],
        max_content_width=100,
        terminal_width=100,
    )
    parts = [INTRO, _section(main, top, "envlsp")]
    for verb in VERBS:
        command = main.get_command(top, verb)
        assert command is not None
        parts += list(_sections(command, top, f"envlsp {verb}"))
    return "\n".join(parts)


def _sections(command: click.Command, parent: click.Context, title: str) -> Iterator[str]:
    context = click.Context(
        command, parent=parent, info_name=title.rpartition(" ")[2], max_content_width=100, terminal_width=100
    )
    yield _section(command, context, title)
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from _sections(sub, context, f"{title} {name}")


def _section(command: click.Command, context: click.Context, title: str) -> str:
    return f"## {title}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = not PAGE.exists() or PAGE.read_text() != page()
        sys.exit("docs/cli.md is stale: run make docs" if stale else 0)
    PAGE.write_text(page())
