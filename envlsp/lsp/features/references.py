"""`textDocument/references`: every use of a name, in code and in env files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.navigate import references
from envlsp.lsp.convert import Ready, from_position, to_locations

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.ReferenceParams) -> Ready:
    """Answer where a name is used."""
    session = server.session
    place, position = session.places.place(params.text_document.uri), from_position(params.position)
    wants_declaration = params.context.include_declaration
    found = references(session.snapshot, place, position, include_declaration=wants_declaration)
    return to_locations(session, found)
