"""`textDocument/documentSymbol`: the outline of an env file, and of `ev.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.symbols import symbols
from envlsp.lsp.convert import Ready, to_symbols

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.DocumentSymbolParams) -> Ready:
    """Answer with the outline."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    return to_symbols(session, place, symbols(session.snapshot, place))
