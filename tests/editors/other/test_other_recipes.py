"""Editors that the tests cannot start: their recipe is read, and our server meets what they declare."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.lsp_client import SERVER, Editor
from tests.support.on_screen import found_program
from tests.support.other_clients import HELIX, KAKOUNE, SUBLIME, ZED
from tests.support.processes import Teammate, cast
from tests.support.recipes import recipe, recipes

pytestmark = pytest.mark.slow

SECRET = "planted"
DOTENV = f"""\
# Where the API lives
API_URL=https://{SECRET}.example
TOKEN={SECRET}-token
URL=${{NOBODY}}/v1
"""
CODE = 'import os\n\nurl = os.environ["API_URL"]\ngone = os.environ["NOPE"]\n'


@pytest.fixture(scope="module")
def bob(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teammate]:
    with cast(tmp_path_factory.mktemp("people")) as people:
        bob = people.founder("Bob", DOTENV.encode())
        bob.ok("push", "--offline")
        (bob.shop / "app.py").write_text(CODE)
        yield bob


def as_we_start_it(words: Sequence[str]) -> None:
    """Check that a recipe starts the server by the words that `Editor` starts it by."""
    assert [Path(words[0]).name, *words[1:]] == ["envlsp", *SERVER[3:]]


def problems(editor: Editor, uri: str) -> list[str]:
    """Return the messages of the problems of a document, asked for or told."""
    if "diagnosticProvider" in editor.capabilities:
        rows = editor.about("diagnostic", uri)["items"]
    else:
        told = [one for one in editor.told("textDocument/publishDiagnostics") if one["uri"] == uri]
        rows = told[-1]["diagnostics"] if told else []
    return [row["message"] for row in rows]


def check_code(editor: Editor) -> None:
    """Hover, completion and problems in code."""
    uri = editor.open("app.py")
    editor.wait_for(lambda: any("NOPE" in message for message in problems(editor, uri)))
    hovered = editor.at("hover", uri, 2, 19)
    assert "API_URL" in json.dumps(hovered)
    offered = editor.at("completion", uri, 2, 18)
    assert {"API_URL", "TOKEN"} <= {item["label"] for item in items(offered)}


def check_env(editor: Editor, language: str) -> None:
    """Hover, completion, problems and a command in a `.env` file."""
    uri = editor.open(".env", language=language)
    editor.wait_for(lambda: any("NOBODY" in message for message in problems(editor, uri)))
    assert "API_URL" in json.dumps(editor.at("hover", uri, 1, 3))
    assert "API_URL" in {item["label"] for item in items(editor.at("completion", uri, 3, 6))}
    assert editor.command("envlsp.status", uri=uri)["release"] == "v1"


def items(completion: Any) -> list[dict[str, Any]]:
    """Return the items of either form of an answer."""
    found: list[dict[str, Any]] = completion if isinstance(completion, list) else completion["items"]
    return found


def check_all(bob: Teammate, capabilities: dict[str, Any], language: str | None) -> None:
    """Do all that with a client, and see that no value was told, nor anything that it has not."""
    with Editor(bob.shop, capabilities, home=bob.home, environ=bob.environ()) as editor:
        check_code(editor)
        if language is not None:
            check_env(editor, language)
        assert SECRET not in editor.received.decode()
        assert {method for method, _ in editor.notifications if method.startswith("envlsp/")} == set()


def test_helix(bob: Teammate) -> None:
    config = tomllib.loads(recipe("Helix", "toml"))
    server = config["language-server"]["envlsp"]
    as_we_start_it([server["command"], *server["args"]])
    assert [one["name"] for one in config["language"] if "envlsp" in one["language-servers"]] == [
        "env",
        "python",
    ]
    check_all(bob, HELIX, "env")


def test_zed(bob: Teammate) -> None:
    config = json.loads(recipe("Zed", "json"))
    place = config["languages"]["Python"]["language_servers"][0]
    binary = config["lsp"][place]["binary"]
    as_we_start_it([binary["path"], *binary["arguments"]])
    assert config["redact_private_values"] is True
    check_all(bob, ZED, None)


def test_sublime_text(bob: Teammate) -> None:
    config = json.loads(recipe("Sublime Text", "json"))["envlsp"]
    as_we_start_it(config["command"])
    assert {"text.plain", "source.python"} <= set(config["selector"].split(" | "))
    check_all(bob, SUBLIME, "plaintext")


def test_coc(bob: Teammate) -> None:
    config = json.loads(recipe("Hover, completion and problems", "json", "vim.md"))
    server = config["languageserver"]["envlsp"]
    as_we_start_it([server["command"], *server["args"]])
    assert "env" in server["filetypes"]
    assert (bob.shop / server["rootPatterns"][0]).exists()


def test_kakoune_reads_its_recipe(bob: Teammate) -> None:
    (lines,) = recipes("Kakoune", "text")
    told = bob.folder / "told"
    script = bob.folder / "kakrc"
    # What kakoune-lsp brings: an option and a command.
    stand_in = f"""
declare-option str lsp_servers
define-command lsp-enable-window %{{ echo -to-file '{told}' -- "%opt{{filetype}}%opt{{lsp_servers}}" }}
"""
    script.write_text(stand_in + lines)
    subprocess.run(
        [found_program("kak"), "-n", "-ui", "dummy", "-e", f"source '{script}'; edit .env; quit!"],
        cwd=bob.shop,
        env=bob.environ(),
        check=True,
        timeout=60,
    )
    filetype, _, table = told.read_text().partition("\n")
    assert filetype == "env"
    ((name, server),) = tomllib.loads(table).items()
    as_we_start_it([server.get("command", name), *server["args"]])
    assert "ev.yaml" in server["root_globs"]
    check_all(bob, KAKOUNE, "env")
