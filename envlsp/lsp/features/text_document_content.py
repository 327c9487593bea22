"""`workspace/textDocumentContent`: an environment as a document that is never on disk, masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


async def handle(server: Server, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """Answer with the text."""
    return types.TextDocumentContentResult(await server.commands.show(params.uri))
