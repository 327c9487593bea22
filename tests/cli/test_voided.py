"""`status` tells of a late push that a removal of ours made void; a removal says what it may do."""

from __future__ import annotations

from tests.support.desks import Desk, carry


def test_before_a_removal_what_may_be_lost_is_said(alice: Desk, bob: Desk) -> None:
    said = alice.ok("access", "revoke", "bob", "--offline", "--yes").talk
    assert "Bob (laptop): what it made and did not hand on will not count" in said


def test_before_a_lower_role_too_and_not_before_a_higher_one(alice: Desk, bob: Desk) -> None:
    assert "did not hand on" not in alice.ok("access", "grant", "bob", "--role", "admin", "--offline").talk
    assert "did not hand on" in alice.ok("access", "grant", "bob", "--role", "viewer", "--offline").talk


def test_status_tells_of_a_late_push(alice: Desk, bob: Desk) -> None:
    bob.ok("pull", "--offline")
    bob.ok("set", "LATE", "--offline", stdin=b"1")
    alice.ok("access", "revoke", "bob", "--offline", "--yes")
    carry(bob, alice)
    told = alice.ok("status").talk
    assert "Bob's v2 of shop/shop/dev, made while Alice removed them, does not count" in told
    (one,) = alice.json("status")["void"]
    assert (one["release"], one["author"], one["removed_by"]) == ("v2", "Bob", "Alice")
