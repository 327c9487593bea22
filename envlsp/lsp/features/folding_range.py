"""`textDocument/foldingRange`: what can be folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.folding import folds
from envlsp.lsp.convert import to_folds

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    """Answer with the stretches."""
    session = server.session
    return to_folds(folds(session.snapshot, session.places.place(params.text_document.uri)))
