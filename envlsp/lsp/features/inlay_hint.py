"""`textDocument/inlayHint`: how a line stands against the newest release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.hints import hints
from envlsp.lsp.convert import from_range, to_hints

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    """Answer with the words behind the lines of a range."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    return to_hints(hints(session.snapshot, place, from_range(params.range)))
