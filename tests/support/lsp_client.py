"""A small editor for tests: raw JSON-RPC with a real server process, every byte kept both ways."""

from __future__ import annotations

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, Self, cast

TIMEOUT_S = 60.0
SERVER = [sys.executable, "-m", "envlsp", "lsp"]

BARE: dict[str, Any] = {}
"""An editor that says nothing of itself."""

FULL: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-8", "utf-16", "utf-32"]},
    "window": {"workDoneProgress": True, "showMessage": {}, "showDocument": {"support": True}},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "codeLens": {"refreshSupport": True},
        "inlayHint": {"refreshSupport": True},
        "diagnostics": {"refreshSupport": True},
        "semanticTokens": {"refreshSupport": True},
        "textDocumentContent": {"dynamicRegistration": False},
    },
    "textDocument": {
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "completion": {
            "completionItem": {"documentationFormat": ["markdown"], "snippetSupport": True},
            "completionList": {"itemDefaults": ["editRange", "data"]},
        },
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}},
            "isPreferredSupport": True,
            "dataSupport": True,
        },
        "rename": {"prepareSupport": True},
        "diagnostic": {"relatedDocumentSupport": False},
        "publishDiagnostics": {
            "relatedInformation": True,
            "tagSupport": {"valueSet": [1, 2]},
            "versionSupport": True,
            "dataSupport": True,
        },
    },
    "experimental": {
        "envlsp": {"input": True, "pick": True, "status": True, "masks": True, "files": True, "words": True}
    },
}
"""An editor that can do everything."""


class ServerError(Exception):
    """The server answered with an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error.get("message"))
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: Any = error.get("data")


class Editor:
    """One editor with one server.

    Args:
        root: its workspace folder; None: it opens none.
        capabilities: what it says of itself.
        home: `ENVLSP_HOME` of the server.
        answers: method -> what to answer to the server's requests; others get null.
        environ: variables of the server, on top of the test's own.
        within: words before the server's command: where in a small internet it runs.
    """

    def __init__(
        self,
        root: Path | None,
        capabilities: Mapping[str, Any] = BARE,
        *,
        home: Path,
        answers: Mapping[str, Callable[[Any], Any]] | None = None,
        environ: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
        start: bool = True,
        **params: Any,
    ) -> None:
        self.root = root
        self.answers = dict(answers or {})
        self.sent = bytearray()
        self.received = bytearray()
        self.notifications: list[tuple[str, Any]] = []
        self.requests: list[tuple[str, Any]] = []
        self._replies: dict[int, queue.Queue[Any]] = {}
        self._ids = itertools.count(1)  # several threads may ask
        self._changed = threading.Condition()
        self._versions: dict[str, int] = {}
        env = {**os.environ, "ENVLSP_HOME": str(home), **(environ or {})}
        self.process = subprocess.Popen(
            [*within, *SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )
        self.stderr = bytearray()
        for target in (self._read, self._read_errors):
            threading.Thread(target=target, daemon=True).start()
        self.capabilities: dict[str, Any] = {}
        if start:
            self.initialize(capabilities, **params)
            self.notify("initialized", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ------------------------------------------------------------------- life

    def initialize(self, capabilities: Mapping[str, Any], /, **params: Any) -> Any:
        """Introduce this editor."""
        folders = [] if self.root is None else [{"uri": self.root.as_uri(), "name": self.root.name}]
        given = {"processId": os.getpid(), "capabilities": capabilities, "workspaceFolders": folders} | params
        result = self.request("initialize", given)
        self.capabilities = result["capabilities"]
        return result

    def stop(self) -> int:
        """Leave as an editor should, and return the server's exit code."""
        if self.process.poll() is None:
            with suppress(OSError, ServerError):
                self.request("shutdown", None)
            with suppress(OSError):
                self.notify("exit", None)
        return self.wait()

    def wait(self, timeout_s: float = TIMEOUT_S) -> int:
        """Return the server's exit code."""
        try:
            return self.process.wait(timeout_s)
        finally:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                assert stream is not None
                with suppress(OSError):
                    stream.close()

    # ------------------------------------------------------------------- messages

    def send_bytes(self, data: bytes) -> None:
        """Send anything at all."""
        assert self.process.stdin is not None
        self.sent += data
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *messages: Mapping[str, Any]) -> None:
        """Send messages, all in one write."""
        self.send_bytes(b"".join(framed(message) for message in messages))

    def begin(self, method: str, params: Any) -> tuple[int, dict[str, Any]]:
        """Return the id of a new request, and its message."""
        identity = next(self._ids)
        self._replies[identity] = queue.Queue()
        return identity, {"jsonrpc": "2.0", "id": identity, "method": method, "params": params}

    def request(self, method: str, params: Any, timeout_s: float = TIMEOUT_S) -> Any:
        """Ask, and return the result.

        Raises:
            ServerError: the answer is an error.
        """
        identity, message = self.begin(method, params)
        self.send(message)
        return self.answer(identity, timeout_s)

    def has_answered(self, identity: int) -> bool:
        """Return whether an answer is there already."""
        return not self._replies[identity].empty()

    def answer(self, identity: int, timeout_s: float = TIMEOUT_S) -> Any:
        """Wait for the answer to a request."""
        try:
            message = self._replies[identity].get(timeout=timeout_s)
        except queue.Empty:
            raise AssertionError(f"no answer; stderr: {self.stderr.decode()}") from None
        if "error" in message:
            raise ServerError(message["error"])
        return message["result"]

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def command(self, command: str, /, **argument: Any) -> Any:
        """Run a command."""
        return self.request("workspace/executeCommand", {"command": command, "arguments": [argument]})

    # ------------------------------------------------------------------- documents

    def uri(self, name: str) -> str:
        """Return the URI of a file in the workspace."""
        assert self.root is not None
        return (self.root / name).as_uri()

    def open(self, name: str, text: str | None = None, language: str = "") -> str:
        """Open a file of the workspace, and return its URI."""
        assert self.root is not None
        uri = self.uri(name)
        text = (self.root / name).read_bytes().decode() if text is None else text
        self._versions[uri] = 1
        item = {"uri": uri, "languageId": language or "plaintext", "version": 1, "text": text}
        if name.endswith((".py", ".ts", ".js", ".tsx")) and not language:
            item["languageId"] = {"py": "python", "ts": "typescript", "js": "javascript"}.get(
                name.rpartition(".")[2], "typescriptreact"
            )
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def changing(self, uri: str, *changes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message of a change."""
        self._versions[uri] += 1
        params = {
            "textDocument": {"uri": uri, "version": self._versions[uri]},
            "contentChanges": list(changes),
        }
        return {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}

    def open_text(self, uri: str, text: str, language: str) -> None:
        """Open a document that is no file."""
        self._versions[uri] = 1
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, *changes: Mapping[str, Any]) -> None:
        """Change an open document."""
        self.send(self.changing(uri, *changes))

    def at(self, method: str, uri: str, line: int, character: int, **more: Any) -> Any:
        """Ask about a position."""
        params = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}} | more
        return self.request(f"textDocument/{method}", params)

    def about(self, method: str, uri: str, **more: Any) -> Any:
        """Ask about a document."""
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}} | more)

    # ------------------------------------------------------------------- waiting

    def wait_for(self, what: Callable[[], Any], timeout_s: float = TIMEOUT_S) -> Any:
        """Wait until something is true of what has arrived, and return it."""
        until = time.monotonic() + timeout_s
        while not (found := what()):
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError(f"it did not happen; stderr: {self.stderr.decode()}")
            with self._changed:
                self._changed.wait(min(left, 0.05))
        return found

    def told(self, method: str) -> list[Any]:
        """Return the parameters of every notification of a kind."""
        return [params for name, params in list(self.notifications) if name == method]

    def asked(self, method: str) -> list[Any]:
        """Return the parameters of every request of a kind from the server."""
        return [params for name, params in list(self.requests) if name == method]

    # ------------------------------------------------------------------- the reading threads

    def _read(self) -> None:
        assert self.process.stdout is not None
        stream = self.process.stdout
        try:
            while header := stream.readline():
                self.received += header
                length = 0
                while header.strip():
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                    header = stream.readline()
                    self.received += header
                body = stream.read(length)
                self.received += body
                self._take(json.loads(body))
        except ValueError:
            return  # closed, while we were reading

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        with self._changed:
            if method is None:
                if message["id"] in self._replies:
                    self._replies[message["id"]].put(message)
                else:
                    self.notifications.append(("reply", message))
            elif "id" in message:
                self.requests.append((method, message.get("params")))
            else:
                self.notifications.append((method, message.get("params")))
            self._changed.notify_all()
        if method is not None and "id" in message:
            reply = self.answers.get(method)
            answer = None if reply is None else reply(message.get("params"))
            if answer is not WITHHELD:
                with suppress(OSError, ValueError):
                    self.send({"jsonrpc": "2.0", "id": message["id"], "result": answer})

    def _read_errors(self) -> None:
        stream = cast("BufferedReader", self.process.stderr)
        try:
            while data := stream.read1():
                self.stderr += data
        except ValueError:
            return


WITHHELD = object()
"""An answer that never comes."""


def framed(message: Mapping[str, Any]) -> bytes:
    """Return a message as it is sent."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def span(line: int, start: int, end: int, end_line: int | None = None) -> dict[str, Any]:
    """Return a range."""
    last = line if end_line is None else end_line
    return {"start": {"line": line, "character": start}, "end": {"line": last, "character": end}}
