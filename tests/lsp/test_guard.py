from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound

from envlsp.errors import LocalChanges, Misuse, NotFound, Stopped
from envlsp.ide.words import plain
from envlsp.lsp import guard
from envlsp.lsp.sentences import words
from tests.support.lsp_inside import Inside

CANARY = "hunter2-in-an-exception"


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Quiet logs, and everything as it was afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    hooks = sys.excepthook
    monkeypatch.setattr("threading.excepthook", None)
    guard.keep_logs_quiet()
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], sys.excepthook = before[0], hooks
    root.setLevel(before[1])


def test_our_own_errors_say_what_to_do() -> None:
    error = guard.failure(Misuse(".env has unsaved changes", fix="save or undo first"))
    assert error.message == ".env has unsaved changes; save or undo first"
    assert error.code == -32803
    assert error.data == {"code": "misuse", "fix": "save or undo first"}
    assert guard.failure(LocalChanges()).data["code"] == "local-changes"  # type: ignore[index]


async def test_what_eve_wrote_is_no_link_in_what_a_person_is_told() -> None:
    """Some editors make of a notification a link that runs a command; a folder's name may be Eve's."""
    evil = "[Install](command:workbench.action.terminal.new)"
    error = guard.failure(Misuse(f"{evil} is no table", fix=f"correct '{evil}'"))
    told = error.message + str(error.data)
    inside = Inside({})
    inside.server.show(types.MessageType.Warning, f"{evil} pushed v2")
    said = (
        words("create", {"name": evil}, 0).sentence
        + words("access.revoke", {"name": evil, "removed": True}, 0).sentence
    )
    for text in (told, str(inside.told("window/showMessage")), said, plain(evil)):
        assert "Install" in text
        assert "](" not in text


@pytest.mark.parametrize("error", (asyncio.CancelledError(), Stopped()))
def test_what_was_stopped_is_told_as_stopped(error: BaseException) -> None:
    assert guard.failure(error).code == -32800


def test_of_any_other_exception_only_the_type_leaves() -> None:
    for error in (ValueError(CANARY), KeyError(CANARY), ExceptionGroup(CANARY, [OSError(CANARY)])):
        told = guard.failure(error)
        assert told.message == f"something went wrong ({type(error).__name__})"
        assert told.data is None
    assert guard.failure(JsonRpcMethodNotFound()).code == -32601


def test_no_log_holds_what_was_logged(logs: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=CANARY) as raised:
        int(CANARY)
    error = raised.value
    logging.getLogger("pygls.protocol").error("Exception for %s", CANARY, exc_info=error)
    logging.getLogger("other").error(CANARY)
    logging.getLogger("pygls.server").info("Sending data: %s", CANARY)
    guard.note(error, "a request failed")
    sys.excepthook(type(error), error, error.__traceback__)
    told = capsys.readouterr()
    assert CANARY not in told.err + told.out
    lines = told.err.splitlines()
    assert len(lines) == 4
    assert "error from pygls.protocol" in lines[0]
    assert "ValueError" in lines[0]
    assert "test_guard.py" in lines[2]


async def test_a_handler_that_breaks_answers_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    inside = Inside({})

    def broken(_params: object) -> None:
        raise ValueError(CANARY)

    async def later(_params: object) -> None:
        await asyncio.sleep(0)
        raise NotFound(f"no {CANARY[:7]}", fix="look")

    handlers = inside.server.protocol._handlers
    handlers["textDocument/hover"] = broken
    handlers["textDocument/didOpen"] = broken
    handlers["shutdown"] = later
    place = {"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}
    assert inside.ask("textDocument/hover", place)["error"] == {
        "code": -32603,
        "message": "something went wrong (ValueError)",
    }
    inside.open("file:///x", CANARY)
    inside.server.protocol.receive({"jsonrpc": "2.0", "id": 9, "method": "shutdown"})
    await asyncio.sleep(0.01)
    assert inside.sent[-1]["error"]["message"] == "no hunter2; look"
    assert CANARY not in capsys.readouterr().err + str(inside.sent)
