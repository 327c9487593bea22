"""`access contest`: the senior comes back, the junior is told why not."""

from __future__ import annotations

import pytest

from tests.support.cli import failed
from tests.support.desks import Desk, carry

BOB = "Bob <bob@example.com>"


@pytest.fixture
def removed(alice: Desk, bob: Desk) -> Desk:
    """Alice's desk: Bob, whom she made an admin, has removed her."""
    alice.ok("access", "grant", "bob", "--role", "admin", "--offline")
    carry(alice, bob)
    bob.ok("access", "revoke", "alice", "--offline", "--yes")
    carry(bob, alice)
    return alice


def test_the_founder_comes_back(removed: Desk, bob: Desk) -> None:
    assert removed.json("status")["member"] is False
    result = removed.ok("access", "contest", "--offline", "--yes")
    assert result.text == f"you are in the team again, {BOB} removed\n"
    assert "access confirm" in result.talk
    assert removed.json("status")["member"] is True
    carry(removed, bob)
    assert bob.json("status")["member"] is False


def test_as_a_document(removed: Desk) -> None:
    document = removed.json("access", "contest", "bob", "--offline", "--yes")
    assert (document["removed"][0]["name"], document["member"], document["reached"]) == (BOB, True, 0)


def test_a_person_who_says_no_changes_nothing(removed: Desk) -> None:
    failed(removed("access", "contest", "--offline"), 2, after="did not hand on will not count")
    assert removed.json("status")["member"] is False


def test_a_junior_is_told_why_not(alice: Desk, bob: Desk) -> None:
    alice.ok("access", "grant", "bob", "--role", "admin", "--offline")
    alice.ok("access", "revoke", "bob", "--offline", "--yes")
    carry(alice, bob)
    failed(bob("access", "contest", "--offline", "--yes"), 5, saying="senior: admin for longer")
    failed(alice("access", "contest", "--offline", "--yes"), 1, saying="nobody has removed this device")


def test_whoever_was_removed_is_told_the_way_back_that_works(removed: Desk, bob: Desk) -> None:
    assert "contest" in removed.ok("access").talk
    shown = removed.ok("status").talk
    assert "next: envlsp access contest" in shown
    assert "envlsp push" not in shown
    failed(removed("push", "--offline"), 5, saying="fix: envlsp access contest")
    removed.ok("access", "contest", "--offline", "--yes")
    carry(removed, bob)
    assert "contest" not in bob.ok("access").talk + bob.ok("status").talk
    failed(bob("set", "X", "--offline", stdin=b"x"), 5, saying="fix: ask an admin for a new invitation")


def test_a_junior_who_removes_the_founder_reads_one_thing_of_what_will_count(alice: Desk, bob: Desk) -> None:
    alice.ok("access", "grant", "bob", "--role", "admin", "--offline")
    carry(alice, bob)
    warned = bob.ok("access", "revoke", "alice", "--offline", "--yes").talk
    assert "what they did at the same time stands" in warned
    assert "will not count" not in warned


def test_who_removed_each_other_have_nothing_left_to_answer(alice: Desk, bob: Desk) -> None:
    alice.ok("access", "grant", "bob", "--role", "admin", "--offline")
    carry(alice, bob)
    alice.ok("access", "revoke", "bob", "--offline", "--yes")
    bob.ok("access", "revoke", "alice", "--offline", "--yes")
    carry(alice, bob)
    failed(bob("access", "contest", "--offline", "--yes"), 5, saying="it would change nothing")
    assert alice.json("status")["member"] is True
