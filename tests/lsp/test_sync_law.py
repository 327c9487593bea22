"""Whatever is typed, server and editor have the same text: held against a model, through the wire."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from envlsp.ide.positions import Encoding
from envlsp.ide.text import split_lines
from tests.support.lsp_client import FULL, Editor, span

pytestmark = pytest.mark.slow

PIECES = ("A", "=", "1", "é", "😀", "e\u0301", "\n", "\r\n", "\r", "#", " ", "${A}", '"', "\u2028", "")
ENCODINGS = {"utf-8": Encoding.UTF8, "utf-16": Encoding.UTF16, "utf-32": Encoding.UTF32}


def _units(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.UTF32:
        return len(text)
    return len(text.encode("utf-8" if encoding is Encoding.UTF8 else "utf-16-le")) // (
        1 if encoding is Encoding.UTF8 else 2
    )


def _place(text: str, index: int, encoding: Encoding) -> dict[str, int]:
    """Return the position of a code point, the way an editor counts."""
    line, start = 0, 0
    for part in split_lines(text):
        if start + len(part) > index or (start + len(part) == index and not part.endswith(("\n", "\r"))):
            break
        line, start = line + 1, start + len(part)
    return {"line": line, "character": _units(text[start:index], encoding)}


def _is_between_crlf(text: str, index: int) -> bool:
    return text[max(index - 1, 0) : index + 1] == "\r\n"


@pytest.mark.parametrize("name", tuple(ENCODINGS))
def test_incremental_changes_give_the_text_that_the_editor_has(tmp_path: Path, home: Path, name: str) -> None:
    encoding, chance = ENCODINGS[name], random.Random(name)
    capabilities = FULL | {"general": {"positionEncodings": [name]}}
    with Editor(tmp_path, capabilities, home=home) as editor:
        assert editor.capabilities["positionEncoding"] == name
        text = "A=1\r\nB=😀\n"
        uri = editor.open(".env", text)
        for round_ in range(60):
            changes: list[dict[str, Any]] = []
            for _ in range(chance.randint(1, 4)):
                start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
                end = min(end, start + 6)
                if _is_between_crlf(text, start) or _is_between_crlf(text, end):
                    continue  # no position of an editor is there
                new = "".join(chance.choices(PIECES, k=chance.randint(0, 5)))
                where = {"start": _place(text, start, encoding), "end": _place(text, end, encoding)}
                changes.append({"range": where, "text": new})
                text = text[:start] + new + text[end:]
            editor.change(uri, *changes)
            if round_ % 10 == 9:
                fresh = editor.open(".env.fresh", text)
                for method in ("semanticTokens/full", "documentSymbol", "diagnostic"):
                    assert _about(editor, method, uri) == _about(editor, method, fresh)
                editor.notify("textDocument/didClose", {"textDocument": {"uri": fresh}})


def _about(editor: Editor, method: str, uri: str) -> str:
    """Return what is said of a document, but for its own name and the answer's."""
    found = editor.about(method, uri)
    if isinstance(found, dict):
        found.pop("resultId", None)
    return str(found).replace(uri, "")


def test_changes_that_point_nowhere_are_survived(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, FULL, home=home) as editor:
        uri = editor.open(".env", "A=1\nB=2\n")
        for where in (span(99, 5, 7), span(0, 99, 99), span(1, 3, 1, 0), span(0, 0, 0, 1_000_000)):
            editor.change(uri, {"range": where, "text": "C=3\n"})
        editor.change(uri, {"range": {"start": {"line": -1, "character": 0}, "end": {}}, "text": "x"})
        editor.change(uri, {"text": "ONLY=1\n"})
        assert [symbol["name"] for symbol in editor.about("documentSymbol", uri)] == ["ONLY"]
        editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        editor.change(uri, {"text": "GONE=1\n"})
        assert editor.about("documentSymbol", uri) == []


@pytest.mark.parametrize("name", tuple(ENCODINGS))
def test_columns_count_what_was_agreed(tmp_path: Path, home: Path, name: str) -> None:
    text = 'import os\nx = "😀é" + os.environ["NAME"]\n'
    start = _units('x = "😀é" + os.environ["', ENCODINGS[name])
    (tmp_path / ".env").write_text("NAME=1\n")
    capabilities = FULL | {"general": {"positionEncodings": ["utf-7", name]}}
    with Editor(tmp_path, capabilities, home=home) as editor:
        uri = editor.open("app.py", text)
        editor.wait_for(lambda: editor.at("definition", uri, 1, start + 2))
        found = editor.at("hover", uri, 1, start + 2)
        assert found["range"] == span(1, start, start + 4)
        edit = editor.at("rename", uri, 1, start, newName="OTHER")
        assert editor.uri(".env") in str(edit)
