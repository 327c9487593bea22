"""`completionItem/resolve`: the documentation of one item of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.ide.completion import resolve
from envlsp.lsp.convert import to_markup, to_plain

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


def handle(server: Server, item: types.CompletionItem) -> types.CompletionItem:
    """Add what a hover would say."""
    data = item.data
    text = resolve(server.session.snapshot, item.label, data) if isinstance(data, dict) else ""
    if text:
        is_markdown = server.client.markdown_completion
        item.documentation = to_markup(text, markdown=True) if is_markdown else to_plain(text)
    return item
