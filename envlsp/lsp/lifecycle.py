"""How it begins and ends: the handshake's second half, shutdown, and an editor that dies.

A server that outlives its editor would hold the device's key and network for nobody, so
its end is noticed in four ways: `exit`, the end of the stream, a signal, and the death of
the process that the editor named.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

POLL_S = 5.0
"""How often to look for the editor where the system does not tell of its end."""
GRACE_S = 2.0
"""How long a dead editor's stream may still be open before we end."""


class Lifecycle:
    """Whether it is over, and with which exit code."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.over: asyncio.Future[int]
        self._pidfd: int | None = None

    def begin(self) -> None:
        """Watch for signals and for the end of the editor's process."""
        loop = asyncio.get_running_loop()
        self.over = loop.create_future()
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGTERM, self.end, 128 + signal.SIGTERM, "terminated")
            loop.add_signal_handler(signal.SIGINT, self.end, 128 + signal.SIGINT, "interrupted")
        if (pid := self._server.client.process_id) is not None and pid > 0:
            self._watch(pid)

    def end(self, code: int, _why: str = "") -> None:
        """End with an exit code; the first one counts."""
        if not self.over.done():
            self.over.set_result(code)

    def _watch(self, pid: int) -> None:
        loop = asyncio.get_running_loop()
        if sys.platform == "linux":
            try:
                self._pidfd = os.pidfd_open(pid)
            except ProcessLookupError:
                # Perhaps it lives in another namespace (a container): then its stream tells us.
                return
            except OSError:
                loop.call_later(POLL_S, self._look, pid)
            else:
                loop.add_reader(self._pidfd, self._editor_died)
        elif sys.platform != "win32":
            loop.call_later(POLL_S, self._look, pid)

    def _editor_died(self) -> None:
        assert self._pidfd is not None
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._die_soon()

    def _look(self, pid: int) -> None:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            self._die_soon()
        except OSError:
            return  # alive, and somebody else's
        else:
            asyncio.get_running_loop().call_later(POLL_S, self._look, pid)

    def _die_soon(self) -> None:
        code = 0 if self._server.protocol.is_shut_down else 1
        asyncio.get_running_loop().call_later(GRACE_S / 10, self.end, code, "the editor's process ended")


def initialized(server: Server, _params: types.InitializedParams) -> None:
    """Begin what waits for the editor to be ready."""
    from envlsp.lsp import settings, watching

    settings.begin(server)
    watching.begin(server)
    server.sources.start_when_quiet()


async def shutdown(server: Server, _params: None) -> None:
    """Let go of the network and the store; only `exit` counts after this."""
    server.protocol.is_shut_down = True
    server.commands.cancel_all()
    await server.sources.close()


def leave(server: Server, _params: None) -> None:
    """End: orderly after `shutdown`, and with 1 without it."""
    server.lifecycle.end(0 if server.protocol.is_shut_down else 1, "exit")


def folders_changed(server: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Follow the folders of the editor's workspace."""
    removed = {folder.uri for folder in params.event.removed}
    kept = [uri for uri in server.folder_uris if uri not in removed]
    added = [folder.uri for folder in params.event.added if folder.uri not in kept]
    server.folder_uris = (*kept, *added)
    server.session.set_folders(server.folder_uris)
    server.sources.set_folders()
