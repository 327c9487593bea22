"""What other editors say of themselves in `initialize`, as far as our server looks at it.

Taken from what each of them declares in its source: Helix in `helix-lsp`, Zed in its crate `lsp`,
kakoune-lsp in `capabilities`, the package LSP of Sublime Text in `sessions`.
"""

from __future__ import annotations

from typing import Any, Final

_RESOURCES: Final = ["create", "rename", "delete"]


def _said(encodings: list[str] | None, workspace: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    general = {"general": {"positionEncodings": encodings}} if encodings else {}
    common = {"applyEdit": True, "configuration": True}
    window = {"workDoneProgress": True}
    return {**general, "workspace": {**common, **workspace}, "textDocument": document, "window": window}


HELIX: Final = _said(
    ["utf-8", "utf-32", "utf-16"],
    {
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": _RESOURCES},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": False},
        "inlayHint": {"refreshSupport": False},
    },
    {
        "completion": {"completionItem": {"snippetSupport": True, "insertReplaceSupport": True}},
        "hover": {"contentFormat": ["markdown"]},
        "rename": {"dynamicRegistration": False, "prepareSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {
                "codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source"]}
            },
            "dataSupport": True,
        },
        "publishDiagnostics": {"versionSupport": True, "tagSupport": {"valueSet": [1, 2]}},
        "inlayHint": {"dynamicRegistration": False},
    },
)

ZED: Final = _said(
    ["utf-16"],
    {
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": _RESOURCES},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "inlayHint": {"refreshSupport": True},
        "diagnostic": {"refreshSupport": True},
    },
    {
        "completion": {
            "completionItem": {"snippetSupport": True, "insertReplaceSupport": True},
            "completionList": {"itemDefaults": ["commitCharacters", "editRange", "data"]},
        },
        "hover": {"contentFormat": ["markdown"]},
        "rename": {"prepareSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["refactor", "quickfix", "source"]}},
            "dataSupport": True,
        },
        "publishDiagnostics": {"relatedInformation": True},
        "diagnostic": {"dynamicRegistration": False, "relatedDocumentSupport": True},
    },
) | {"experimental": {"serverStatusNotification": True, "localDocs": True}}

KAKOUNE: Final = _said(
    None,
    {
        "workspaceFolders": False,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": _RESOURCES},
        "didChangeConfiguration": {"dynamicRegistration": False},
        "codeLens": {"refreshSupport": True},
        "inlayHint": {"refreshSupport": True},
        "semanticTokens": {"refreshSupport": True},
    },
    {
        "completion": {"completionItem": {"documentationFormat": ["markdown", "plaintext"]}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "rename": {"prepareSupport": False},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}}
        },
        "publishDiagnostics": {"relatedInformation": True, "tagSupport": {"valueSet": [1, 2]}},
    },
)

SUBLIME: Final = _said(
    ["utf-16"],
    {
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": _RESOURCES},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "codeLens": {"refreshSupport": True},
        "inlayHint": {"refreshSupport": True},
        "semanticTokens": {"refreshSupport": True},
        "diagnostics": {"refreshSupport": True},
        "textDocumentContent": {"dynamicRegistration": True},
    },
    {
        "completion": {
            "dynamicRegistration": True,
            "completionItem": {"snippetSupport": True, "insertReplaceSupport": True},
            "completionList": {"itemDefaults": ["editRange", "insertTextFormat", "data"]},
        },
        "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
        "rename": {"dynamicRegistration": True, "prepareSupport": True},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
            "dataSupport": True,
        },
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True, "dataSupport": True},
        "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": True},
    },
)
