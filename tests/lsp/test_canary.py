"""No value of a secret in anything the server says, writes or keeps, but the answers that may carry one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from envlsp.lsp.names import COMMANDS
from tests.support.cast import Actor
from tests.support.lsp_client import FULL, Editor, ServerError, framed, span

pytestmark = pytest.mark.slow

CANARIES = (
    "kanarienvogel-eins",
    "kanarienvogel-zwei",
    "kanarienvogel-drei",
    "kanarienvogel-vier",
    "kanarienvogel-fuenf",
)
ENV = f"""# where it is
API_URL=https://{CANARIES[0]}.test
TOKEN="{CANARIES[1]} $API_URL ${{API_URL}}"
TOKEN={CANARIES[1]}
UNSAFE=a {CANARIES[2]} $x
broken line {CANARIES[2]}
# OLD={CANARIES[2]}
OPEN="{CANARIES[3]}
"""
CODE = 'import os\nos.environ["API_URL"]\nos.getenv("TOKEN")\nos.getenv("NOWHERE")\n'
POSITIONS = [(line, column) for line in range(9) for column in (0, 3, 9, 14)]
ABOUT_PLACES = ("hover", "completion", "definition", "documentHighlight", "prepareRename")
ABOUT_DOCUMENTS = (
    "documentSymbol",
    "foldingRange",
    "documentLink",
    "semanticTokens/full",
    "codeLens",
    "diagnostic",
)


def _ask(editor: Editor, method: str, params: Any) -> Any:
    try:
        return editor.request(method, params)
    except ServerError as error:
        return error


def _everything(editor: Editor, uri: str) -> None:
    """Make every request there is."""
    document = {"textDocument": {"uri": uri}}
    for line, column in POSITIONS:
        place = document | {"position": {"line": line, "character": column}}
        for method in ABOUT_PLACES:
            _ask(editor, f"textDocument/{method}", place)
        _ask(editor, "textDocument/references", place | {"context": {"includeDeclaration": True}})
        _ask(editor, "textDocument/rename", place | {"newName": "OTHER"})
        _ask(editor, "textDocument/selectionRange", document | {"positions": [place["position"]]})
    for method in ABOUT_DOCUMENTS:
        _ask(editor, f"textDocument/{method}", document)
    _ask(editor, "textDocument/inlayHint", document | {"range": span(0, 0, 0, 20)})
    for line in range(9):
        asked = document | {"range": span(line, 0, 5), "context": {"diagnostics": []}}
        _ask(editor, "textDocument/codeAction", asked)
    _ask(editor, "workspace/symbol", {"query": ""})
    _ask(editor, "completionItem/resolve", {"label": "TOKEN", "data": {"place": uri[7:]}})


def _cover(editor: Editor, uri: str) -> None:
    """Type a value in pieces, and take the masks off and put them on: each step is told as masks."""
    editor.command("envlsp.presentation.toggle")  # it was on
    masked = []
    for word in (CANARIES[3], "'", "\\n", ""):
        editor.change(uri, {"range": span(1, 8, 8), "text": word})
        masked.append(editor.command("envlsp.mask.toggle")["masked"])
    editor.wait_for(lambda: any(told["version"] == 5 for told in editor.told("envlsp/masks")))
    assert any(columns for told in editor.told("envlsp/masks") for columns in told["lines"])
    assert set(masked) == {True, False}


def _strangers(editor: Editor) -> None:
    """Say what no editor should, with a value in it."""
    word = CANARIES[4]
    _ask(editor, "textDocument/hover", {"textDocument": word})
    _ask(editor, "textDocument/hover", {"textDocument": {"uri": 1}, "position": word})
    _ask(editor, f"envlsp/{word}", {"value": word})
    _ask(editor, "workspace/executeCommand", {"command": f"envlsp.{word}", "arguments": [{word: word}]})
    _ask(editor, "workspace/executeCommand", {"command": "envlsp.set", "arguments": [{"value": word}]})
    _ask(editor, "workspace/executeCommand", {"command": "envlsp.push", "arguments": [{"uri": [word]}]})
    editor.notify("textDocument/didChange", {"textDocument": {"uri": word}, "contentChanges": word})
    editor.notify(f"$/{word}", {"value": word})
    editor.notify("workspace/didChangeConfiguration", {"settings": {"envlsp": {"hover": {"reveal": word}}}})
    editor.send_bytes(b"Content-Length: 30\r\n\r\n{" + word.encode().ljust(29))


def _leaks(data: bytes) -> list[str]:
    return [word for word in CANARIES if word.encode() in data]


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


@pytest.mark.parametrize("reveals", (False, True))
def test_no_value_leaves_but_where_it_may(alice: Actor, *, reveals: bool) -> None:
    alice.found(f"API_URL=https://{CANARIES[0]}.test\nTOKEN={CANARIES[1]}\n".encode())
    alice.push(message="first")
    alice.close()
    alice.file.write_text(ENV)
    (alice.root / "app.py").write_text(CODE)
    answers = {
        "workspace/configuration": lambda _p: [{"hover": {"reveal": False}}],
        "envlsp/input": lambda _p: {"value": CANARIES[4]},
        "envlsp/pick": lambda params: {"value": params["items"][0]["value"]},
        "window/showMessageRequest": lambda params: params["actions"][0],
    }
    environ = {"ENVLSP_KEY_FILE": str(alice.key_file), "ENVLSP_SIGNALING": ""}
    with Editor(alice.root, FULL, home=alice.home, answers=answers, environ=environ) as editor:
        editor.wait_for(lambda: any(params["projects"] for params in editor.told("envlsp/status")))
        uris = [editor.open(".env", language="dotenv"), editor.open("app.py")]
        for uri in uris:
            _everything(editor, uri)
        team = next(p["team"] for s in editor.told("envlsp/status") for p in s["projects"])
        virtual = f"envlsp://{team}/shop/shop/dev"
        _ask(editor, "workspace/textDocumentContent", {"uri": virtual})
        may_carry = []
        if reveals:
            for command in ("envlsp.reveal", "envlsp.copy"):
                result = editor.command(command, uri=uris[0], name="API_URL")
                assert result == {"name": "API_URL", "value": f"https://{CANARIES[0]}.test", "expires_s": 10}
                may_carry.append(result)
            shown = editor.at("hover", uris[0], 1, 2)
            assert CANARIES[0] in json.dumps(shown)
            may_carry.append(shown)
        assert CANARIES[0] not in json.dumps(editor.at("hover", uris[0], 1, 2))
        for command in COMMANDS:
            if command not in ("envlsp.reveal", "envlsp.copy", "envlsp.join", "envlsp.invite", "envlsp.sync"):
                editor.notify("$/setTrace", {"value": "verbose"})
                argument = {"uri": uris[0], "name": "FRESH", "offline": True}
                _ask(editor, "workspace/executeCommand", {"command": command, "arguments": [argument]})
        for uri in uris:
            _everything(editor, uri)
        _cover(editor, uris[0])
        _strangers(editor)
        cmdline = Path(f"/proc/{editor.process.pid}/cmdline").read_bytes()
        assert editor.stop() == 0
    received = bytes(editor.received)
    for text in {json.dumps(result, separators=(",", ":")).encode() for result in may_carry}:
        assert text in received
        received = received.replace(text, b"")
    assert _leaks(received) == []
    assert {"envlsp/masks", "envlsp/status"} <= {method for method, _ in editor.notifications}
    assert _leaks(bytes(editor.stderr)) == []
    assert _leaks(cmdline) == []
    assert [path for path, data in _files(alice.home) if _leaks(data)] == []


def test_the_test_would_notice(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"A={CANARIES[0]}\n")
    with Editor(tmp_path, FULL, home=home) as editor:
        uri = editor.open(".env")
        assert CANARIES[0] in json.dumps(editor.at("hover", uri, 0, 4))
    assert _leaks(bytes(editor.received)) == [CANARIES[0]]
    assert _leaks(framed({"text": CANARIES[1]})) == [CANARIES[1]]
