"""Documents as the editor changes them. One copy of each, in `ide.Text`, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.results import Place
from envlsp.lsp.convert import from_changes

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def did_open(server: Server, params: types.DidOpenTextDocumentParams) -> None:
    """Take over a document."""
    item = params.text_document
    document = server.session.open(item.uri, item.language_id, item.version, item.text)
    server.masks.opened(document.place)
    server.sources.look_beside()
    server.diagnostics.changed(document.place)


def did_change(server: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Apply edits, in their order."""
    changed = params.text_document
    document = server.session.change(changed.uri, changed.version, from_changes(params.content_changes))
    if document is not None:
        server.masks.changed(document.place)
        server.diagnostics.changed(document.place)


def did_save(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    """Look at the file again: what is on disk is what releases are made of."""
    place = server.session.places.place(params.text_document.uri)
    server.sources.look_again([place])
    if server.session.snapshot.settings.auto_push and _is_ours_to_push(server, place):
        server.commands.start("envlsp.push", {"uri": params.text_document.uri})


def _is_ours_to_push(server: Server, place: Place) -> bool:
    where = server.session.snapshot.where(place)
    return where is not None and where.env is not None and where.may_push


def did_close(server: Server, params: types.DidCloseTextDocumentParams) -> None:
    """Let a document go."""
    place = server.session.close(params.text_document.uri)
    server.masks.closed(place)
    server.diagnostics.closed(place, params.text_document.uri)
    server.sources.look_again([place])
    server.sources.look_beside()
