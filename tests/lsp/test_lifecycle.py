from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.lsp_client import BARE, FULL, SERVER, Editor, ServerError, framed

pytestmark = pytest.mark.slow


def test_shutdown_then_exit_ends_with_zero(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, FULL, home=home) as editor:
        editor.open(".env", "A=1\n")
        started = time.monotonic()
        assert editor.stop() == 0
        assert time.monotonic() - started < 10
        assert editor.stderr == b""


def test_exit_without_shutdown_ends_with_one(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, BARE, home=home) as editor:
        editor.notify("exit", None)
        assert editor.wait() == 1


def test_exit_before_initialize_ends(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, home=home, start=False) as editor:
        editor.notify("exit", None)
        assert editor.wait() == 1


def test_the_end_of_the_stream_ends_it(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, BARE, home=home) as editor:
        assert editor.process.stdin is not None
        editor.process.stdin.close()
        assert editor.wait() == 1


def test_a_signal_ends_it_orderly(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, BARE, home=home) as editor:
        assert editor.at("hover", editor.open(".env", "A=1\n"), 0, 0)
        time.sleep(1.0)  # the engine runs
        editor.process.send_signal(signal.SIGTERM)
        assert editor.wait() == 128 + signal.SIGTERM
        assert editor.stderr == b""


def test_an_editor_that_dies_takes_it_along(tmp_path: Path, home: Path) -> None:
    """The stream stays open, as it does where a child of the editor has inherited it."""
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with Editor(tmp_path, home=home, start=False) as editor:
        editor.initialize(BARE, processId=parent.pid)
        editor.notify("initialized", {})
        assert editor.at("hover", editor.open(".env", "A=1\n"), 0, 0)
        parent.kill()
        parent.wait()
        assert editor.wait() == 1


def test_requests_before_initialize_are_refused(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, home=home, start=False) as editor:
        with pytest.raises(ServerError) as failed:
            editor.request("textDocument/hover", {})
        assert failed.value.code == -32002
        editor.initialize(BARE)
        editor.notify("initialized", {})
        assert editor.at("hover", editor.open(".env", "A=1\n"), 0, 0)


def test_a_second_initialize_and_requests_after_shutdown_are_refused(tmp_path: Path, home: Path) -> None:
    with Editor(tmp_path, BARE, home=home) as editor:
        uri = editor.open(".env", "A=1\n")
        with pytest.raises(ServerError) as failed:
            editor.request("initialize", {})
        assert failed.value.code == -32600
        assert editor.request("shutdown", None) is None
        with pytest.raises(ServerError) as failed:
            editor.at("hover", uri, 0, 0)
        assert failed.value.code == -32600
        editor.notify("exit", None)
        assert editor.wait() == 0


@pytest.mark.parametrize(
    "garbage",
    (
        b"GET / HTTP/1.1\r\n\r\n",
        b"x" * 100_000,
        b"Content-Length: 99999999999999\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
    ),
)
def test_a_stream_that_makes_no_sense_ends_it(tmp_path: Path, home: Path, garbage: bytes) -> None:
    with Editor(tmp_path, BARE, home=home) as editor:
        editor.send_bytes(garbage)
        assert editor.wait() == 1
    with Editor(tmp_path, home=home, start=False) as editor:
        editor.send_bytes(garbage)
        assert editor.wait() == 1


@pytest.mark.parametrize(
    "body",
    (
        b"{",
        b"[]",
        b"null",
        b"7",
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","method":7}',
        b'{"jsonrpc":"2.0","id":{},"method":"textDocument/hover"}',
        b'{"jsonrpc":"2.0","id":1e999,"result":1}',
        b"\xff\xfe",
        b"[" * 100_000,
    ),
)
def test_a_message_that_makes_no_sense_is_passed_over(tmp_path: Path, home: Path, body: bytes) -> None:
    with Editor(tmp_path, BARE, home=home) as editor:
        editor.send_bytes(b"content-length: %d\r\nX-Other: 1\r\n\r\n%b" % (len(body), body))
        assert editor.at("hover", editor.open(".env", "A=1\n"), 0, 0)


@pytest.mark.parametrize(
    ("params", "found"),
    (
        ({"workspaceFolders": None, "rootUri": "URI"}, True),
        ({"workspaceFolders": None, "rootUri": None, "rootPath": "PATH"}, True),
        ({"workspaceFolders": None, "rootUri": None, "rootPath": None}, False),
        ({"workspaceFolders": [], "capabilities": None, "processId": "x"}, False),
    ),
)
def test_every_generation_of_editor_can_name_its_folder(
    tmp_path: Path, home: Path, params: dict[str, Any], *, found: bool
) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    known = {"URI": tmp_path.as_uri(), "PATH": str(tmp_path)}
    given = {
        name: known.get(value, value) if isinstance(value, str) else value for name, value in params.items()
    }
    with Editor(tmp_path, home=home, start=False) as editor:
        editor.initialize(FULL, **given)
        editor.notify("initialized", {})
        uri = editor.open("app.py", 'import os\nos.environ["A"]\n')
        if found:
            editor.wait_for(lambda: editor.at("definition", uri, 1, 13))
        else:
            assert editor.at("hover", editor.open(".env"), 0, 0)


def test_folders_come_and_go(tmp_path: Path, home: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / ".env").write_text(f"IN_{folder.name.upper()}=1\n")
    with Editor(one, FULL, home=home) as editor:
        editor.wait_for(lambda: _names(editor) == {"IN_ONE"})
        added = [{"uri": two.as_uri(), "name": "two"}]
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": added, "removed": []}})
        editor.wait_for(lambda: _names(editor) == {"IN_ONE", "IN_TWO"})
        removed = [{"uri": one.as_uri(), "name": "one"}]
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": removed}})
        editor.wait_for(lambda: _names(editor) == {"IN_TWO"})


def _names(editor: Editor) -> set[str]:
    return {symbol["name"] for symbol in editor.request("workspace/symbol", {"query": "IN"}) or ()}


def test_an_editor_that_reads_nothing_is_still_heard(tmp_path: Path, home: Path) -> None:
    """Answers pile up in the server, and its loop goes on: the stream's end is noticed."""
    environ = {**os.environ, "ENVLSP_HOME": str(home)}
    process = subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
    assert process.stdin is not None
    assert process.stdout is not None
    text = "".join(f"NAME_{number}=1\n" for number in range(2_000))
    item = {"uri": (tmp_path / ".env").as_uri(), "languageId": "", "version": 1, "text": text}
    process.stdin.write(framed({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}))
    process.stdin.write(
        framed({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
    )
    for number in range(2, 30):
        asked = {"textDocument": {"uri": item["uri"]}}
        method = "textDocument/documentSymbol"
        process.stdin.write(framed({"jsonrpc": "2.0", "id": number, "method": method, "params": asked}))
    process.stdin.close()
    assert process.wait(15) == 1
    process.stdout.close()


def test_one_editor_on_a_port_of_this_machine(tmp_path: Path, home: Path) -> None:
    import socket

    environ = {**os.environ, "ENVLSP_HOME": str(home)}
    process = subprocess.Popen(
        [*SERVER, "--tcp", "0"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environ
    )
    assert process.stderr is not None
    port = int(process.stderr.readline().rpartition(b":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(framed({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}))
        assert b"hoverProvider" in connection.recv(65536)
        connection.sendall(framed({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}))
        assert b'"id":2,"result":null' in connection.recv(65536)
        connection.sendall(framed({"jsonrpc": "2.0", "method": "exit"}))
        assert process.wait(10) == 0
    process.stderr.close()


@pytest.mark.parametrize("where", ("0.0.0.0:1", "example.org:80", "x", "70000", "--stdio"))
def test_no_other_machine_may_connect(home: Path, where: str) -> None:
    environ = {**os.environ, "ENVLSP_HOME": str(home)}
    words = ["--tcp", "1", where] if where == "--stdio" else ["--tcp", where]
    result = subprocess.run([*SERVER, *words], capture_output=True, env=environ, check=False)
    assert result.returncode == 2
    assert b"fix:" in result.stderr
