"""One file per request, in three steps: convert in, ask the snapshot, convert out.

The table below is all that is loaded at the start; a file is imported when its request
comes first. A handler gets the `Server` and the request's parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

_HERE = "envlsp.lsp.features"

HANDLERS: dict[str, str] = {
    "textDocument/hover": f"{_HERE}.hover",
    "textDocument/completion": f"{_HERE}.completion",
    "completionItem/resolve": f"{_HERE}.completion_resolve",
    "textDocument/definition": f"{_HERE}.definition",
    "textDocument/references": f"{_HERE}.references",
    "textDocument/documentHighlight": f"{_HERE}.document_highlight",
    "textDocument/prepareRename": f"{_HERE}.prepare_rename",
    "textDocument/rename": f"{_HERE}.rename",
    "textDocument/documentSymbol": f"{_HERE}.document_symbol",
    "workspace/symbol": f"{_HERE}.workspace_symbol",
    "textDocument/foldingRange": f"{_HERE}.folding_range",
    "textDocument/selectionRange": f"{_HERE}.selection_range",
    "textDocument/documentLink": f"{_HERE}.document_link",
    "textDocument/semanticTokens/full": f"{_HERE}.semantic_tokens",
    "textDocument/semanticTokens/range": f"{_HERE}.semantic_tokens:in_range",
    "textDocument/codeLens": f"{_HERE}.code_lens",
    "textDocument/inlayHint": f"{_HERE}.inlay_hint",
    "textDocument/codeAction": f"{_HERE}.code_action",
    "textDocument/diagnostic": f"{_HERE}.diagnostic",
    "workspace/executeCommand": f"{_HERE}.execute_command",
    "workspace/textDocumentContent": f"{_HERE}.text_document_content",
    "textDocument/didOpen": "envlsp.lsp.documents:did_open",
    "textDocument/didChange": "envlsp.lsp.documents:did_change",
    "textDocument/didSave": "envlsp.lsp.documents:did_save",
    "textDocument/didClose": "envlsp.lsp.documents:did_close",
    "initialized": "envlsp.lsp.lifecycle:initialized",
    "shutdown": "envlsp.lsp.lifecycle:shutdown",
    "exit": "envlsp.lsp.lifecycle:leave",
    "workspace/didChangeWorkspaceFolders": "envlsp.lsp.lifecycle:folders_changed",
    "workspace/didChangeConfiguration": "envlsp.lsp.settings:changed",
    "workspace/didChangeWatchedFiles": "envlsp.lsp.watching:files_changed",
    "window/workDoneProgress/cancel": "envlsp.lsp.progress:cancel",
}
"""Method -> module, or module:function where it is not called `handle`."""


def find(method: str) -> Callable[..., Any] | None:
    """Return the handler of a method; None where we have none."""
    row = HANDLERS.get(method)
    if row is None:
        return None
    module, _, name = row.partition(":")
    handler: Callable[..., Any] = getattr(import_module(module), name or "handle")
    return handler
