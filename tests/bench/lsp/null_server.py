"""The null figure: a bare pygls server whose handlers do nothing.

`python -m tests.bench.lsp.null_server ITEMS PLACES FILES`: it answers each completion with
so many items, and references and renames with so many places in so many files. It imports
nothing else, since its start is measured too.
"""

from __future__ import annotations

import sys

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

ITEMS, PLACES, FILES = (int(word) for word in sys.argv[1:4])

server = LanguageServer("null", "1", text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental)


def _range(line: int = 0) -> lsp.Range:
    return lsp.Range(lsp.Position(line, 0), lsp.Position(line, 3))


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
def hover(_server: LanguageServer, _params: lsp.HoverParams) -> lsp.Hover:
    """Answer something short."""
    text = "**NAME** ••••••\n\n- **dev** changed by nobody just now in v1"
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), _range())


@server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=['"', "{", "."]))
def completion(_server: LanguageServer, _params: lsp.CompletionParams) -> lsp.CompletionList:
    """Answer made-up names."""
    kind = lsp.CompletionItemKind.Variable
    names = [f"NAME_{number:05d}" for number in range(ITEMS)]
    return lsp.CompletionList(
        is_incomplete=False,
        items=[lsp.CompletionItem(name, kind=kind, detail="••••••, .env", sort_text=name) for name in names],
    )


@server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
def definition(_server: LanguageServer, params: lsp.DefinitionParams) -> list[lsp.Location]:
    """Answer the document itself."""
    return [lsp.Location(params.text_document.uri, _range())]


@server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
def references(_server: LanguageServer, params: lsp.ReferenceParams) -> list[lsp.Location]:
    """Answer made-up places."""
    uri = params.text_document.uri
    return [lsp.Location(f"{uri}{place % FILES}", _range(place)) for place in range(PLACES)]


@server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
def rename(_server: LanguageServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    """Answer made-up edits."""
    changes: dict[str, list[lsp.TextEdit]] = {}
    for place in range(PLACES):
        uri = f"{params.text_document.uri}{place % FILES}"
        changes.setdefault(uri, []).append(lsp.TextEdit(_range(place), params.new_name))
    return lsp.WorkspaceEdit(changes=changes)


@server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
def prepare(_server: LanguageServer, _params: lsp.PrepareRenameParams) -> lsp.Range:
    """Answer a range."""
    return _range()


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def opened(_server: LanguageServer, params: lsp.DidOpenTextDocumentParams) -> None:
    """Publish that all is well."""
    item = params.text_document
    _server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(item.uri, [], item.version))


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def changed(_server: LanguageServer, params: lsp.DidChangeTextDocumentParams) -> None:
    """Publish that all is still well."""
    item = params.text_document
    _server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(item.uri, [], item.version))


if __name__ == "__main__":
    server.start_io()
