"""The few pages a signaling server answers over plain HTTP.

`/healthz` says that the process lives; restarting it is the cure when it does not. `/readyz`
says that it should be sent clients; 503 while it drains or cannot reach the other processes.
`/metrics` is for the operator's own network and is answered at a port of its own only.
"""

from __future__ import annotations

import http
import logging
from collections.abc import Callable
from typing import Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Endpoints:
    """The pages, and what they are made from."""

    def __init__(self, trouble: Callable[[], str | None], figures: Callable[[], str]) -> None:
        """Prepare the pages.

        Args:
            trouble: why no client should be sent here, or None.
            figures: the metrics, as text.
        """
        self._trouble = trouble
        self._figures = figures
        self._admin: Server | None = None

    def answer(self, socket: ServerConnection, request: Request) -> Response | None:
        """Return the page that anybody may read, or None when none is asked for."""
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return socket.respond(http.HTTPStatus.OK, "ok\n")
        if path != "/readyz":
            return None
        trouble = self._trouble()
        if trouble is not None:
            return socket.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, f"{trouble}\n")
        return socket.respond(http.HTTPStatus.OK, "ready\n")

    async def listen(self, host: str, port: int, quiet: logging.Logger) -> int:
        """Answer the operator at a port of its own, and return it.

        Raises:
            OSError: the address cannot be bound.
        """
        self._admin = await serve(
            _never,
            host,
            port,
            process_request=self._answer_operator,
            server_header=None,
            open_timeout=5,
            logger=quiet,
        )
        return int(self._admin.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop answering there."""
        if self._admin is not None:
            self._admin.close()
            await self._admin.wait_closed()

    def _answer_operator(self, socket: ServerConnection, request: Request) -> Response:
        page = self.answer(socket, request)
        if page is not None:
            return page
        if request.path.partition("?")[0] != "/metrics":
            return socket.respond(http.HTTPStatus.NOT_FOUND, "/metrics, /healthz or /readyz\n")
        page = socket.respond(http.HTTPStatus.OK, self._figures())
        del page.headers["Content-Type"]
        page.headers["Content-Type"] = METRICS_TYPE
        return page


async def _never(_socket: ServerConnection) -> None:
    """Serve no WebSocket: every request at that port is answered as a page."""
