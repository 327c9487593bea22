"""`textDocument/prepareRename`: whether there is a name to rename, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.rename import prepare
from envlsp.lsp.convert import from_position, to_range

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.PrepareRenameParams) -> types.Range | None:
    """Answer what would be renamed.

    Raises:
        Misuse: there is a name, and it cannot be renamed.
    """
    session = server.session
    place = session.places.place(params.text_document.uri)
    found = prepare(session.snapshot, place, from_position(params.position))
    return None if found is None else to_range(found)
