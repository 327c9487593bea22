"""A load client: the least that stands between a clock and a language server.

It blocks on pipes, with no event loop of its own in the way. A time ends when the last
byte of the answer has arrived; reading the JSON is outside it. Questions of the server are
answered with nothing, which every client may do.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 60.0
CHUNK_BYTES = 1 << 20
PIPE_BYTES = 1 << 16

CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "workspaceFolders": True,
        "configuration": True,
        "workspaceEdit": {"documentChanges": True},
        "diagnostics": {"refreshSupport": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
    },
    "textDocument": {
        "completion": {
            "contextSupport": True,
            "completionItem": {"resolveSupport": {"properties": ["documentation", "detail"]}},
            "completionList": {"itemDefaults": ["editRange", "commitCharacters", "data"]},
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "rename": {"prepareSupport": True},
        "publishDiagnostics": {"versionSupport": True},
        "diagnostic": {},
    },
}


def without_pull() -> dict[str, Any]:
    """Return the capabilities of a client that waits for diagnostics instead of asking."""
    text = {name: value for name, value in CAPABILITIES["textDocument"].items() if name != "diagnostic"}
    return {**CAPABILITIES, "textDocument": text}


def without_watchers() -> dict[str, Any]:
    """Return the capabilities of a client that watches no files, so that the server has to."""
    rest = {k: v for k, v in CAPABILITIES["workspace"].items() if k != "didChangeWatchedFiles"}
    return {**CAPABILITIES, "workspace": rest}


class Refused(Exception):
    """The server answered with an error, or not at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and the milliseconds until its last byte."""

    ms: float
    result: Any


@dataclass(frozen=True, slots=True)
class Published:
    """Diagnostics that came by themselves."""

    at: float
    version: int | None
    items: list[Any]


class Document:
    """The client's copy of an open file."""

    def __init__(self, uri: str, language: str, text: str) -> None:
        self.uri = uri
        self.language = language
        self.version = 1
        self.lines = text.split("\n")


class Client:
    """One server process and the files that are open in it."""

    def __init__(
        self, command: Sequence[str | Path], folder: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.documents: dict[Path, Document] = {}
        self.published: dict[str, list[Published]] = {}
        self.capabilities: dict[str, Any] = {}
        self._answers: dict[int, tuple[float, dict[str, Any]]] = {}
        self._number = 0
        self._buffer = bytearray()
        self._outgoing = bytearray()
        self._needed = -1
        self._spawned = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        os.set_blocking(self._in, False)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def age_ms(self) -> float:
        """How long ago the process was started."""
        return (time.perf_counter() - self._spawned) * 1e3

    # --- a life ---

    def initialize(self, capabilities: Mapping[str, Any] = CAPABILITIES) -> float:
        """Shake hands; return the ms from the start of the process to the answer."""
        uri = self.folder.as_uri()
        params = {
            "processId": os.getpid(),
            "clientInfo": {"name": "bench"},
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": self.folder.name}],
            "capabilities": capabilities,
        }
        number, frame = self._question("initialize", params)
        self._send(frame)
        at, result = self._answer(number)
        self.capabilities = result["capabilities"]
        self._send(self.notice("initialized", {}))
        return (at - self._spawned) * 1e3

    def stop(self) -> None:
        """End it in order, or else by force."""
        try:
            self.request("shutdown", None)
            self._send(self.notice("exit", None))
            self._process.wait(10)
        except (Refused, OSError, subprocess.TimeoutExpired):
            pass
        finally:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()

    # --- documents ---

    def opening(self, path: Path, language: str) -> bytes:
        """Return the frame that opens a file as it is on disk, and keep a copy."""
        text = path.read_text()
        document = Document(path.as_uri(), language, text)
        self.documents[path] = document
        item = {"uri": document.uri, "languageId": language, "version": 1, "text": text}
        return self.notice("textDocument/didOpen", {"textDocument": item})

    def open(self, path: Path, language: str) -> None:
        """Open a file as it is on disk."""
        self._send(self.opening(path, language))

    def close(self, path: Path) -> None:
        """Close a file."""
        uri = self.documents.pop(path).uri
        self._send(self.notice("textDocument/didClose", {"textDocument": {"uri": uri}}))

    def change(self, path: Path, line: int, start: int, end: int, text: str, *, lines: int = 0) -> bytes:
        """Return the frame of one edit, and do it to our copy.

        Args:
            path: an open file.
            line: where it begins.
            start: the column there, in UTF-16 units; the corpus is ASCII.
            end: the column where it ends.
            text: what comes in between.
            lines: how many lines further it ends.
        """
        document = self.documents[path]
        document.version += 1
        first, last = document.lines[line], document.lines[line + lines]
        document.lines[line : line + lines + 1] = (first[:start] + text + last[end:]).split("\n")
        change = {
            "range": {
                "start": {"line": line, "character": start},
                "end": {"line": line + lines, "character": end},
            },
            "text": text,
        }
        item = {"uri": document.uri, "version": document.version}
        return self.notice("textDocument/didChange", {"textDocument": item, "contentChanges": [change]})

    def send(self, frame: bytes) -> None:
        """Write a frame, or several."""
        self._send(frame)

    # --- questions ---

    def request(self, method: str, params: Any, *, before: bytes = b"") -> Answer:
        """Ask, and wait for the answer.

        Args:
            method: of LSP.
            params: as JSON.
            before: frames that go out in the same write; the time counts from there.

        Raises:
            Refused: an error came back, or nothing in a minute.
        """
        number, frame = self._question(method, params)
        start = time.perf_counter()
        self._send(before + frame)
        at, result = self._answer(number)
        return Answer((at - start) * 1e3, result)

    def at(
        self, method: str, path: Path, line: int, column: int, *, before: bytes = b"", **more: Any
    ) -> Answer:
        """Ask something about a place in a document."""
        params = {
            "textDocument": {"uri": path.as_uri()},
            "position": {"line": line, "character": column},
            **more,
        }
        return self.request(f"textDocument/{method}", params, before=before)

    def diagnostics(self, path: Path, *, before: bytes) -> Answer:
        """Send a change and return the diagnostics of what came of it: asked for, where that is offered."""
        document = self.documents[path]
        if "diagnosticProvider" in self.capabilities:
            params = {"textDocument": {"uri": document.uri}}
            answer = self.request("textDocument/diagnostic", params, before=before)
            return Answer(answer.ms, answer.result["items"])
        start = time.perf_counter()
        self._send(before)
        came = self.publish_of(path, document.version)
        return Answer((came.at - start) * 1e3, came.items)

    def publish_of(self, path: Path, version: int) -> Published:
        """Wait for the diagnostics of a version."""
        seen = self.published.setdefault(path.as_uri(), [])
        limit = time.perf_counter() + TIMEOUT_S
        while not seen or seen[-1].version != version:
            self._read(limit)
        return seen[-1]

    def listen(self, seconds: float) -> None:
        """Take in what comes for so long."""
        limit = time.perf_counter() + seconds
        while (left := limit - time.perf_counter()) > 0:
            if select.select([self._out], [], [], left)[0]:
                self._receive()

    # --- the wire ---

    def notice(self, method: str, params: Any) -> bytes:
        """Return the frame of a notification."""
        return _frame({"method": method, "params": params})

    def _question(self, method: str, params: Any) -> tuple[int, bytes]:
        self._number += 1
        return self._number, _frame({"id": self._number, "method": method, "params": params})

    def _answer(self, number: int) -> tuple[float, Any]:
        limit = time.perf_counter() + TIMEOUT_S
        while number not in self._answers:
            self._read(limit)
        at, message = self._answers.pop(number)
        if "error" in message:
            raise Refused(str(message["error"]))
        return at, message["result"]

    def _send(self, frame: bytes) -> None:
        """Write it all; read meanwhile, since the server may wait for us to do so."""
        was_idle = not self._outgoing
        self._outgoing += frame
        while was_idle and self._outgoing:
            readable, writable, _ = select.select([self._out], [self._in], [], TIMEOUT_S)
            if writable:
                del self._outgoing[: os.write(self._in, self._outgoing[:PIPE_BYTES])]
            elif readable:
                self._receive()  # may add to what is outgoing
            else:
                raise Refused("the server takes nothing in")

    def _read(self, limit: float) -> None:
        left = limit - time.perf_counter()
        if left <= 0 or not select.select([self._out], [], [], left)[0]:
            raise Refused("no answer")
        self._receive()

    def _receive(self) -> None:
        data = os.read(self._out, CHUNK_BYTES)
        at = time.perf_counter()
        if not data:
            raise Refused("the server is gone")
        self._buffer += data
        while (body := self._body()) is not None:
            self._take(json.loads(body), at)

    def _body(self) -> bytes | None:
        if self._needed < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            header = bytes(self._buffer[:end]).lower()
            self._needed = int(header.split(b"content-length:")[1].split(b"\r\n")[0])
            del self._buffer[: end + 4]
        if len(self._buffer) < self._needed:
            return None
        body = bytes(self._buffer[: self._needed])
        del self._buffer[: self._needed]
        self._needed = -1
        return body

    def _take(self, message: dict[str, Any], at: float) -> None:
        if "method" not in message:
            self._answers[message["id"]] = at, message
        elif "id" in message:
            asked = (
                message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            )
            result = None if asked is None else [None] * len(asked)
            self._send(_frame({"id": message["id"], "result": result}))
        elif message["method"] == "textDocument/publishDiagnostics":
            params = message["params"]
            came = Published(at, params.get("version"), params["diagnostics"])
            self.published.setdefault(params["uri"], []).append(came)


def _frame(message: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body
