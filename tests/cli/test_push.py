"""`envlsp push`: the file becomes a release, once, and only upon the newest one."""

from __future__ import annotations

from tests.support.cli import failed
from tests.support.desks import Desk, carry


def test_the_file_becomes_a_release(alice: Desk) -> None:
    document = alice.json("push", "-m", "first", "--offline")
    assert document["release"] == "v1"
    assert len(bytes.fromhex(document["id"])) == 32
    assert document["made"] is True
    assert document["changed"] == {"added": ["A", "B"], "changed": [], "removed": []}
    assert document["reached"] == 0


def test_nothing_changed_makes_no_release(alice: Desk) -> None:
    alice.ok("push")
    again = alice.ok("push")
    assert again.text == "nothing changed since v1\n"
    document = alice.json("push")
    assert (document["release"], document["made"]) == ("v1", False)
    assert len(alice.json("log")["releases"]) == 1


def test_the_line_counts_names(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.write_bytes(b"A=2\nC=3\n")
    assert alice.ok("push").text == "v2  +1 ~1 -1\n"


def test_a_file_that_is_behind_is_refused(alice: Desk, bob: Desk) -> None:
    bob.ok("pull", "--offline")
    alice.ok("set", "A", "--offline", stdin=b"new")
    carry(alice, bob)
    bob.env_file.write_bytes(b"A=3\n")
    failed(bob("push", "--offline"), 8, saying="v2 by Alice")
    assert bob.json("push", "--offline", "--force")["release"] == "v3"


def test_a_line_that_no_release_can_carry_is_named_and_not_quoted(alice: Desk) -> None:
    alice.env_file.write_bytes(b"A='hunter2\n")
    result = alice("push")
    if result.code:
        failed(result, 2, saying="line 1")
        assert "hunter2" not in result.talk


def test_nobody_is_looked_for_in_a_team_of_one(alice: Desk) -> None:
    assert alice.ok("push").talk == ""


def test_without_a_server_the_release_is_made_and_the_person_told(alice: Desk, bob: Desk) -> None:
    alice.env_file.write_bytes(b"A=9\n")
    result = alice.ok("push")
    assert result.text.startswith("v2  ")
    assert result.talk.startswith("nobody reachable now; teammates get it when")
