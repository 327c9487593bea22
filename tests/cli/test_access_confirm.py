"""`access confirm`: who gets no new key from this device, why, and a person's word that ends it."""

from __future__ import annotations

import pytest

from tests.support.cli import failed
from tests.support.desks import Desk, carry, second_desk

ALICE = "Alice <alice@example.com>"


@pytest.fixture
def carol(alice: Desk, bob: Desk) -> Desk:
    """Carol saw Bob, a junior admin, remove Alice, the founder, and then her answer."""
    alice.ok("access", "grant", "bob", "--role", "admin", "--offline")
    carry(alice, bob)
    carol = second_desk(alice, name="carol")
    carry(alice, bob)
    bob.ok("access", "revoke", "alice", "--offline", "--yes")
    carry(bob, carol)
    alice.ok("access", "revoke", "bob", "--offline", "--yes")
    carry(alice, carol)
    return carol


def test_suspects_are_listed_with_the_reason(carol: Desk) -> None:
    result = carol.ok("access", "confirm")
    (row,) = result.text.splitlines()
    assert ALICE in row
    assert "anything" in row
    assert "Bob <bob@example.com> had removed them" in row
    assert "if they are who you think: envlsp access confirm" in result.talk


def test_the_document_has_what_the_lines_say(carol: Desk) -> None:
    (one,) = carol.json("access", "confirm")["suspects"]
    assert (one["name"], one["where"], one["why"]) == (ALICE, None, "returned")
    assert one["by"] == ["Bob <bob@example.com>"]
    assert len(one["devices"]) == 1


def test_a_confirmation_says_what_it_ends(carol: Desk) -> None:
    result = carol.ok("access", "confirm", "alice", "--offline")
    assert f"{ALICE} gets new keys from this device again" in result.text
    assert "it did not trust them with anything: Bob" in result.talk
    assert "only this device" in result.talk
    assert carol.json("access", "confirm")["suspects"] == []
    failed(carol("access", "confirm", "alice", "--offline"), 1, saying="trusted with new keys here already")


def test_nobody_is_suspect_where_nothing_happened(alice: Desk, bob: Desk) -> None:
    assert "every member is trusted" in bob.ok("access", "confirm").talk
    failed(alice("access", "confirm", "carol", "--offline"), 1, saying="there is no member 'carol'")


def test_members_and_status_say_it_until_it_is_confirmed(carol: Desk) -> None:
    told = f"not trusted with new secrets yet: {ALICE}; envlsp access confirm"
    assert told in carol.ok("access").talk
    assert told in carol.ok("access", "why", "alice").talk
    assert told in carol.ok("status").talk
    assert carol.json("status")["suspects"] == [ALICE]
    by_name = {one["name"]: one["trusted"] for one in carol.json("members")["members"]}
    assert by_name == {"Alice": False, "Carol": True}
    carol.ok("access", "confirm", "alice", "--offline")
    assert "not trusted" not in carol.ok("access").talk + carol.ok("status").talk
