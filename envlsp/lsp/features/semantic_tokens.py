"""`textDocument/semanticTokens/full`: what is a name, a value, a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.semantic import tokens
from envlsp.lsp.convert import to_tokens

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.SemanticTokensParams) -> types.SemanticTokens:
    """Answer with the coloured stretches."""
    session = server.session
    return to_tokens(tokens(session.snapshot, session.places.place(params.text_document.uri)))
