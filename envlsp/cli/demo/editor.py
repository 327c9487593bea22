"""An editor as the language server sees it: documents, requests, and what comes unasked.

Small on purpose: it shows nothing by itself and decides nothing. Rules as for the other
processes of the demo: nothing waits without a limit, and leaving ends the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from envlsp.cli.demo.children import END_S, STEP_S, Stopped

Message: TypeAlias = dict[str, Any]

_CAPABILITIES: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "hover": {"contentFormat": ["markdown"]},
        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor", "source"]}}
        },
        "codeLens": {},
        "inlayHint": {},
        "diagnostic": {},
    },
    "workspace": {
        "codeLens": {"refreshSupport": True},
        "diagnostics": {"refreshSupport": True},
        "workspaceFolders": True,
    },
}


class Editor:
    """A language server and the documents it was shown."""

    def __init__(self, words: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            words,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._news = threading.Condition()
        self._answers: dict[int, Message] = {}
        self._refreshes: list[str] = []
        self._number = 0
        self._has_ended = False
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the editor; after a failure without the usual words."""
        self.end(politely=error is None)

    # --- what an editor does ---------------------------------------------------------------------

    def begin(self) -> None:
        """Start the conversation."""
        uri = self.folder.as_uri()
        folders = [{"uri": uri, "name": self.folder.name}]
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri,
                "workspaceFolders": folders,
                "capabilities": _CAPABILITIES,
            },
        )
        self._notify("initialized", {})

    def open(self, name: str, language: str) -> str:
        """Open a file, and return its text."""
        text = (self.folder / name).read_text()
        document = {"uri": self._uri(name), "languageId": language, "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        return text

    def type(self, name: str, place: tuple[int, int], text: str, version: int) -> None:
        """Type a text at a place, line and column from 0."""
        at = {"line": place[0], "character": place[1]}
        change = {"range": {"start": at, "end": at}, "text": text}
        document = {"uri": self._uri(name), "version": version}
        self._notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def reload(self, name: str, version: int) -> str:
        """Take over what is on disk now, as editors do with an unchanged buffer."""
        text = (self.folder / name).read_text()
        document = {"uri": self._uri(name), "version": version}
        self._notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        self._notify("textDocument/didSave", {"textDocument": {"uri": self._uri(name)}})
        return text

    def about(self, method: str, name: str, place: tuple[int, int] | None = None, **more: object) -> Any:
        """Ask about a file, or about a place in it: line and column from 0."""
        params: Message = {"textDocument": {"uri": self._uri(name)}, **more}
        if place is not None:
            params["position"] = {"line": place[0], "character": place[1]}
        return self.ask(f"textDocument/{method}", params)

    def command(self, verb: str, **arguments: object) -> Any:
        """Run one of the server's commands on `.env`."""
        argument = {"uri": self._uri(".env"), **arguments}
        return self.ask("workspace/executeCommand", {"command": f"envlsp.{verb}", "arguments": [argument]})

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so; looked at again with each refresh the server asks for.

        Raises:
            Stopped: it never was.
        """
        limit = time.monotonic() + STEP_S
        while not holds():
            with self._news:
                seen = len(self._refreshes)
                self._news.wait_for(lambda: len(self._refreshes) > seen or self._has_ended, timeout=0.25)  # noqa: B023
            if time.monotonic() > limit or self._has_ended:
                raise Stopped("the language server never showed what was waited for")

    def end(self, *, politely: bool = True) -> None:
        """Close the editor."""
        if not politely:
            self._process.kill()
        elif self._process.poll() is None and not self._has_ended:
            self.ask("shutdown", None)
            self._notify("exit", None)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(END_S)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    # --- the wire --------------------------------------------------------------------------------

    def ask(self, method: str, params: object) -> Any:
        """Send a request and return its result.

        Raises:
            Stopped: it was refused, or not answered in time.
        """
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self._has_ended, timeout=STEP_S)
        answer = self._answers.pop(number, None)
        if answer is None or "error" in answer:
            said = answer["error"].get("message", "") if answer else "no answer"
            raise Stopped(f"the language server refused {method}: {said}")
        return answer.get("result")

    def _notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while head := stream.readline():
            length = int(head.partition(b":")[2]) if head.lower().startswith(b"content-length") else 0
            while head.strip():
                head = stream.readline()
            self._take(json.loads(stream.read(length)))
        with self._news:
            self._has_ended = True
            self._news.notify_all()

    def _take(self, message: Message) -> None:
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": _reply(message)})
        with self._news:
            if "method" not in message:
                self._answers[message["id"]] = message
            elif message["method"].endswith("/refresh"):
                self._refreshes.append(message["method"])
            self._news.notify_all()

    def _uri(self, name: str) -> str:
        return (self.folder / name).as_uri()


def _reply(message: Message) -> object:
    """Answer what a server asks of an editor without a person in front."""
    if message["method"] == "workspace/configuration":
        return [None] * len(message["params"]["items"])
    if message["method"] == "workspace/applyEdit":
        return {"applied": False}
    return None
