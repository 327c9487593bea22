"""Fixes as an editor gets them over the wire: applied as it would, the problem is gone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.lsp_client import BARE, FULL, Editor, span

pytestmark = pytest.mark.slow

CODE = 'import os\nos.environ["SESSION_SECRT"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone as it is right after `git clone`: an example, and no env file."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / ".env.example").write_text("SESSION_SECRET=\n")
    (root / "app.py").write_text(CODE)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return root


def _actions(editor: Editor, uri: str) -> dict[str, Any]:
    problem = editor.wait_for(lambda: editor.about("diagnostic", uri)["items"])[0]
    asked = {"range": problem["range"], "context": {"diagnostics": [problem], "only": ["quickfix"]}}
    return {action["title"]: action for action in editor.about("codeAction", uri, **asked)}


def test_a_misspelled_name_is_changed(folder: Path, home: Path) -> None:
    with Editor(folder, FULL, home=home) as editor:
        code = editor.open("app.py")
        action = _actions(editor, code)["Change to SESSION_SECRET"]
        assert action["isPreferred"]
        assert action["diagnostics"][0]["message"].endswith("did you mean SESSION_SECRET?")
        (change,) = action["edit"]["documentChanges"]
        editor.change(code, {"range": change["edits"][0]["range"], "text": change["edits"][0]["newText"]})
        assert editor.about("diagnostic", code)["items"] == []


def test_an_env_file_is_made_and_git_is_looked_at(folder: Path, home: Path) -> None:
    with Editor(folder, FULL, home=home) as editor:
        code = editor.open("app.py")
        edit = _actions(editor, code)["Create .env with SESSION_SECRT"]["edit"]
        made, filled = edit["documentChanges"]
        uri = editor.uri(".env")
        assert made == {"kind": "create", "uri": uri, "options": {"ignoreIfExists": True}}
        assert filled["textDocument"]["uri"] == uri
        (folder / ".env").write_text(filled["edits"][0]["newText"])
        editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 1}]})
        editor.open(".env")

        def told() -> set[str]:
            return {problem["code"] for problem in editor.about("diagnostic", uri)["items"]}

        editor.wait_for(lambda: "git-exposed" in told())
        assert editor.about("diagnostic", code)["items"] == []


def test_colours_of_a_part(folder: Path, home: Path) -> None:
    (folder / ".env").write_text("A=1\nB=2\nC=3\n")
    with Editor(folder, BARE, home=home) as editor:
        env = editor.open(".env")
        assert "delta" not in str(editor.capabilities["semanticTokensProvider"])
        part = editor.about("semanticTokens/range", env, range=span(1, 0, 1))["data"]
        whole = editor.about("semanticTokens/full", env)["data"]
        assert part[:2] == [1, 0]
        assert len(whole) == 3 * len(part)
