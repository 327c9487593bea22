"""A line of progress in the editor while a command runs, and the button that stops it.

Where the editor gave a token with its request that one is used; else one is made, but
only for work that takes longer than a person notices.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

from envlsp.errors import EnvlspError
from envlsp.ide.words import unlinked

if TYPE_CHECKING:
    from envlsp.lsp.server import Server

PATIENCE_S = 0.4
"""Shorter work shows nothing: a line that flashes up helps nobody."""

Token = int | str


class Line:
    """The line of one piece of work. Used in the event loop only."""

    def __init__(self, server: Server, title: str, stop: Callable[[], None]) -> None:
        self._server = server
        self._title = title
        self.stop = stop
        self._token: Token | None = None
        self._message = ""
        self._has_begun = False
        self._is_over = False
        self.is_asked_for = False
        """The editor has given a token for it, with the request."""

    def begin(self, token: Token | None) -> None:
        """Show the line: at once under the editor's token, else after a while under our own."""
        if token is not None:
            self._token, self.is_asked_for = token, True
            self._show()
        elif self._server.client.progress:
            asyncio.get_running_loop().call_later(PATIENCE_S, self._make_token)

    def report(self, message: str, code: str = "") -> None:
        """Say what is being done now; `code` is one in the message that the editor lets be copied."""
        self._message = unlinked(message)
        if self._has_begun and not self._is_over:
            self._send({"kind": "report", "message": self._message, **({"code": code} if code else {})})

    def end(self) -> None:
        """Take the line away."""
        self._is_over = True
        if self._has_begun:
            self._send(types.WorkDoneProgressEnd())
        if self._token is not None:
            self._server.work.forget(self._token)

    def _make_token(self) -> None:
        if not self._is_over:
            asyncio.ensure_future(self._create()).add_done_callback(lambda task: task.exception())

    async def _create(self) -> None:
        token = str(uuid.uuid4())
        try:
            params = types.WorkDoneProgressCreateParams(token)
            await self._server.protocol.ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        except EnvlspError:
            return
        if not self._is_over:
            self._token = token
            self._show()

    def _show(self) -> None:
        assert self._token is not None
        self._has_begun = True
        self._server.work.remember(self._token, self)
        self._send(types.WorkDoneProgressBegin(self._title, cancellable=True, message=self._message or None))

    def _send(self, value: object) -> None:
        assert self._token is not None
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))


class Progress:
    """The lines that are shown now."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lines: dict[Token, Line] = {}

    def line(self, title: str, stop: Callable[[], None]) -> Line:
        """Return a line that is not shown yet."""
        return Line(self._server, title, stop)

    def remember(self, token: Token, line: Line) -> None:
        """Let the editor stop the work of a line."""
        self._lines[token] = line

    def forget(self, token: Token) -> None:
        """Drop a line: its work is over."""
        self._lines.pop(token, None)

    def stop(self, token: Token) -> None:
        """Stop the work of a line, as the person asked."""
        if (line := self._lines.get(token)) is not None:
            line.stop()


def cancel(server: Server, params: types.WorkDoneProgressCancelParams) -> None:
    """Stop a piece of work."""
    server.work.stop(params.token)
