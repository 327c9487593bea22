"""Every question of a working day, asked by pytest-lsp: as an editor with everything, and as a bare one.

The library reads each answer with its own types, and complains where an answer needs
something that the editor has not said it can do.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_lsp
from lsprotocol import converters, types
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.support.cast import Actor
from tests.support.lsp_client import FULL

pytestmark = pytest.mark.slow

T = TypeVar("T")
WAIT_S = 60.0
ENV = "# Where the API lives.\nAPI_URL=https://a.test\n\n# The second\n# line\nURL=${API_URL}/b\n"
CHANGED = ENV.replace("a.test", "b.test")
CODE = 'import os\nos.environ["API_URL"]\nos.environ["NOWHERE"]\n'
HARDLY: dict[str, Any] = {"textDocument": {"hover": {}}}
ASKED = (
    types.CLIENT_REGISTER_CAPABILITY,
    types.WORKSPACE_CODE_LENS_REFRESH,
    types.WORKSPACE_INLAY_HINT_REFRESH,
    types.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
    "envlsp/status",
)
"""What the server sends by itself, and this library leaves to the test."""


def _agree(*_: object) -> None:
    """Answer null."""


@pytest.fixture(autouse=True)
def root(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Alice's project with one release, her file edited since; the server is started upon her device."""
    alice.found(ENV.encode()).push(message="first")
    alice.service.close()
    alice.file.write_text(CHANGED)
    (alice.root / "app.py").write_text(CODE)
    monkeypatch.setenv("ENVLSP_HOME", str(alice.home))
    monkeypatch.setenv("ENVLSP_KEY_FILE", str(alice.key_file))
    monkeypatch.setenv("ENVLSP_SIGNALING", "")
    return alice.root


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    params=(FULL, HARDLY),
    ids=("everything", "hardly anything"),
    config=ClientServerConfig(server_command=[sys.executable, "-m", "envlsp", "lsp"]),
)
async def client(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, root: Path
) -> AsyncIterator[None]:
    for method in ASKED:
        lsp_client.feature(method)(_agree)
    params = types.InitializeParams(
        capabilities=converters.get_converter().structure(request.param, types.ClientCapabilities),
        workspace_folders=[types.WorkspaceFolder(root.as_uri(), "shop")],
    )
    await lsp_client.initialize_session(params)
    for name, language in ((".env", "dotenv"), ("app.py", "python")):
        text = (root / name).read_text()
        item = types.TextDocumentItem((root / name).as_uri(), language, 1, text)
        lsp_client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    yield
    await lsp_client.shutdown_session()


async def until(ask: Callable[[], Awaitable[T]], holds: Callable[[T], Any]) -> T:
    """Ask until the answer is as it should be: what the team and the code say comes a moment later."""
    limit = time.monotonic() + WAIT_S
    while not holds(found := await ask()):
        assert time.monotonic() < limit, found
        await asyncio.sleep(0.05)
    return found


def _is_full(client: LanguageClient) -> bool:
    return client.capabilities is not None and client.capabilities.experimental is not None


@pytest.mark.asyncio
async def test_what_a_name_is_and_where(client: LanguageClient, root: Path) -> None:
    env = types.TextDocumentIdentifier((root / ".env").as_uri())
    code = types.TextDocumentIdentifier((root / "app.py").as_uri())
    place = types.Position(1, 14)
    around = types.ReferenceContext(include_declaration=True)
    references = await until(
        lambda: client.text_document_references_async(types.ReferenceParams(around, code, place)),
        lambda found: len(found or ()) == 3,
    )
    assert {location.uri for location in references or ()} == {env.uri, code.uri}
    hover = await until(
        lambda: client.text_document_hover_async(types.HoverParams(code, place)),
        lambda found: "v1" in str(found),
    )
    assert "Where the API lives." in str(hover)
    assert "a.test" not in str(hover)
    definition = await client.text_document_definition_async(types.DefinitionParams(code, place))
    assert isinstance(definition, list)
    assert [location.range.start for location in definition] == [types.Position(1, 0)]
    offered = await client.text_document_completion_async(types.CompletionParams(code, types.Position(1, 12)))
    assert isinstance(offered, types.CompletionList)
    assert [item.label for item in offered.items] == ["API_URL", "URL"]
    first = offered.items[0]
    if first.data is None and offered.item_defaults is not None:
        first.data = offered.item_defaults.data
    resolved = await client.completion_item_resolve_async(first)
    assert "Where the API lives." in str(resolved.documentation)
    renamed = await client.text_document_rename_async(types.RenameParams(code, place, "API"))
    assert renamed is not None
    assert str(renamed).count("new_text='API'") == 3
    assert (renamed.document_changes is not None) is _is_full(client)
    if _is_full(client):
        prepared = await client.text_document_prepare_rename_async(types.PrepareRenameParams(code, place))
        assert prepared == types.Range(types.Position(1, 12), types.Position(1, 19))


@pytest.mark.asyncio
async def test_how_the_file_looks(client: LanguageClient, root: Path) -> None:
    env = types.TextDocumentIdentifier((root / ".env").as_uri())
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(env))
    assert [symbol.name for symbol in symbols or ()] == ["API_URL", "URL"]
    kind = types.DocumentSymbol if _is_full(client) else types.SymbolInformation
    assert all(isinstance(symbol, kind) for symbol in symbols or ())
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(env))
    assert [(fold.start_line, fold.end_line) for fold in folds or ()] == [(3, 4)]
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(env))
    assert tokens is not None
    assert len(tokens.data) % 5 == 0
    lenses = await until(
        lambda: client.text_document_code_lens_async(types.CodeLensParams(env)),
        lambda found: "v1 · Alice" in str(found),
    )
    titles = [lens.command.title for lens in lenses or () if lens.command]
    assert titles[1:] == ["1 change here", "Push", "Pull"]
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(env, whole))
    assert [(hint.position.line, hint.label) for hint in hints or ()] == [(1, "changed")]


@pytest.mark.asyncio
async def test_what_is_wrong_and_what_can_be_done(client: LanguageClient, root: Path) -> None:
    env = types.TextDocumentIdentifier((root / ".env").as_uri())
    problems = await until(lambda: _problems(client, env.uri), lambda found: "differs-from-release" in found)
    nowhere = await until(
        lambda: _problems(client, (root / "app.py").as_uri()), lambda found: "undefined-name" in found
    )
    assert nowhere["undefined-name"].range == types.Range(types.Position(2, 12), types.Position(2, 19))
    problem = problems["differs-from-release"]
    context = types.CodeActionContext([problem])
    asked = types.CodeActionParams(env, problem.range, context)
    actions = await client.text_document_code_action_async(asked) or ()
    assert "Push .env" in [action.title for action in actions]
    # Its command is given by hand: the library takes an action with a command for a bare command.
    result: Any = await client.workspace_execute_command_async(
        types.ExecuteCommandParams("envlsp.push", [{"uri": env.uri}])
    )
    assert result["release"] == "v2"
    await until(
        lambda: client.text_document_code_lens_async(types.CodeLensParams(env)),
        lambda found: "v2 · Alice" in str(found),
    )


async def _problems(client: LanguageClient, uri: str) -> dict[str, types.Diagnostic]:
    """Return the problems of a document by code, asked for by an editor that can, else told to it."""
    if not _is_full(client):
        found = client.diagnostics.get(uri, ())
    else:
        params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        report = await client.text_document_diagnostic_async(params)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        found = report.items
    return {str(problem.code): problem for problem in found}
