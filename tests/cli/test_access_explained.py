"""`access why`, `access exposure`, and how `access revoke` ends."""

from __future__ import annotations

import pytest

from envlsp.cli import explaining
from tests.support.cli import failed
from tests.support.desks import Desk, carry

ALICE, BOB = "Alice <alice@example.com>", "Bob <bob@example.com>"
CANARY = b"c4n4ry-value"


def revoke(admin: Desk, who: str) -> None:
    admin.ok("access", "revoke", who, "--offline", "--yes")


# --- why ---


def test_the_records_that_decide(alice: Desk, bob: Desk) -> None:
    alice.ok("access", "grant", "bob", "--role", "viewer", "--offline")
    revoke(alice, "bob")
    rows = alice.ok("access", "why", "bob@example.com").text.splitlines()
    told = [row.partition("  ")[2].strip().removeprefix("just now").split("  ") for row in rows[:3]]
    assert [[part.strip() for part in row if part.strip()] for row in told] == [
        [f"{ALICE} let them in as developer", "over"],
        [f"{ALICE} made them viewer", "over"],
        [f"{ALICE} removed them", "decides"],
    ]
    assert rows[3:] == [f"{BOB} was removed"]
    carry(alice, bob)
    assert bob.ok("access", "why", "Bob").text.splitlines()[-1] == f"{BOB} was removed"


def test_of_two_who_removed_each_other_the_senior_stays(alice: Desk, bob: Desk) -> None:
    alice.ok("access", "grant", "bob", "--role", "admin", "--offline")
    carry(alice, bob)
    revoke(alice, "bob")
    revoke(bob, "alice")
    carry(bob, alice)
    carry(alice, bob)
    document = alice.json("access", "why", "alice")
    theirs = bob.json("access", "why", "alice")
    assert document == theirs | {"records": document["records"], "trusted": True}
    assert not theirs["trusted"], "his device had seen her removed"
    assert (document["role"], document["removed"]) == ("admin", False)
    founded, removed = document["records"]
    assert (founded["act"], founded["outcome"]) == ("founded", "decides")
    assert (removed["act"], removed["by"], removed["outcome"]) == ("removed", BOB, "void")
    (because,) = removed["because"]
    assert (because["by"], because["ground"], because["over"]) == (ALICE, "longer", BOB)
    assert because["id"] == alice.json("access", "why", "bob")["records"][-1]["id"]
    assert "and is senior: admin for longer" in alice.ok("access", "why", "alice").text


def test_a_stranger_is_no_news(alice: Desk) -> None:
    failed(alice("access", "why", "carol"), 1, saying="nobody called 'carol' is or was in the team")
    failed(alice("access", "exposure", "carol"), 1, saying="nobody called 'carol'")


# --- exposure ---


def test_what_a_member_can_read(alice: Desk, bob: Desk) -> None:
    alice.ok("set", "A", "--offline", stdin=CANARY)
    result = alice.ok("access", "exposure", "Bob")
    assert [line.split()[:4] for line in result.text.splitlines()] == [
        ["shop/shop/dev", "A", "v2", "Alice"],
        ["shop/shop/dev", "B", "v1", "Alice"],
    ]
    assert result.talk == f"{BOB} can read 2 values\n"
    document = alice.json("access", "exposure", "Bob")
    assert [(v["env"], v["name"], v["release"]) for v in document["values"]] == [
        ("dev", "A", "v2"),
        ("dev", "B", "v1"),
    ]
    assert (document["member"], document["complete"]) == (True, True)
    assert CANARY not in result.out + result.err


def test_what_is_left_to_change(alice: Desk, bob: Desk) -> None:
    result = alice.ok("access", "revoke", "bob", "--offline", "--yes")
    identity = alice.json("access", "exposure", "bob")["id"]
    assert result.talk.splitlines()[-3:] == [
        "what they have read they may have kept: change those values at their source",
        "  shop/shop/dev: 2 (A, B)",
        f"all 2, newest first: envlsp access exposure {identity}",
    ]
    alice.ok("set", "A", "--offline", stdin=b"new")
    left = alice.ok("access", "exposure", identity)
    assert [line.split()[1] for line in left.text.splitlines()] == ["B"]
    assert left.talk == f"{BOB} could read 1 value still in use; change at the source, then push\n"
    alice.ok("set", "B", "--offline", stdin=b"new")
    done = alice.ok("access", "exposure", "bob")
    assert (done.out, done.talk) == (b"", f"{BOB} could read no value that is still in use\n")


def test_a_removal_says_all_of_it_to_a_script(alice: Desk, bob: Desk) -> None:
    document = alice.json("access", "revoke", "bob", "--offline", "--yes")
    assert [value["name"] for value in document["values"]] == ["A", "B"]
    assert document["values"] == alice.json("access", "exposure", "bob")["values"]
    assert document["complete"]


def test_a_terminal_gets_the_first_and_a_count(
    alice: Desk, bob: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "SCREEN_ROWS", 1)
    assert len(alice.ok("access", "exposure", "bob").text.splitlines()) == 2
    monkeypatch.setattr(explaining, "_is_screen", lambda: True)
    result = alice.ok("access", "exposure", "bob")
    assert len(result.text.splitlines()) == 1
    identity = alice.json("access", "exposure", "bob")["id"]
    assert result.talk.splitlines() == [
        f"and 1 more: envlsp access exposure {identity} | less",
        f"{BOB} can read 2 values",
    ]
    assert len(alice.json("access", "exposure", "bob")["values"]) == 2


def test_who_waits_for_a_key_is_told_so(alice: Desk, bob: Desk) -> None:
    revoke(alice, "bob")
    alice.ok("set", "A", "--offline", stdin=b"new")
    carry(alice, bob)
    result = bob.ok("access", "exposure", "bob")
    assert "wait for a key" in result.talk
    assert bob.json("access", "exposure", "bob")["complete"] is False
