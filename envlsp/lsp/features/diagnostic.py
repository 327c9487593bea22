"""`textDocument/diagnostic`: what is wrong with a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.lsp.convert import Ready

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.DocumentDiagnosticParams) -> Ready:
    """Answer with the problems, or that they are still the same."""
    place = server.session.places.place(params.text_document.uri)
    return server.diagnostics.report(place, params.previous_result_id)
