"""`textDocument/hover`: what a name is; masked, or revealed where the person has just asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.domain.secret import SecretText
from envlsp.ide.hover import hover
from envlsp.ide.locate import locate
from envlsp.ide.positions import Position
from envlsp.ide.results import Place
from envlsp.ide.snapshot import Kind
from envlsp.lsp.convert import from_position, to_hover

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.HoverParams) -> types.Hover | None:
    """Answer a hover."""
    session = server.session
    place, position = session.places.place(params.text_document.uri), from_position(params.position)
    found = hover(session.snapshot, place, position, _revealed(server, place, position))
    return None if found is None else to_hover(session, found)


def _revealed(server: Server, place: Place, position: Position) -> dict[str, SecretText]:
    """Return the value that a reveal has granted this hover; the grant is used up."""
    session = server.session
    document = session.document(place)
    if not session.has_grants or document is None or document.kind is Kind.VIRTUAL:
        return {}  # what is shown masked stays so
    spot = locate(session.snapshot, place, position)
    value = None if spot is None else session.take_grant(place, spot.name)
    return {} if spot is None or value is None else {spot.name: value}
