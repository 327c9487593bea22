"""What the editor said of itself, read once: every feature asks here before it uses an extra.

Reads the raw JSON of `initialize`, so that the handshake is answered before the library of
message types is loaded. Nothing in there is trusted to have the right shape: what is odd
counts as not said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from envlsp.ide.positions import Encoding

EXTENSIONS = ("input", "pick", "confirm", "code", "status", "reveal", "masks", "files", "words")
"""What a client may have beyond LSP: docs/lsp-extensions.md."""


@dataclass(frozen=True, slots=True)
class Client:
    """An editor: what it is called, what it opened, what it can do."""

    name: str = ""
    process_id: int | None = None
    encoding: Encoding = Encoding.UTF16
    folders: tuple[str, ...] = ()
    """URIs of the workspace folders."""
    options: Any = None
    """`initializationOptions`: may hold the settings."""

    markdown_hover: bool = False
    markdown_completion: bool = False
    item_defaults: bool = False
    """Lists may give the range that all items replace once."""
    item_default_data: bool = False
    """And what all items bring along."""
    hierarchical_symbols: bool = False
    action_literals: bool = False
    """Otherwise an action is nothing but a command."""
    preferred_actions: bool = False
    prepare_rename: bool = False
    document_changes: bool = False
    create_files: bool = False
    """Edits may make files. Neovim says this much, and of `document_changes` nothing."""
    pull_diagnostics: bool = False
    related_information: bool = False
    diagnostic_tags: bool = False
    diagnostic_data: bool = False
    diagnostic_versions: bool = False
    progress: bool = False
    configuration: bool = False
    watch_files: bool = False
    """Watches files when asked to, by dynamic registration."""
    register_configuration: bool = False
    refresh: frozenset[str] = frozenset()
    """Of `codeLens`, `inlayHint`, `diagnostics`, `semanticTokens`: what it asks again for when told."""
    text_content: bool = False
    extensions: frozenset[str] = field(default=frozenset())
    """Of `EXTENSIONS`."""


def read_client(params: Any) -> Client:
    """Return the editor that `InitializeParams` speak of."""
    said = _Said(params)
    caps = _Said(said.get("capabilities"))
    text, window, workspace = (_Said(caps.get(name)) for name in ("textDocument", "window", "workspace"))
    process = said.get("processId")
    refreshing = ("codeLens", "inlayHint", "diagnostics", "semanticTokens")
    return Client(
        name=said.text("clientInfo.name"),
        process_id=process if isinstance(process, int) else None,
        encoding=_encoding(caps.strings("general.positionEncodings")),
        folders=tuple(_folders(said)),
        options=said.get("initializationOptions"),
        markdown_hover="markdown" in text.strings("hover.contentFormat"),
        markdown_completion="markdown" in text.strings("completion.completionItem.documentationFormat"),
        item_defaults="editRange" in text.strings("completion.completionList.itemDefaults"),
        item_default_data="data" in text.strings("completion.completionList.itemDefaults"),
        hierarchical_symbols=text.flag("documentSymbol.hierarchicalDocumentSymbolSupport"),
        action_literals=text.get("codeAction.codeActionLiteralSupport") is not None,
        preferred_actions=text.flag("codeAction.isPreferredSupport"),
        prepare_rename=text.flag("rename.prepareSupport"),
        document_changes=workspace.flag("workspaceEdit.documentChanges"),
        create_files="create" in workspace.strings("workspaceEdit.resourceOperations"),
        # Facts arrive after a document was opened, so who asks must also be told to ask again.
        pull_diagnostics=text.get("diagnostic") is not None and workspace.flag("diagnostics.refreshSupport"),
        related_information=text.flag("publishDiagnostics.relatedInformation")
        or text.flag("diagnostic.relatedInformation"),
        diagnostic_tags=1 in text.items("publishDiagnostics.tagSupport.valueSet")
        or 1 in text.items("diagnostic.tagSupport.valueSet"),
        diagnostic_data=text.flag("publishDiagnostics.dataSupport") or text.flag("diagnostic.dataSupport"),
        diagnostic_versions=text.flag("publishDiagnostics.versionSupport"),
        progress=window.flag("workDoneProgress"),
        configuration=workspace.flag("configuration"),
        watch_files=workspace.flag("didChangeWatchedFiles.dynamicRegistration"),
        register_configuration=workspace.flag("didChangeConfiguration.dynamicRegistration"),
        refresh=frozenset(name for name in refreshing if workspace.flag(f"{name}.refreshSupport")),
        text_content=workspace.get("textDocumentContent") is not None,
        extensions=frozenset(name for name in EXTENSIONS if caps.get(f"experimental.envlsp.{name}") is True),
    )


class _Said:
    """JSON from a stranger, asked by dotted paths."""

    def __init__(self, json: Any) -> None:
        self._json = json

    def get(self, path: str) -> Any:
        """Return what stands at a path; None where nothing does."""
        found = self._json
        for name in path.split("."):
            if not isinstance(found, dict):
                return None
            found = found.get(name)
        return found

    def flag(self, path: str) -> bool:
        """Return whether true stands there."""
        return self.get(path) is True

    def text(self, path: str) -> str:
        """Return a string, else an empty one."""
        found = self.get(path)
        return found if isinstance(found, str) else ""

    def items(self, path: str) -> list[Any]:
        """Return a list, else an empty one."""
        found = self.get(path)
        return found if isinstance(found, list) else []

    def strings(self, path: str) -> list[str]:
        """Return the strings of a list."""
        return [item for item in self.items(path) if isinstance(item, str)]


def _encoding(offered: list[str]) -> Encoding:
    """Return the first one that we know too: the editor's own is the cheapest for both."""
    known = {encoding.value: encoding for encoding in Encoding}
    return next((known[name] for name in offered if name in known), Encoding.UTF16)


def _folders(said: _Said) -> Iterator[str]:
    """Yield the workspace folders, by whichever of three generations of LSP the editor gives them."""
    folders = [item.get("uri") for item in said.items("workspaceFolders") if isinstance(item, dict)]
    if uris := [uri for uri in folders if isinstance(uri, str)]:
        yield from uris
    elif root := said.text("rootUri"):
        yield root
    elif path := said.text("rootPath"):
        from envlsp.lsp.uris import file_uri

        yield file_uri(path)
