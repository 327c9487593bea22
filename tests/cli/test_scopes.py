"""Private projects, restricted environments and who reads them, at the terminal."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.domain.ledger.records import Role
from tests.support.cli import failed
from tests.support.desks import Desk, carry, second_desk

pytestmark = pytest.mark.slow  # dozens of commands


def scopes(desk: Desk) -> dict[str, list[str]]:
    """Return who is in what, as far as this device can tell its name."""
    found: list[dict[str, Any]] = desk.json("access")["scopes"]
    return {
        "/".join(filter(None, (one["project"], one["app"], one["env"]))): [
            f"{member['name']} {member['role']}" for member in one["members"]
        ]
        for one in found
    }


def restricted(alice: Desk, env: str = "prod") -> None:
    alice.ok("env", "create", env, "--restricted", "--offline")
    alice.ok("set", "TOKEN", "--env", f":{env}", "--offline", stdin=b"s3cret-value")


def test_a_restricted_environment_is_for_those_who_are_let_in(alice: Desk, bob: Desk) -> None:
    restricted(alice)
    carry(alice, bob)
    failed(bob("get", "TOKEN", "--env", ":prod"), 1, saying="it may be restricted")
    failed(
        bob("set", "TOKEN", "--env", ":prod", "--offline", stdin=b"x"), 1, saying="ask an admin for access"
    )
    granted = alice.ok("access", "grant", "bob", "--role", "viewer", "--env", "prod", "--offline")
    assert granted.text == "Bob <bob@example.com> is viewer in shop/shop/prod now\n"
    assert "the team's admins read it too" in granted.talk
    carry(alice, bob)
    assert bob.ok("get", "TOKEN", "--env", ":prod").out == b"s3cret-value\n"
    failed(
        bob("set", "TOKEN", "--env", ":prod", "--offline", stdin=b"x"), 5, saying="viewer in shop/shop/prod"
    )
    assert scopes(alice) == scopes(bob) == {"shop/shop/prod": ["Bob viewer"]}
    shown = alice.ok("access")
    assert "shop/shop/prod  restricted  Bob (viewer)" in shown.text
    assert "admins read every scope: Alice" in shown.talk
    row = next(e for e in bob.json("env", "list")["environments"] if e["env"] == "prod")
    assert (row["scope"], row["role"]) == ("shop/shop/prod", "viewer")
    assert "you are viewer in shop/shop/prod" in bob.ok("status", ":prod").text


def test_taking_it_away_leaves_them_in_the_team_and_lists_what_they_could_read(
    alice: Desk, bob: Desk
) -> None:
    restricted(alice)
    alice.ok("access", "grant", "bob", "--env", "prod", "--offline")
    carry(alice, bob)
    asked = alice("access", "revoke", "bob", "--env", "prod", "--offline")
    assert (asked.code, asked.out) == (2, b"")
    assert "They stay in the team." in asked.talk
    document = alice.json("access", "revoke", "bob", "--env", "prod", "--offline", "--yes")
    assert (document["removed"], document["scope"]) == (False, "shop/shop/prod")
    assert [value["name"] for value in document["values"]] == ["TOKEN"]
    carry(alice, bob)
    failed(bob("get", "TOKEN", "--env", ":prod"), 5, saying="not among those who read shop/shop/prod")
    assert bob.ok("get", "A").out == b"1\n"
    failed(alice("access", "revoke", "bob", "--env", "prod", "--offline", "--yes"), 1, saying="not in")
    again = alice("access", "revoke", "alice", "--env", "prod", "--offline", "--yes")
    failed(again, 1, saying="admins read every scope")


def test_revoking_by_scope_says_so(alice: Desk, bob: Desk) -> None:
    restricted(alice)
    alice.ok("access", "grant", "bob", "--env", "prod", "--offline")
    gone = alice.ok("access", "revoke", "bob", "--env", "prod", "--offline", "--yes")
    assert gone.text == "Bob <bob@example.com> no longer reads shop/shop/prod\n"
    assert "still in the team" in gone.talk
    assert "shop/shop/prod: 1 (TOKEN)" in gone.talk


def test_a_new_key_is_of_what_the_context_is_in(alice: Desk, bob: Desk) -> None:
    restricted(alice)
    rotated = alice.ok("access", "rotate", "--env", "prod", "--offline")
    assert rotated.text == "new key of shop/shop/prod; 1 release encrypted again\n"
    assert alice.json("access", "rotate", "--offline")["scopes"] == ["the team"]
    every = alice.json("access", "rotate", "--all", "--offline")
    assert (every["scopes"], every["left"]) == (["the team", "shop/shop/prod"], 0)
    carry(alice, bob)
    mine = bob.json("access", "rotate", "--all", "--offline")
    assert (mine["scopes"], mine["left"]) == (["the team"], 1)
    failed(bob("access", "rotate", "--env", "prod", "--offline"), 1, saying="as far as this device can tell")


def test_a_private_project_is_made_before_its_first_release(alice: Desk, bob: Desk) -> None:
    failed(alice("project", "create", "bank", "--offline"), 2, saying="needs no making")
    assert alice.json("project", "create", "bank", "--private", "--offline")["private"]
    failed(alice("project", "create", "bank", "--private", "--offline"), 1, saying="private already")
    alice.ok("push", "--offline")
    failed(alice("project", "create", "--private", "--offline"), 1, saying="never changes its readers")
    alice.ok("access", "grant", "bob", "--project", "bank", "--offline")
    carry(alice, bob)
    assert scopes(bob) == {"bank": ["Bob developer"]}
    failed(bob("project", "create", "other", "--private", "--offline"), 5, saying="needs admin")
    failed(alice("access", "grant", "bob", "--project", "nope", "--offline"), 1, saying="is not private")
    both = alice("access", "grant", "bob", "--project", "bank", "--env", "prod", "--offline")
    failed(both, 2, saying="not both")


def test_an_open_environment_is_cloned_to_a_restricted_one(alice: Desk, bob: Desk) -> None:
    alice.ok("push", "--offline")
    failed(alice("env", "create", "dev", "--restricted", "--offline"), 1, saying="env clone")
    made = alice.ok("env", "clone", "dev", "safe", "--restricted", "--offline")
    assert made.text == "shop/shop/safe  v1, 2 names\n"
    assert "change them at their source" in made.talk
    assert alice.ok("get", "A", "--env", ":safe").out == b"1\n"
    carry(alice, bob)
    failed(bob("get", "A", "--env", ":safe"), 1)
    failed(
        alice("env", "clone", "safe", "open", "--offline"), 2, saying="--yes"
    )  # more people would read them
    document = alice.json("env", "clone", "safe", "open", "--offline", "--yes")
    assert (document["from"], document["known"]) == ("shop/shop/safe", False)
    carry(alice, bob)
    assert bob.ok("get", "A", "--env", ":open").out == b"1\n"


def test_an_unknown_address_is_invited_as_a_guest(alice: Desk) -> None:
    failed(alice("access", "grant", "carol@example.com", "--env", "prod"), 1, saying="is not restricted")
    restricted(alice)
    failed(alice("access", "grant", "carol@example.com", "--env", "prod"), 7, saying="no signaling server")
    failed(alice("invite", "--env", "prod"), 7, saying="no signaling server")


def test_a_guest_sees_their_scope_and_is_told_what_is_not_theirs(alice: Desk) -> None:
    restricted(alice)
    carol = second_desk(alice, Role.NONE)
    failed(carol("pull", "--offline"), 5, saying="you are a guest")
    alice.ok("access", "grant", "bob", "--env", "prod", "--offline")
    carry(alice, carol)
    assert carol.ok("get", "TOKEN", "--env", ":prod").out == b"s3cret-value\n"
    assert "Bob (developer, guest)" in alice.ok("access").text
    names = [member["name"] for member in carol.json("members")["members"]]
    assert names == ["Alice", "Bob"]


def test_what_you_cannot_read_is_not_called_empty(alice: Desk, bob: Desk) -> None:
    restricted(alice)
    carry(alice, bob)
    shown = bob.ok("status", ":prod")
    assert "no release that you can read" in shown.text
    assert "ask an admin" in shown.talk
    assert "no release that you can read" in bob.ok("log", ":prod").talk
    assert "no release that you can read" in bob.ok("log", ":prod", "--all").talk


def test_whom_it_was_taken_from_is_not_told_to_push(alice: Desk, bob: Desk) -> None:
    restricted(alice)
    alice.ok("access", "grant", "bob", "--env", "prod", "--offline")
    carry(alice, bob)
    bob.ok("pull", ":prod", "--offline")
    (bob.folder / ".env.prod").write_bytes(b"MINE=1\n")
    alice.ok("access", "revoke", "bob", "--env", "prod", "--offline", "--yes")
    carry(alice, bob)
    shown = bob.ok("status", ":prod")
    assert "you cannot read shop/shop/prod" in shown.text
    assert "next: ask an admin to let you in" in shown.talk
    failed(
        bob("set", "X", "--env", "prod", "--offline", stdin=b"x"),
        5,
        saying="you are not among those who read",
    )
