"""`textDocument/completion`: the names that may stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.completion import complete
from envlsp.lsp.convert import Ready, from_position, to_completion

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.CompletionParams) -> Ready:
    """Answer a completion."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    return to_completion(session, complete(session.snapshot, place, from_position(params.position)))
