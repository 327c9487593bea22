"""`envlsp agent`: a device that stays online, and what happens when it dies."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

import pytest

from tests.support.live_editor import LiveEditor, editors, node_of
from tests.support.processes import Cast, Teammate, refused, wait_until

pytestmark = pytest.mark.slow


def _is_in_step(person: Teammate) -> bool:
    return [peer["in_sync"] for peer in person.json("peers")["peers"]] == [True]


def test_a_push_reaches_a_teammates_agent_by_itself(stage: Cast) -> None:
    alice, bob = stage.team()
    agents = alice.agent(), bob.agent()
    for one in (alice, bob):
        wait_until(partial(_is_in_step, one))
    (peer,) = alice.json("peers")["peers"]
    assert (peer["name"], peer["state"], peer["path"]) == ("Bob (Bob-pc)", "online", "direct")

    assert alice.json("push")["reached"] == 1
    wait_until(bob.has_release("v1"))
    bob.ok("pull", "--offline")
    assert bob.env.read_bytes() == alice.env.read_bytes()
    for agent in agents:
        ended = agent.stop()
        assert (ended.code, ended.talk) == (0, "")


def test_a_killed_agent_leaves_the_way_free(stage: Cast) -> None:
    alice, bob = stage.team()
    alice.agent()
    killed = bob.agent()
    killed.stop(signal.SIGKILL)
    alice.ok("push")

    bob.meet()  # Bob's own command is the node now
    bob.ok("pull", "--offline")
    assert bob.env.read_bytes() == alice.env.read_bytes()

    again = bob.agent()  # and what is left of the dead one stops no new one
    assert again.stop().code == 0


def test_a_second_agent_says_that_one_is_running(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.agent()
    result = alice.run("agent")
    refused(result, 1)
    assert "an agent keeps this device reachable already: process " in result.talk
    assert "wait until" not in result.talk


def test_interrupting_an_agent_is_its_orderly_end(stage: Cast) -> None:
    alice = stage.founder("Alice")
    assert alice.agent().stop(signal.SIGINT).code == 0


def test_an_agent_serves_a_team_that_was_joined_after_it_started(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    alice.agent()
    bob = stage.founder("Bob", b"OWN=1\n")
    bob.agent()
    second = bob.folder / "alices"
    bob.git("clone", "-q", str(alice.shop), str(second))

    invitation = alice.start("invite", "--yes", "--json")
    code = invitation.document()["code"]
    bob.ok("join", code, *bob.who, at=second)
    assert invitation.finish().code == 0
    bob.meet(at=second)
    bob.ok("pull", at=second)
    assert (second / ".env").read_bytes() == alice.env.read_bytes()


def test_while_an_editor_is_the_node_an_agent_stands_by_and_takes_over(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push", "--offline")
    with editors(partial(LiveEditor, alice)) as (editor,):
        node_of(alice, [editor])
        agent = alice.start("agent", "--json")
        waiting = agent.document()
        assert (waiting["ready"], waiting["node"]) == (False, f"process {editor.process.pid} (an editor)")
        assert alice.json("agent", "status")["node"] == waiting["node"]
    assert agent.document()["ready"] is True
    assert alice.json("agent", "status")["node"] == f"process {agent.process.pid} (agent)"
    assert agent.stop().code == 0
    assert alice.json("agent", "status")["node"] is None


def test_the_system_can_be_told_to_start_it(stage: Cast) -> None:
    alice = stage.founder("Alice")
    assert alice.json("agent", "status")["installed"] is False
    shown = alice.ok("agent", "install", "--print").text
    made = alice.json("agent", "install")
    assert (made["made"], len(made["enable"])) == (True, 2)
    assert Path(made["path"]).is_relative_to(alice.folder)
    assert Path(made["path"]).read_text() == shown
    assert alice.json("agent", "install")["made"] is False
    assert alice.json("agent", "status")["current"] is True

    Path(made["path"]).write_text("[Service]\nExecStart=/bin/true\n")
    refused(alice.run("agent", "install"), 1, saying="is there already")
    refused(alice.run("agent", "uninstall"), 1, saying="is not one that envlsp wrote")
    Path(made["path"]).write_text(shown)
    assert alice.json("agent", "uninstall")["removed"] is True
    assert alice.json("agent", "uninstall")["removed"] is False
