"""`workspace/executeCommand`: everything the command line can do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from envlsp.errors import UsageError

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


async def handle(server: Server, params: types.ExecuteCommandParams) -> Any:
    """Do it, and answer with its result."""
    return await server.commands.run(params.command, _argument(params.arguments), params.work_done_token)


def _argument(given: Sequence[Any] | None) -> dict[str, Any]:
    """Return the one object that commands take; a URI alone is the document.

    Raises:
        UsageError: it is something else, which would silently be another document's command.
    """
    first = given[0] if given else None
    if first is None:
        return {}
    if isinstance(first, str) and _URI.match(first):
        return {"uri": first}
    if not isinstance(first, dict):
        raise UsageError("that is no argument of a command", fix='give one object, such as {"uri": …}')
    return dict(first)
