"""`textDocument/codeLens`: the newest release above an env file, with Push and Pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.lens import lenses
from envlsp.lsp.convert import to_lenses

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Answer with the lines."""
    session = server.session
    place = session.places.place(params.text_document.uri)
    return to_lenses(session, lenses(session.snapshot, place))
