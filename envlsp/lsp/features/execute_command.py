"""`workspace/executeCommand`: everything the command line can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from envlsp.lsp.server import Server


async def handle(server: Server, params: types.ExecuteCommandParams) -> Any:
    """Do it, and answer with its result."""
    return await server.commands.run(params.command, _argument(params.arguments), params.work_done_token)


def _argument(given: Sequence[Any] | None) -> dict[str, Any]:
    """Return the one object that commands take; a text alone is the document."""
    first = given[0] if given else None
    if isinstance(first, str):
        return {"uri": first}
    return dict(first) if isinstance(first, dict) else {}
