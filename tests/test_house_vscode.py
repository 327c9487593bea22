"""The extension for VS Code: its manifest is about the same commands and settings as the server."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from envlsp.domain.secret import MASK
from envlsp.ide.masks import SEEN_AT_MOST
from envlsp.ide.settings import DEFAULTS
from envlsp.lsp.names import COMMANDS

VSCODE = Path(__file__).resolve().parents[1] / "editors" / "vscode"


@cache
def contributions() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VSCODE / "package.json").read_text())["contributes"]
    return found


def test_every_command_of_the_server_is_in_the_palette() -> None:
    listed = [row["command"] for row in contributions()["commands"]]
    verbs = {name for name in listed if not name.startswith("envlsp.ui.")}
    assert verbs == set(COMMANDS) - {"envlsp.save"}  # that is what saving a document does
    assert len(listed) == len(set(listed))


def test_every_setting_has_the_default_of_the_server() -> None:
    offered = contributions()["configuration"]["properties"]
    assert {name.removeprefix("envlsp.") for name in offered} == {*DEFAULTS, "path"}
    for name, default in DEFAULTS.items():
        shown = default if isinstance(default, bool) else sorted(default)
        assert offered[f"envlsp.{name}"]["default"] == shown, name


def test_no_workspace_says_which_program_runs() -> None:
    assert contributions()["configuration"]["properties"]["envlsp.path"]["scope"] == "machine"


def test_before_the_server_answers_a_line_is_shown_by_its_rule() -> None:
    assert json.loads((VSCODE / "src" / "rules.json").read_text()) == {
        "mask": MASK,
        "seenAtMost": SEEN_AT_MOST,
    }


def test_menus_and_links_name_commands_that_exist() -> None:
    listed = {row["command"] for row in contributions()["commands"]}
    rows = [row for menu in contributions()["menus"].values() for row in menu]
    assert {row["command"] for row in rows} <= listed
    said = (VSCODE / "src" / "hover.ts").read_text().partition("const LINKS = [")[2].partition("]")[0]
    assert {name.strip(" '") for name in said.split(",")} == {"envlsp.reveal", "envlsp.copy"} <= listed


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (VSCODE / "package-lock.json").read_text()
