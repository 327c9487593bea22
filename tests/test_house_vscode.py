"""The extension for VS Code: its manifest is about the same commands and settings as the server."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from envlsp.ide.settings import DEFAULTS
from envlsp.lsp.names import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
VSCODE = ROOT / "editors" / "vscode"


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


def test_every_setting_is_told_as_on_its_page() -> None:
    page = " ".join((ROOT / "docs" / "settings.md").read_text().split())
    for name, row in contributions()["configuration"]["properties"].items():
        if name != "envlsp.path":
            assert f"## {name} {row['markdownDescription']} It is" in page


def test_no_workspace_says_which_program_runs() -> None:
    assert contributions()["configuration"]["properties"]["envlsp.path"]["scope"] == "machine"


def test_no_workspace_lets_a_value_be_seen_or_shared() -> None:
    """A repository brings `.vscode/settings.json` along; a list of its own would take the place of yours."""
    offered = contributions()["configuration"]["properties"]
    own = {name for name, row in offered.items() if row["scope"] == "window"}
    assert own == {
        "envlsp.codeLens.enabled",
        "envlsp.inlayHints.enabled",
        "envlsp.diagnostics.enabled",
        "envlsp.diagnostics.unused",
        "envlsp.diagnostics.ignore",
    }
    assert {row["scope"] for name, row in offered.items() if name not in own} == {"application", "machine"}


def test_the_walkthrough_links_to_what_there_is() -> None:
    listed = {row["command"] for row in contributions()["commands"]}
    texts = [step["description"] for tour in contributions()["walkthroughs"] for step in tour["steps"]]
    texts += [row["contents"] for row in contributions()["viewsWelcome"]]
    linked = {name for text in texts for name in re.findall(r"command:([\w.]+)", text)}
    assert {name for name in linked if name.startswith("envlsp.")} <= listed
    for step in contributions()["walkthroughs"][0]["steps"]:
        assert (VSCODE / step["media"]["markdown"]).exists()


def test_menus_and_links_name_commands_that_exist() -> None:
    listed = {row["command"] for row in contributions()["commands"]}
    rows = [row for menu in contributions()["menus"].values() for row in menu]
    assert {row["command"] for row in rows} <= listed
    said = (VSCODE / "src" / "hover.ts").read_text().partition("const LINKS = [")[2].partition("]")[0]
    assert {name.strip(" '") for name in said.split(",")} == {"envlsp.reveal", "envlsp.copy"} <= listed


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (VSCODE / "package-lock.json").read_text()
