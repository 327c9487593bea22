"""What the server says it can do: one JSON object, by what the editor can do.

Plain JSON and not the library's classes, because this is answered before they are loaded;
a test holds it against them.
"""

from __future__ import annotations

from typing import Any

from envlsp import __version__
from envlsp.domain.secret import MASK
from envlsp.lsp.client import Client
from envlsp.lsp.names import COMMANDS

TOKEN_TYPES = ("variable", "string", "comment", "keyword", "operator", "parameter")
"""The legend, in the order of `ide.results.TokenKind`."""

ACTION_KINDS = ("quickfix", "refactor", "source", "source.fixAll.envlsp")


def greeting(client: Client) -> dict[str, Any]:
    """Return an `InitializeResult`."""
    return {
        "capabilities": capabilities(client),
        "serverInfo": {"name": "envlsp", "version": __version__},
    }


def capabilities(client: Client) -> dict[str, Any]:
    """Return the `ServerCapabilities`."""
    found: dict[str, Any] = {
        "positionEncoding": client.encoding.value,
        "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
        "hoverProvider": True,
        "completionProvider": {
            # What stands right before a name: quotes, brackets, a dot, "${" in a value, a bare "$".
            "triggerCharacters": ['"', "'", "`", "[", ".", "{", "$"],
            "resolveProvider": True,
        },
        "definitionProvider": True,
        "referencesProvider": True,
        "documentHighlightProvider": True,
        "renameProvider": {"prepareProvider": True} if client.prepare_rename else True,
        "documentSymbolProvider": True,
        "workspaceSymbolProvider": True,
        "foldingRangeProvider": True,
        "selectionRangeProvider": True,
        "documentLinkProvider": {"resolveProvider": False},
        "codeActionProvider": {"codeActionKinds": list(ACTION_KINDS)} if client.action_literals else True,
        "codeLensProvider": {"resolveProvider": False},
        "inlayHintProvider": {"resolveProvider": False},
        "semanticTokensProvider": {
            "legend": {"tokenTypes": list(TOKEN_TYPES), "tokenModifiers": []},
            "full": True,
            "range": True,
        },
        "executeCommandProvider": {"commands": list(COMMANDS), "workDoneProgress": True},
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
        "experimental": {"envlsp": {"status": True, "reveal": True, "masks": {"text": MASK}}},
    }
    if client.pull_diagnostics:
        found["diagnosticProvider"] = {
            "identifier": "envlsp",
            "interFileDependencies": True,
            "workspaceDiagnostics": False,
        }
    if client.text_content:
        found["workspace"]["textDocumentContent"] = {"schemes": ["envlsp"]}
    return found
