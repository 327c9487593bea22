"""The guide names every verb, and no verb or option that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from envlsp.cli.main import VERBS, Frame, main

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "first-secret.md").read_text()
COMMANDS = sorted(set(re.findall(r"(?m)(?:^|`)envlsp ([a-z][^`\n]*)", GUIDE)))


def test_every_verb_is_in_the_guide() -> None:
    assert {line.split()[0] for line in COMMANDS} == set(VERBS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_option_in_the_guide_exists(line: str) -> None:
    words = line.partition(" -- ")[0].partition(" <")[0].split()
    context = click.Context(main, obj=Frame())
    command: click.Command | None = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(context, words.pop(0))
    assert command is not None
    known = {name for param in command.params for name in param.opts}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known
