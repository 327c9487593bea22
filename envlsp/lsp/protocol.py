"""pygls' JSON-RPC with our own edges: no document store, no traceback, nothing logged.

pygls keeps the books of requests both ways and knows every message's type. What is
replaced here is what it does with bytes (it copies each document on each keystroke, takes
three thread switches per message) and with exceptions (it sends their text to the
editor). Handlers come from the table in `lsp.features`, each loaded when first asked for.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol.types import CANCEL_REQUEST, METHOD_TO_TYPES, ErrorCodes, ResponseError
from pygls.exceptions import JsonRpcMethodNotFound
from pygls.protocol import LanguageServerProtocol

from envlsp.errors import EnvlspError, Misuse
from envlsp.lsp import guard
from envlsp.lsp.convert import Ready
from envlsp.lsp.frames import Broken, Frames, Unreadable, framed

if TYPE_CHECKING:
    from cattrs import Converter

    from envlsp.lsp.server import Server

AFTER_SHUTDOWN = ("exit", CANCEL_REQUEST)


class Protocol(LanguageServerProtocol):
    """One connection with one editor."""

    def __init__(self, server: Server, converter: Converter) -> None:
        super().__init__(server, converter)
        self._mine = server
        self._frames = Frames()
        self._write: Callable[[bytes], None] = lambda _data: None
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._cancelled_ahead: set[int | str] = set()
        self.is_shut_down = False
        self.last_heard = float("-inf")
        """When the editor said something last, by the loop's clock."""

    def _register_builtin_features(self) -> None:
        """Register none: what pygls builds in keeps documents and speaks of errors its own way."""

    def connect(self, write: Callable[[bytes], None], frames: Frames) -> None:
        """Take over a stream, and read what arrived before."""
        self._write = write
        self._frames = frames
        self.feed(b"")

    # ------------------------------------------------------------------- in

    def feed(self, data: bytes) -> None:
        """Handle what has arrived. A request that is taken back in the same breath is not begun."""
        self.last_heard = asyncio.get_running_loop().time()
        self._frames.feed(data)
        messages = []
        try:
            while (message := self._frames.next()) is not None:
                messages.append(message)
        except Broken:
            self._mine.lose("the stream makes no sense")
        self._cancelled_ahead = {
            _cancelled_id(message)
            for message in messages
            if isinstance(message, dict) and message.get("method") == CANCEL_REQUEST
        }
        for message in messages:
            self.receive(message)

    def receive(self, message: Any) -> None:
        """Handle one message; whatever it is, the server goes on."""
        if isinstance(message, Unreadable):
            self._refuse(None, ErrorCodes.ParseError, "the message could not be read")
            return
        method, identity = message.get("method"), message.get("id")
        if isinstance(method, str):
            if identity is not None:
                self._on_request(identity, method, message)
            else:
                self._on_notification(method, message)
        elif isinstance(identity, (int, str)):
            self._on_response(identity, message)

    def _on_request(self, identity: int | str, method: str, message: dict[str, Any]) -> None:
        if not isinstance(identity, (int, str)):
            self._refuse(None, ErrorCodes.InvalidRequest, "the id must be a number or text")
            return
        if self.is_shut_down or method == "initialize":
            self._refuse(identity, ErrorCodes.InvalidRequest, "not now")
            return
        if identity in self._cancelled_ahead:
            self._send_response(identity, error=guard.failure(asyncio.CancelledError()))
            return
        try:
            handler = self._handler(method)
        except Exception as exc:  # noqa: BLE001  (also a module that cannot be loaded)
            self._fail(identity, exc)
            return
        try:
            params = self._params(method, message)
        except Exception:  # noqa: BLE001  (what cattrs raises quotes what it was given)
            self._refuse(identity, ErrorCodes.InvalidParams, "the parameters are not as they should be")
            return
        self._execute_handler(
            identity, handler, partial(self._send_handler_result, msg_id=identity), args=(params,)
        )

    def _on_notification(self, method: str, message: dict[str, Any]) -> None:
        if self.is_shut_down and method not in AFTER_SHUTDOWN:
            return
        try:
            if method == CANCEL_REQUEST:
                self._handle_cancel_notification(_cancelled_id(message))
                return
            handler = self._handler(method)
            params = self._params(method, message)
            result = handler(params)
        except JsonRpcMethodNotFound:
            return  # "$/…" and whatever later versions bring
        except Exception as exc:  # noqa: BLE001  (the boundary: nothing of it may leave)
            guard.note(exc, "a notification failed")
            return
        if inspect.isawaitable(result):
            task: asyncio.Future[Any] = asyncio.ensure_future(result)
            task.add_done_callback(self._check_handler_result)

    def _on_response(self, identity: int | str, message: dict[str, Any]) -> None:
        future = self._request_futures.pop(identity, None)
        self._result_types.pop(identity, None)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(Misuse("the editor could not do that", fix="try again"))
        else:
            future.set_result(message.get("result"))

    def _handler(self, method: str) -> Callable[..., Any]:
        """Return who handles a method; the module is loaded now if it was not."""
        handler = self._handlers.get(method)
        if handler is None:
            from envlsp.lsp.features import find

            found = find(method)
            if found is None:
                raise JsonRpcMethodNotFound
            handler = self._handlers[method] = partial(found, self._mine)
        return handler

    def _params(self, method: str, message: dict[str, Any]) -> Any:
        row = METHOD_TO_TYPES.get(method)
        if row is None:
            return message.get("params")
        return getattr(self._converter.structure(message, row[0]), "params", None)

    def _handle_cancel_notification(self, msg_id: Any) -> None:
        future = self._request_futures.get(msg_id) if isinstance(msg_id, (int, str)) else None
        if future is not None:
            future.cancel()

    # ------------------------------------------------------------------- out

    def _send_handler_result(self, future: Future[Any], *, msg_id: int | str) -> None:
        self._request_futures.pop(msg_id, None)
        try:
            self._send_response(msg_id, future.result())
        except BaseException as exc:  # noqa: BLE001  (the boundary: what leaves is decided by guard)
            self._fail(msg_id, exc)

    def _fail(self, identity: int | str, error: BaseException) -> None:
        if not isinstance(error, (EnvlspError, asyncio.CancelledError, JsonRpcMethodNotFound)):
            guard.note(error, "a request failed")
        self._send_response(identity, error=guard.failure(error))

    def _check_handler_result(self, future: Any) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            guard.note(error, "a notification failed")

    def _send_response(
        self, msg_id: int | str, result: Any = None, error: ResponseError | None = None
    ) -> None:
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": msg_id}
        if error is not None:
            body["error"] = self._converter.unstructure(error)
        else:
            body["result"] = result.json if isinstance(result, Ready) else self._converter.unstructure(result)
        self._write(framed(body))

    def _send_data(self, data: Any) -> None:
        self._write(framed(self._converter.unstructure(data)))

    def _refuse(self, identity: int | str | None, code: ErrorCodes, sentence: str) -> None:
        self._write(
            framed({"jsonrpc": "2.0", "id": identity, "error": {"code": code.value, "message": sentence}})
        )

    def tell(self, method: str, params: Any) -> None:
        """Send a notification of our own, as plain JSON."""
        self._write(framed({"jsonrpc": "2.0", "method": method, "params": params}))

    async def ask(self, method: str, params: Any) -> Any:
        """Send a request and return the raw JSON of the answer.

        Raises:
            Misuse: the editor answered with an error.
        """
        return await asyncio.wrap_future(self.send_request(method, params))


def _cancelled_id(message: dict[str, Any]) -> Any:
    params = message.get("params")
    found = params.get("id") if isinstance(params, dict) else None
    return found if isinstance(found, (int, str)) else None
