"""The first words with the editor: `initialize` is answered before the server is loaded.

Loading the library of message types takes longer than all else together, and the editor
waits for nothing but this answer. So the first message is read and answered by hand here,
and what else has arrived is left for the server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from envlsp.lsp.capabilities import greeting
from envlsp.lsp.client import Client, read_client
from envlsp.lsp.frames import Broken, Frames, framed

Read = Callable[[int], bytes]
"""Up to so many bytes, waiting for the first; none at the end."""
Write = Callable[[bytes], object]

NOT_INITIALIZED = -32002


def greet(read: Read, write: Write) -> tuple[Client, Frames] | None:
    """Answer until the editor has introduced itself; None when it left before that."""
    frames = Frames()
    while True:
        try:
            data = read(65536)
            if not data:
                return None
            frames.feed(data)
            while (message := frames.next()) is not None:
                if (client := _answer(message, write)) is not None:
                    return client, frames
        except (Broken, OSError, _Left):
            return None


class _Left(Exception):
    """The editor said exit."""


def _answer(message: Any, write: Write) -> Client | None:
    """Answer one message; return the editor if it was its introduction."""
    method = message.get("method") if isinstance(message, dict) else None
    if method == "exit":
        raise _Left
    if method is None or "id" not in message:
        return None  # nothing to answer to before the introduction
    reply: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
    if method == "initialize":
        client = read_client(message.get("params"))
        write(framed(reply | {"result": greeting(client)}))
        return client
    write(framed(reply | {"error": {"code": NOT_INITIALIZED, "message": "initialize comes first"}}))
    return None
