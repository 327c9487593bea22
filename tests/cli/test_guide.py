"""The guide names every verb, and no page names a verb or option that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from envlsp.cli.main import VERBS, Frame, main

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
PAGES = (*GUIDES.glob("*.md"), ROOT / "README.md", ROOT / "docs" / "threat-model.md")


def commands(page: Path) -> set[str]:
    """Return what follows `envlsp` in the examples of a page, without the remarks behind them."""
    text = page.read_text()
    examples = "".join(re.findall(r"(?ms)^ *```\w*\n(.*?)^ *```", text))
    found = re.findall(r"(?m)^ *(?:\$ )?envlsp ([a-z].*)$", examples) + re.findall(
        r"`envlsp ([a-z][^`\n]*)`", text
    )
    return {re.split(r"\s+#", line)[0].strip() for line in found}


COMMANDS = sorted(set().union(*map(commands, PAGES)))


def test_every_verb_is_in_the_guide() -> None:
    assert {line.split()[0] for line in commands(GUIDES / "first-secret.md")} == set(VERBS)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_option_in_a_guide_exists(line: str) -> None:
    words = line.partition(" -- ")[0].partition(" <")[0].split()
    context = click.Context(main, obj=Frame())
    command: click.Command | None = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(context, words.pop(0))
    assert command is not None
    known = {name for param in command.params for name in param.opts}
    assert {word for word in words if word.startswith("-") and word != "-"} <= known
