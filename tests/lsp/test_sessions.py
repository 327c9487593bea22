"""A whole session with an editor that can do everything, and with one that says nothing of itself."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import converters, types

from tests.support.lsp_client import BARE, FULL, Editor, span

pytestmark = pytest.mark.slow

ENV = "# Where the API lives.\nAPI_URL=https://a.test\nB=${API_URL}/b\nB=2\n"
CODE = 'import os\nos.environ["API_URL"]\nos.environ["NOWHERE"]\n'
TYPED = "const a = process.env.API_URL;\nconst { B } = process.env;\nprocess.env.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "a #project"  # a name that must be escaped
    root.mkdir()
    (root / ".env").write_text(ENV)
    (root / "app.py").write_text(CODE)
    (root / "app.ts").write_text(TYPED)
    return root


def _ready(editor: Editor, code: str) -> None:
    editor.wait_for(
        lambda: len(editor.at("references", code, 1, 14, context={"includeDeclaration": True})) == 4
    )


@pytest.mark.parametrize("capabilities", (FULL, BARE), ids=("full", "bare"))
def test_the_same_questions_have_the_same_answers(
    folder: Path, home: Path, capabilities: Mapping[str, Any]
) -> None:
    with Editor(folder, capabilities, home=home) as editor:
        env, code, typed = editor.open(".env"), editor.open("app.py"), editor.open("app.ts")
        _ready(editor, code)
        assert "Where the API lives." in editor.at("hover", code, 1, 14)["contents"]["value"]
        assert editor.at("definition", typed, 0, 25) == [{"uri": env, "range": span(1, 0, 7)}]
        labels = [item["label"] for item in editor.at("completion", typed, 2, 12)["items"]]
        assert labels == ["API_URL", "B"]
        assert editor.at("documentHighlight", env, 1, 2)
        assert editor.about("foldingRange", env) == []
        assert editor.about("semanticTokens/full", env)["data"][:5] == [0, 0, 22, 2, 0]
        assert editor.request("workspace/symbol", {"query": "api"})[0]["name"] == "API_URL"
        renamed = editor.at("rename", typed, 0, 25, newName="API")
        assert sum(str(renamed).count(f"'newText': {new!r}") for new in ("API",)) == 4
        selection = editor.about("selectionRange", env, positions=[{"line": 1, "character": 2}])
        assert selection[0]["range"] == span(1, 0, 7)
        listed = editor.at("completion", typed, 2, 12)
        first = {"data": listed.get("itemDefaults", {}).get("data")} | listed["items"][0]
        resolved = editor.request("completionItem/resolve", first)
        written = resolved["documentation"]
        assert isinstance(written, str) is (capabilities is BARE)  # who names no format gets the plainest
        assert "Where the API lives." in str(written)


def test_an_editor_that_can_do_everything_gets_it(folder: Path, home: Path) -> None:
    with Editor(folder, FULL, home=home) as editor:
        env, code = editor.open(".env"), editor.open("app.py")
        _ready(editor, code)
        assert editor.at("hover", code, 1, 14)["contents"]["kind"] == "markdown"
        assert editor.at("completion", code, 1, 14)["itemDefaults"]["editRange"] == span(1, 12, 19)
        report = editor.about("diagnostic", code)
        assert [problem["code"] for problem in report["items"]] == ["undefined-name"]
        same = editor.about("diagnostic", code, previousResultId=report["resultId"])
        assert same == {"kind": "unchanged", "resultId": report["resultId"]}
        editor.change(env, {"range": span(3, 0, 0), "text": "NOWHERE=1\n"})
        assert editor.about("diagnostic", code, previousResultId=report["resultId"])["items"] == []
        assert editor.told("textDocument/publishDiagnostics") == []
        edit = editor.at("rename", code, 1, 14, newName="API")["documentChanges"]
        assert {change["textDocument"]["uri"]: change["textDocument"]["version"] for change in edit} == {
            env: 2,
            code: 1,
            editor.uri("app.ts"): None,
        }
        assert editor.about("documentSymbol", env)[0]["selectionRange"] == span(1, 0, 7)
        assert editor.at("prepareRename", code, 1, 14) == span(1, 12, 19)
        problem = next(p for p in editor.about("diagnostic", env)["items"] if p["code"] == "duplicate-name")
        assert problem["relatedInformation"][0]["location"]["uri"] == env
        asked = {"range": problem["range"], "context": {"diagnostics": [problem]}}
        actions = editor.about("codeAction", env, **asked)
        assert any(action.get("edit") for action in actions)
        watched = editor.asked("client/registerCapability")
        assert {r["method"] for params in watched for r in params["registrations"]} == {
            "workspace/didChangeWatchedFiles",
            "workspace/didChangeConfiguration",
        }


def test_an_editor_that_says_nothing_gets_nothing_it_cannot_take(folder: Path, home: Path) -> None:
    with Editor(folder, BARE, home=home) as editor:
        env, code = editor.open(".env"), editor.open("app.py")
        _ready(editor, code)
        assert editor.capabilities["positionEncoding"] == "utf-16"
        assert "diagnosticProvider" not in editor.capabilities
        assert editor.capabilities["renameProvider"] is True
        assert editor.capabilities["codeActionProvider"] is True
        hover = editor.at("hover", code, 1, 14)["contents"]
        assert hover["kind"] == "plaintext"
        assert "`" not in hover["value"]
        assert "*" not in hover["value"]
        completion = editor.at("completion", code, 1, 14)
        assert "itemDefaults" not in completion
        assert completion["items"][0]["textEdit"] == {"range": span(1, 12, 19), "newText": "API_URL"}
        assert set(editor.at("rename", code, 1, 14, newName="API")) == {"changes"}
        assert all("location" in symbol for symbol in editor.about("documentSymbol", env))
        told = editor.wait_for(
            lambda: [p for p in editor.told("textDocument/publishDiagnostics") if p["uri"] == env]
        )
        assert all(set(params) == {"uri", "diagnostics"} for params in told)
        assert all("tags" not in problem for params in told for problem in params["diagnostics"])
        assert all("relatedInformation" not in p for params in told for p in params["diagnostics"])
        asked = {"range": span(2, 0, 1), "context": {"diagnostics": []}}
        assert all("edit" not in action for action in editor.about("codeAction", env, **asked))
        assert editor.requests == []
        assert editor.told("envlsp/status") == []


def test_a_file_that_changes_behind_the_editors_back_is_noticed(folder: Path, home: Path) -> None:
    """This one watches no files, so the server does."""
    with Editor(folder, BARE, home=home) as editor:
        code = editor.open("app.py")
        _ready(editor, code)
        assert editor.at("definition", code, 2, 14) == []
        (folder / ".env.new").write_text(ENV + "NOWHERE=1\n")
        (folder / ".env.new").replace(folder / ".env")
        editor.wait_for(lambda: editor.at("definition", code, 2, 14))


def test_code_that_git_changes_is_noticed(folder: Path, home: Path) -> None:
    """Nobody watches it, but git's own index tells."""
    other = folder / "lib" / "other.py"

    def git(*words: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@x.test", "-c", "commit.gpgSign=false")
        subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", "app.py", "app.ts")
    git("commit", "-m", "one")
    git("checkout", "-b", "more")
    other.parent.mkdir()
    other.write_text(CODE)
    git("add", "lib")
    git("commit", "-m", "two")
    git("checkout", "main")
    with Editor(folder, BARE, home=home) as editor:
        code = editor.open("app.py")
        _ready(editor, code)

        def reads() -> int:
            return len(editor.at("references", code, 2, 14, context={"includeDeclaration": False}))

        assert reads() == 1
        git("checkout", "more")
        editor.wait_for(lambda: reads() == 2)
        git("checkout", "main")
        editor.wait_for(lambda: reads() == 1)


def test_a_file_that_the_editor_saw_change_is_read_again(folder: Path, home: Path) -> None:
    with Editor(folder, FULL, home=home) as editor:
        code = editor.open("app.py")
        _ready(editor, code)
        (folder / ".env").write_text(ENV + "NOWHERE=1\n")
        (folder / "more.py").write_text('import os\nos.environ["API_URL"]\n')
        changes = [{"uri": editor.uri(name), "type": kind} for name, kind in ((".env", 2), ("more.py", 1))]
        editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        editor.wait_for(lambda: editor.at("definition", code, 2, 14))
        editor.wait_for(
            lambda: len(editor.at("references", code, 1, 14, context={"includeDeclaration": False})) == 4, 5
        )


def test_a_burst_of_changes_is_told_of_a_few_times_and_the_last_is_right(folder: Path, home: Path) -> None:
    only_push = FULL | {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
    with Editor(folder, only_push, home=home) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: editor.told("textDocument/publishDiagnostics"))
        editor.open("app.py")
        _ready(editor, editor.uri("app.py"))
        before = len([p for p in editor.told("textDocument/publishDiagnostics") if p["uri"] == uri])
        changes = [
            editor.changing(uri, {"range": span(4, number, number), "text": "x"}) for number in range(200)
        ]
        editor.send(*changes)
        editor.wait_for(
            lambda: any(p.get("version") == 201 for p in editor.told("textDocument/publishDiagnostics"))
        )
        told = [p for p in editor.told("textDocument/publishDiagnostics") if p["uri"] == uri][before:]
        assert 1 <= len(told) <= 3
        assert told[-1]["version"] == 201


def test_a_symlinked_folder_is_spelled_as_the_editor_does(folder: Path, home: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    with Editor(link, FULL, home=home) as editor:
        code = editor.open("app.py")
        _ready(editor, code)
        assert editor.at("definition", code, 1, 14)[0]["uri"] == f"{link.as_uri()}/.env"


def test_settings_are_pulled_and_followed(folder: Path, home: Path) -> None:
    answer: dict[str, Any] = {"diagnostics": {"ignore": ["undefined-name"]}, "nonsense": 1}
    with Editor(folder, FULL, home=home, answers={"workspace/configuration": lambda _p: [answer]}) as editor:
        code = editor.open("app.py")
        _ready(editor, code)
        assert editor.about("diagnostic", code)["items"] == []
        assert any("nonsense" in params["message"] for params in editor.told("window/logMessage"))
        answer.clear()
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        editor.wait_for(lambda: editor.about("diagnostic", code)["items"])


def test_settings_come_with_the_start_and_by_push_where_they_cannot_be_pulled(
    folder: Path, home: Path
) -> None:
    ignore = {"diagnostics": {"ignore": ["undefined-name"]}}
    plain = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}
    with Editor(folder, plain, home=home, initializationOptions=ignore) as editor:
        code = editor.open("app.py")
        _ready(editor, code)
        assert editor.about("diagnostic", code)["items"] == []
        editor.notify("workspace/didChangeConfiguration", {"settings": {"envlsp": {}}})
        assert editor.about("diagnostic", code)["items"]


def test_what_is_taken_back_in_the_same_breath_is_not_begun(folder: Path, home: Path) -> None:
    with Editor(folder, FULL, home=home) as editor:
        env = editor.open(".env")
        assert editor.at("hover", env, 1, 2)
        params = {"textDocument": {"uri": env}, "position": {"line": 1, "character": 2}}
        first, asked = editor.begin("textDocument/hover", params)
        second, wanted = editor.begin("textDocument/hover", params)
        back = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": first}}
        editor.send(asked, wanted, back)
        assert editor.answer(second)
        with pytest.raises(Exception, match="cancelled"):
            editor.answer(first)


def test_every_answer_is_what_the_library_of_types_expects(folder: Path, home: Path) -> None:
    converter = converters.get_converter()
    with Editor(folder, FULL, home=home) as editor:
        env, code = editor.open(".env"), editor.open("app.py")
        _ready(editor, code)
        place = {"position": {"line": 1, "character": 14}}
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            types.TEXT_DOCUMENT_HOVER: (code, place),
            types.TEXT_DOCUMENT_COMPLETION: (code, place),
            types.TEXT_DOCUMENT_DEFINITION: (code, place),
            types.TEXT_DOCUMENT_REFERENCES: (code, place | {"context": {"includeDeclaration": True}}),
            types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (code, place),
            types.TEXT_DOCUMENT_PREPARE_RENAME: (code, place),
            types.TEXT_DOCUMENT_RENAME: (code, place | {"newName": "OTHER"}),
            types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (env, {}),
            types.TEXT_DOCUMENT_FOLDING_RANGE: (env, {}),
            types.TEXT_DOCUMENT_DOCUMENT_LINK: (env, {}),
            types.TEXT_DOCUMENT_SELECTION_RANGE: (env, {"positions": [place["position"]]}),
            types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (env, {}),
            types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: (env, {"range": span(0, 0, 9, 1)}),
            types.TEXT_DOCUMENT_CODE_LENS: (env, {}),
            types.TEXT_DOCUMENT_INLAY_HINT: (env, {"range": span(0, 0, 0, 9)}),
            types.TEXT_DOCUMENT_CODE_ACTION: (
                env,
                {"range": span(2, 0, 0), "context": {"diagnostics": []}},
            ),
            types.TEXT_DOCUMENT_DIAGNOSTIC: (env, {}),
        }
        for method, (uri, more) in asked.items():
            result = editor.request(method, {"textDocument": {"uri": uri}} | more)
            response = {"jsonrpc": "2.0", "id": 1, "result": result}
            expected = types.METHOD_TO_TYPES[method][1]
            assert expected is not None
            converter.structure(response, expected)
