"""`workspace/symbol`: names in all env files, by what was typed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.symbols import workspace_symbols
from envlsp.lsp.convert import to_location

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.WorkspaceSymbolParams) -> list[types.SymbolInformation]:
    """Answer with the names that fit."""
    session = server.session
    return [
        types.SymbolInformation(to_location(session, target), name, types.SymbolKind.Variable)
        for name, target in workspace_symbols(session.snapshot, params.query)
    ]
