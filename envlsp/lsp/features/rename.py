"""`textDocument/rename`: another name, in code and in every env file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.rename import rename
from envlsp.lsp.convert import Ready, from_position, to_many_edits

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, params: types.RenameParams) -> Ready:
    """Answer with the edits.

    Raises:
        Misuse: the new name is none, or something already has it.
    """
    session = server.session
    place = session.places.place(params.text_document.uri)
    found = rename(session.snapshot, place, from_position(params.position), params.new_name)
    return to_many_edits(session, found.edits)
