"""`textDocument/semanticTokens/full` and `/range`: what is a name, a value, a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.semantic import tokens
from envlsp.lsp.convert import from_range, to_tokens

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.SemanticTokensParams) -> types.SemanticTokens:
    """Answer with the coloured stretches."""
    session = server.session
    return to_tokens(tokens(session.snapshot, session.places.place(params.text_document.uri)))


def in_range(server: Server, params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
    """Answer with those of a part of the document: what is on the screen."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    return to_tokens(tokens(session.snapshot, place, from_range(params.range)))
