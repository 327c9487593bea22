"""Locking and unlocking by the real command line: an agent, a terminal, and an editor's server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from envlsp.service.facade import Service
from tests.support.cast import FIRST_FILE, Actor
from tests.support.cli import failed
from tests.support.lsp_client import FULL, Editor
from tests.support.processes import Cast, Teammate, wait_until
from tests.support.terminals import Terminal

pytestmark = pytest.mark.slow

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def alice(stage: Cast) -> Teammate:
    """Alice with a passphrase, in place of the key file that she began with."""
    alice = stage.founder("Alice")
    alice.ok("push")
    with Terminal(["protect", "--passphrase"], alice.shop, alice.environ()) as terminal:
        for _ in range(2):
            terminal.expect(r"passphrase[^\n]*: ")
            terminal.type(PASSPHRASE)
        assert terminal.finish() == 0, terminal.screen
    return alice


def unlock(alice: Teammate, *words: str) -> str:
    with Terminal(["unlock", *words], alice.shop, alice.environ()) as terminal:
        terminal.expect(r"passphrase[^\n]*: ")
        terminal.type(PASSPHRASE)
        assert terminal.finish() == 0, terminal.screen
        assert PASSPHRASE not in terminal.screen
        return terminal.screen


def test_an_agent_without_a_terminal_waits_to_be_unlocked(alice: Teammate) -> None:
    failed(alice.run("get", "TOKEN"), 4)
    agent = alice.start("agent", "--json")
    assert agent.document()["ready"] is True
    failed(alice.run("get", "TOKEN"), 4)
    assert alice.json("protect") == {
        "schema": 1,
        "changed": False,
        "protection": "passphrase",
        "locked": False,
        "held": False,
        "left_s": None,
    }

    assert "unlocked for 29 minutes" in unlock(alice, "--for", "1799s")
    assert alice.ok("get", "TOKEN").out == b"a b#c\n"
    assert 1_700 < alice.json("status")["lock"]["left_s"] < 1_800
    assert "a passphrase; unlocked for" in alice.ok("protect").text

    assert alice.ok("lock").text == "locked\n"
    assert alice.json("lock")["changed"] is False
    failed(alice.run("get", "TOKEN"), 4)
    failed(alice.run("sync"), 4)
    assert agent.process.poll() is None, "it goes on, and can be unlocked"
    unlock(alice)
    assert alice.ok("get", "TOKEN").out == b"a b#c\n"
    assert agent.stop().code == 0


def test_the_time_is_over_in_an_agent_too(alice: Teammate) -> None:
    alice.agent()
    assert "unlocked for" in unlock(alice, "--for", "3s")
    wait_until(lambda: alice.run("get", "TOKEN").code == 4)


def test_with_nobody_to_hold_the_key_unlocking_says_so(alice: Teammate) -> None:
    alice.ok("lock")
    assert "nothing is running that could hold the key" in unlock(alice)
    failed(alice.run("get", "TOKEN"), 4)


def test_a_key_file_is_not_locked(stage: Cast) -> None:
    bob = stage.founder("Bob")
    bob.ok("push")
    failed(bob.run("lock"), 1, saying="envlsp protect --passphrase")
    assert bob.ok("protect").text == "a key file\n"
    assert bob.ok("get", "TOKEN").out == b"a b#c\n"
    failed(bob.run("protect", "--keyring"), 4, saying="no keyring")
    failed(bob.run("protect", "--keyring", "--passphrase"), 2)
    failed(bob.run("protect", "--passphrase"), 2)


def test_a_device_that_has_moved_says_so_once(stage: Cast) -> None:
    bob = stage.founder("Bob")
    code = (
        "import sys; from envlsp.store import machine; machine.machine_hint = lambda: 'another';"
        "from envlsp.__main__ import main; sys.argv = ['envlsp', *sys.argv[1:]]; sys.exit(main())"
    )
    import subprocess
    import sys

    def there(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, cwd=bob.shop, env=bob.environ(), capture_output=True, check=False)

    refused = there("push", "--offline")
    assert refused.returncode == 1
    assert b"--i-moved-this-device" in refused.stderr
    assert there("push", "--offline", "--i-moved-this-device").returncode == 0
    bob.env.write_bytes(b"A=2\n")
    assert there("push", "--offline").returncode == 0
    bob.env.write_bytes(b"A=3\n")
    failed(bob.run("push", "--offline"), 1, saying="another machine")


# --- an editor ---------------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path) -> Actor:
    """Alice's device with a passphrase that costs what it costs users: half a second."""
    locked = Actor("alice", tmp_path / "alice")
    locked.service.close()
    locked.service = Service(locked.talk, environ=locked.environ)
    locked.found(FIRST_FILE).push(message="first")
    locked.close()
    return locked


def lenses(editor: Editor, uri: str) -> list[str]:
    return [lens["command"]["title"] for lens in editor.about("codeLens", uri) or ()]


def test_an_editor_answers_hovers_while_a_passphrase_is_stretched(locked: Actor) -> None:
    answers = {"envlsp/input": lambda _: {"value": "a passphrase"}}
    with Editor(
        locked.root, FULL, home=locked.home, answers=answers, environ={"ENVLSP_SIGNALING": ""}
    ) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: lenses(editor, uri) == ["Unlock"])
        editor.at("hover", uri, 1, 2)
        identity, message = editor.begin(
            "workspace/executeCommand", {"command": "envlsp.unlock", "arguments": [{"uri": uri}]}
        )
        editor.send(message)
        answered = 0
        while not editor.has_answered(identity):
            assert editor.at("hover", uri, 1, 2)
            answered += 1
        answer: Any = editor.answer(identity)
        assert answer["kept"] is True
        assert answered > 5, "a stretch on the loop would make each wait for half a second"


def test_a_lock_anywhere_locks_the_editor_and_an_unlock_anywhere_unlocks_it(locked: Actor) -> None:
    answers = {"envlsp/input": lambda _: {"value": "a passphrase"}}
    with Editor(
        locked.root, FULL, home=locked.home, answers=answers, environ={"ENVLSP_SIGNALING": ""}
    ) as editor:
        uri = editor.open(".env")
        editor.wait_for(lambda: lenses(editor, uri) == ["Unlock"])
        assert editor.command("envlsp.unlock", uri=uri)["kept"] is True
        editor.wait_for(lambda: any("v1" in title for title in lenses(editor, uri)))
        assert editor.command("envlsp.status", uri=uri)["lock"]["held"] is True
        environ = {"ENVLSP_HOME": str(locked.home)}
        from tests.support.cli import envlsp

        assert envlsp("lock", env=environ).code == 0
        editor.wait_for(lambda: lenses(editor, uri) == ["Unlock"])
        assert editor.command("envlsp.unlock", uri=uri)["changed"] is True
        editor.wait_for(lambda: any("v1" in title for title in lenses(editor, uri)))
        locked_now = editor.command("envlsp.lock", uri=uri)
        assert locked_now.pop("said")["sentence"].startswith("locked: ")
        assert locked_now == {"schema": 1, "locked": True, "changed": True}
        editor.wait_for(lambda: lenses(editor, uri) == ["Unlock"])
