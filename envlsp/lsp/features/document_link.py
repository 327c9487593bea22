"""`textDocument/documentLink`: web addresses in comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.links import links
from envlsp.lsp.convert import to_range

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
    """Answer with the links."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    return [
        types.DocumentLink(to_range(link.range), target=link.url) for link in links(session.snapshot, place)
    ]
