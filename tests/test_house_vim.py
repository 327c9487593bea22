"""The plug-in for Vim: its commands are the server's."""

from __future__ import annotations

import re
from pathlib import Path

from envlsp.lsp.names import COMMANDS

VIM = Path(__file__).resolve().parents[1] / "editors" / "vim"


def test_verbs_are_commands_of_the_server() -> None:
    said = re.findall(r"commands\.Run\('([\w.]+)'", (VIM / "plugin" / "envlsp.vim").read_text())
    assert len(said) > 10
    assert {f"envlsp.{verb}" for verb in said} <= set(COMMANDS)
