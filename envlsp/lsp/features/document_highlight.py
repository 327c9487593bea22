"""`textDocument/documentHighlight`: a name wherever it stands in the same document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.navigate import highlights
from envlsp.lsp.convert import from_position, to_range

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
    """Answer where a name stands."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    found = highlights(session.snapshot, place, from_position(params.position))
    return [types.DocumentHighlight(to_range(where), types.DocumentHighlightKind.Text) for where in found]
