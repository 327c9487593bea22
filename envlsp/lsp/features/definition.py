"""`textDocument/definition`: the lines that give a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.navigate import definition
from envlsp.lsp.convert import from_position, to_location

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.DefinitionParams) -> list[types.Location]:
    """Answer where a name is given."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    found = definition(session.snapshot, place, from_position(params.position))
    return [to_location(session, target) for target in found]
