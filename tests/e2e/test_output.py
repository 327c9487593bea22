"""What scripts rely on: `--json`, exit codes, standard input."""

from __future__ import annotations

import re
import signal

import pytest

from tests.support.cli import failed
from tests.support.processes import (
    DOTENV,
    Background,
    Cast,
    refused,
    shown_words,
    signaling_command,
)

pytestmark = pytest.mark.slow


def test_json_of_the_verbs_that_scripts_read(stage: Cast) -> None:
    alice, _ = stage.team()
    pushed = alice.json("push", "-m", "first")
    assert re.fullmatch(r"[0-9a-f]{8,64}", pushed["id"])
    assert pushed == {
        "schema": 1,
        "release": "v1",
        "id": pushed["id"],
        "made": True,
        "changed": {"added": ["API_URL", "DB", "PASSWORD", "TOKEN"], "changed": [], "removed": []},
        "reached": 0,
    }
    again = alice.json("push")
    assert (again["release"], again["id"], again["made"]) == ("v1", pushed["id"], False)

    (row,) = alice.json("log")["releases"]
    assert (row["release"], row["id"], row["author"], row["message"]) == (
        "v1",
        pushed["id"],
        "Alice",
        "first",
    )

    status = alice.json("status")
    assert (status["release"], status["id"], status["role"]) == ("v1", pushed["id"], "admin")
    assert (status["project"], status["env"], status["devices"]) == ("shop", "dev", 1)
    assert status["changed"] == []

    listed = alice.json("list")
    assert [secret["name"] for secret in listed["secrets"]] == ["API_URL", "DB", "PASSWORD", "TOKEN"]
    assert "one.example" not in str(listed)

    members = alice.json("members")["members"]
    assert [member["address"] for member in members] == ["alice@example.com", "bob@example.com"]
    (peer,) = alice.json("peers")["peers"]
    assert (peer["name"], peer["state"]) == ("Bob (Bob-pc)", "offline")


def test_marks_are_equal_where_values_are(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    alice.ok("set", "COPY", stdin=b"https://one.example\n")
    marks = {secret["name"]: secret["mark"] for secret in alice.json("list")["secrets"]}
    assert marks["COPY"] == marks["API_URL"] != marks["TOKEN"]
    (change,) = alice.json("diff", "v1..v2")["changes"]
    assert (change["name"], change["change"], change["new_mark"]) == ("COPY", "added", marks["COPY"])


def test_invite_prints_its_code_before_it_waits(stage: Cast) -> None:
    alice = stage.founder("Alice")
    invitation = alice.start("--json", "invite", "--yes")
    first = invitation.document()
    assert first == {"schema": 1, "code": first["code"]}
    assert re.fullmatch(r"\d{6}(-[a-z]+)+", first["code"])
    assert invitation.process.poll() is None
    assert invitation.stop(signal.SIGINT).code == 130


def test_join_reads_its_code_from_standard_input_outside_of_a_project(stage: Cast) -> None:
    alice = stage.founder("Alice")
    bob = stage.person("Bob")
    invitation = alice.start("invite", "--yes", "--json")
    code = invitation.document()["code"]
    joined = bob.ok("join", "-", *bob.who, "--yes", "--json", stdin=code.encode())
    assert joined.document["members"] == 2
    assert joined.document["words"] == shown_words(invitation.finish().talk)


def test_set_reads_its_value_from_standard_input(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    value = "two\nlines 'and' \"quotes\" $HOME ünï".encode()
    made = alice.json("set", "NOTE", stdin=value + b"\n")
    assert (made["release"], made["changed"]["added"]) == ("v2", ["NOTE"])
    assert alice.ok("get", "NOTE").out == value + b"\n"
    assert alice.env.read_bytes().startswith(DOTENV)  # the file came along, its other bytes untouched

    told = alice.run("set", "NOTE=canary-value")
    failed(told, 2)
    assert "canary" not in told.talk


def test_exit_code_3_where_there_is_no_team(stage: Cast) -> None:
    nobody = stage.person("Nobody")
    for verb in ("status", "push", "pull", "log", "list", "members"):
        failed(nobody.run(verb), 3)
    failed(nobody.run("run", "--", "true"), 3)


def test_exit_code_6_for_a_name_in_conflict(stage: Cast) -> None:
    """Two push at once, apart from each other: nobody's value is chosen for them."""
    alice, bob = stage.team()
    alice.ok("push", "--offline")
    bob_agent = bob.agent()
    alice.meet()
    bob_agent.stop()
    bob.ok("pull", "--offline")
    for one, host in ((alice, b"alices.example"), (bob, b"bobs.example")):
        one.env.write_bytes(DOTENV.replace(b"one.example", host))
        one.ok("push", "--offline")
    alice.agent()
    bob.meet()

    assert bob.json("status")["conflicts"] == ["API_URL"]
    failed(bob.run("get", "API_URL"), 6, saying="API_URL")
    refused(bob.run("run", "--", "true"), 6, saying="API_URL")
    assert bob.ok("get", "TOKEN").out == b"a b#c\n"
    bob.ok("set", "API_URL", stdin=b"https://agreed.example")
    assert bob.ok("get", "API_URL").out == b"https://agreed.example\n"


def test_exit_code_6_before_local_edits_are_lost(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    alice.ok("set", "API_URL", stdin=b"https://two.example")
    alice.ok("rollback", "v1")
    before = alice.env.read_bytes().replace(b"one.example", b"mine.example")
    alice.env.write_bytes(before)
    alice.ok("set", "API_URL", stdin=b"https://three.example")
    refused(alice.run("pull"), 6, saying="API_URL")
    assert alice.env.read_bytes() == before


def test_exit_code_7_when_nobody_is_there(stage: Cast) -> None:
    alice, bob = stage.team()
    failed(bob.run("sync"), 7)
    alice.extra["ENVLSP_SIGNALING"] = "ws://127.0.0.1:9"
    failed(alice.run("sync"), 7, saying="signaling")
    failed(alice.run("invite", "--yes"), 7)
    alice.ok("push")  # what was made is made, whoever is there


def test_the_signaling_server_says_where_it_is(stage: Cast) -> None:
    server = Background([*signaling_command(), "--port", "0", "--json"], stage.root, {})
    stage.started.callback(server.end)
    announced = server.document()
    assert re.fullmatch(r"ws://127\.0\.0\.1:\d+", announced["url"])
    ended = server.stop()
    assert (ended.code, ended.out) == (0, b"")
