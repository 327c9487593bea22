"""`envlsp switch`: commands are about another environment, on this device and in this folder."""

from __future__ import annotations

from tests.support.cli import failed
from tests.support.desks import Desk


def test_commands_are_about_what_was_switched_to(alice: Desk) -> None:
    alice.ok("env", "create", "staging", "--offline")
    (alice.folder / ".env.staging").write_bytes(b"A=staging\n")
    alice.ok("push", "--env", "staging", "--offline")
    assert alice.ok("get", "A", "--local").text == "1\n"
    assert alice.ok("switch", "staging").text == "commands here are about shop:staging now (.env.staging)\n"
    assert alice.ok("get", "A", "--local").text == "staging\n"
    assert alice.json("status")["env"] == "staging"
    assert alice.json("status", "--env", "dev")["env"] == "dev"
    assert "already" in alice.ok("switch", "shop:staging").text
    document = alice.json("switch", "dev")
    assert (document["app"], document["env"], document["changed"]) == ("shop", "dev", True)
    assert alice.json("status")["env"] == "dev"


def test_an_answer_that_was_remembered_does_not_outlive_the_switch(alice: Desk) -> None:
    """`get` finds its place without looking again; it looks again after a switch."""
    alice.ok("env", "create", "staging", "--offline")
    (alice.folder / ".env.staging").write_bytes(b"NAME=staging\n")
    alice.ok("push", "--env", "staging", "--offline")
    (alice.folder / ".env").write_bytes(b"NAME=dev\n")
    alice.ok("push", "--offline")
    for _ in range(2):
        assert alice.ok("get", "NAME", "--local").text == "dev\n"
    alice.ok("switch", "staging")
    for _ in range(2):
        assert alice.ok("get", "NAME", "--local").text == "staging\n"


def test_there_must_be_such_an_environment(alice: Desk) -> None:
    failed(alice("switch", "nope"), 1, saying="there is no environment shop:nope")
