"""A language server without a process: what it would send is in a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from envlsp.lsp.client import read_client
from envlsp.lsp.frames import Frames
from envlsp.lsp.server import Server


class Inside:
    """A server in this process; needs a running event loop.

    Args:
        capabilities: what the editor says of itself.
        root: its workspace folder.
        environ: the variables it was started with.
    """

    def __init__(
        self,
        capabilities: Mapping[str, Any],
        root: Path | None = None,
        environ: Mapping[str, str] | None = None,
        **params: Any,
    ) -> None:
        folders = [] if root is None else [{"uri": root.as_uri(), "name": "x"}]
        given = {"capabilities": capabilities, "workspaceFolders": folders} | params
        self.server = Server(read_client(given), environ or {})
        self.server.lifecycle.begin()
        self.sent: list[Any] = []
        self.server.protocol.connect(self._take, Frames())

    def _take(self, data: bytes) -> None:
        self.sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def open(self, uri: str, text: str, language: str = "") -> str:
        """Open a document."""
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return uri

    def tell(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self.server.protocol.receive({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """Ask something that is answered at once, and return the whole answer."""
        self.server.protocol.receive({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        return next(message for message in reversed(self.sent) if message.get("id") == 7)

    def told(self, method: str) -> list[Any]:
        """Return the parameters of what the server sent of a kind."""
        return [message["params"] for message in self.sent if message.get("method") == method]
