"""The language server put together: one editor, one session, one event loop.

Handlers answer from the session's snapshot at once. What needs a disk, a key or the
network runs in other threads (docs/adr/0019) and comes back by `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Mapping
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from envlsp import __version__
from envlsp.ide.looks import Looks
from envlsp.ide.words import unlinked
from envlsp.lsp import guard
from envlsp.lsp.client import Client
from envlsp.lsp.commands import Commands
from envlsp.lsp.diagnostics import Diagnostics
from envlsp.lsp.frames import Frames
from envlsp.lsp.lifecycle import Lifecycle
from envlsp.lsp.masks import Masks
from envlsp.lsp.notify import Notify
from envlsp.lsp.progress import Progress
from envlsp.lsp.protocol import Protocol
from envlsp.lsp.session import Session
from envlsp.lsp.sources import Sources
from envlsp.lsp.stream import Stream

PRESENT = "ENVLSP_PRESENT"
"""A variable of the person's shell: whatever it starts presents."""
FLUSH_S = 1.0
"""How long the editor has to take our last words."""

GARBAGE = (10_000, 20, 20)
"""How many new objects there may be before garbage is looked for. A file of ten thousand lines makes
so many on one keystroke, none of them garbage; Python's 700 would look through all of it each time."""


class Server(LanguageServer):
    """What handlers are given."""

    protocol: Protocol

    def __init__(self, client: Client, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__("envlsp", __version__, protocol_cls=Protocol, converter_factory=default_converter)
        self.client = client
        self.environ = environ
        self.folder_uris = client.folders
        self.session = Session(client, Looks(is_forced=environ.get(PRESENT, "0") not in {"", "0"}))
        self.diagnostics = Diagnostics(self)
        self.masks = Masks(self)
        self.notify = Notify(self)
        self.work = Progress(self)
        self.commands = Commands(self)
        self.sources = Sources(self)
        self.lifecycle = Lifecycle(self)

    def report_server_error(self, error: Exception, _source: object) -> None:
        """Write down where it happened; the text stays here."""
        guard.note(error, "the server failed")

    def lose(self, why: str) -> None:
        """End, because the editor is gone or makes no sense."""
        self.lifecycle.end(0 if self.protocol.is_shut_down else 1, why)

    def register(self, method: str, options: Any) -> None:
        """Ask the editor for something that it takes registrations for."""
        registration = types.Registration(method, method, options)
        self.protocol.send_request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))

    def show(self, kind: types.MessageType, line: str) -> None:
        """Show the person a line."""
        self.protocol.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, unlinked(line)))

    def log(self, line: str) -> None:
        """Write a line to the editor's log; fixed words and names only."""
        self.protocol.notify(
            types.WINDOW_LOG_MESSAGE, types.LogMessageParams(types.MessageType.Warning, line)
        )

    async def live(self, incoming: int, outgoing: int, frames: Frames) -> int:
        """Serve one editor until it leaves, and return the exit code."""
        self.lifecycle.begin()
        stream = Stream(incoming, outgoing, self.protocol.feed, lambda: self.lose("the editor is gone"))
        stream.start()
        self.protocol.connect(stream.write, frames)
        gc.freeze()  # what was loaded stays; looking through it again would cost milliseconds each time
        gc.set_threshold(*GARBAGE)
        gc.enable()
        try:
            return await self.lifecycle.over
        finally:
            await self.sources.close()
            stream.close(FLUSH_S)


def serve(client: Client, incoming: int, outgoing: int, frames: Frames) -> int:
    """Serve the editor at the other end of two file descriptors until it leaves.

    Args:
        client: what it said of itself; it has its answer already.
        incoming: a file descriptor to read.
        outgoing: one to write; may be the same.
        frames: what has arrived beyond the introduction.
    """
    guard.keep_logs_quiet()
    with asyncio.Runner() as runner:
        return runner.run(Server(client).live(incoming, outgoing, frames))
