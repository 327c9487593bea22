"""`textDocument/selectionRange`: what a selection grows to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.selection import selections
from envlsp.lsp.convert import from_position, to_selection

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
    """Answer for each caret."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    carets = [from_position(position) for position in params.positions]
    return [to_selection(caret, selections(session.snapshot, place, caret)) for caret in carets]
