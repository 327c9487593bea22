"""The plug-in for Vim: its commands are the server's."""

from __future__ import annotations

import re
from pathlib import Path

from envlsp.lsp.names import COMMANDS

EDITORS = Path(__file__).resolve().parents[1] / "editors"


def test_verbs_are_commands_of_the_server() -> None:
    said = re.findall(r"\bcommand: '([\w.]+)'", (EDITORS / "vim/autoload/envlsp/verbs.vim").read_text())
    assert len(said) > 25
    assert {f"envlsp.{verb}" for verb in said} <= set(COMMANDS)


def test_vim_and_neovim_have_the_same_commands_with_the_same_words() -> None:
    def told(name: str, note: str) -> list[str]:
        text = re.sub(rf"{note}.*|\bunpack\b", "", (EDITORS / name).read_text())
        return re.findall(r"\w+", text.partition("VERBS")[2].partition(" Push")[2].partition("\n\n")[0])

    vim, neovim = told("vim/autoload/envlsp/verbs.vim", "#"), told("neovim/lua/envlsp/verbs.lua", "--")
    assert "Unlock" in vim
    assert vim == neovim
