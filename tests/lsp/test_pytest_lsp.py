"""The server as a client library sees it that was written by somebody else."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

pytestmark = pytest.mark.slow
CLIENTS = ("neovim", "visual-studio-code")
ASKED = (
    types.CLIENT_REGISTER_CAPABILITY,
    types.WORKSPACE_CODE_LENS_REFRESH,
    types.WORKSPACE_INLAY_HINT_REFRESH,
    types.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
)
"""Requests of the server that these editors answer, and this library leaves to the test."""


def _agree(*_: object) -> None:
    """Answer null."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".env").write_text("API_URL=https://a.test\nB=1\nB=2\n")
    return tmp_path


@pytest_lsp.fixture(  # type: ignore[untyped-decorator]
    params=CLIENTS, config=ClientServerConfig(server_command=[sys.executable, "-m", "envlsp", "lsp"])
)
async def client(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, folder: Path
) -> AsyncIterator[None]:
    for method in ASKED:
        lsp_client.feature(method)(_agree)
    params = types.InitializeParams(
        capabilities=client_capabilities(request.param),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "shop")],
    )
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_the_usual_questions_of_real_editors(client: LanguageClient, folder: Path) -> None:
    uri = (folder / ".env").as_uri()
    text = (folder / ".env").read_text()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "dotenv", 1, text))
    )
    document, place = types.TextDocumentIdentifier(uri), types.Position(0, 2)
    hover = await client.text_document_hover_async(types.HoverParams(document, place))
    assert isinstance(hover, types.Hover)
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [symbol.name for symbol in symbols or ()] == ["API_URL", "B", "B"]
    where = types.Range(types.Position(0, 0), types.Position(2, 3))
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(document, where, types.CodeActionContext([]))
    )
    assert actions
    edit = await client.text_document_rename_async(types.RenameParams(document, place, "API"))
    assert isinstance(edit, types.WorkspaceEdit)
    tokens = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert tokens is not None
    assert len(tokens.data) % 5 == 0
