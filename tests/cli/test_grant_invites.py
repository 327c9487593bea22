"""`access grant ADDRESS` of somebody unknown: an invitation that is for them alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desks import lines
from tests.support.processes import Teammate, cast

pytestmark = pytest.mark.slow


def granted(alice: Teammate, bob: Teammate, address: str) -> tuple[int, list[dict[str, str]], str]:
    """Let Bob use the code of an invitation for an address; return how it ended for Alice."""
    invitation = alice.start("access", "grant", address, "--role", "viewer", "--yes", "--json")
    code = invitation.document()["code"]
    bob.run("join", "-", *bob.who, stdin=code.encode())
    result = invitation.finish()
    return result.code, lines(result.out), result.talk


def test_the_address_decides_who_is_let_in(tmp_path: Path) -> None:
    with cast(tmp_path) as people:
        alice = people.founder("Alice")
        bob = people.clone("Bob", alice)
        code, _, talk = granted(alice, bob, "carol@example.com")
        assert code == 9, talk
        assert "Bob <bob@example.com> answered, and it was for carol@example.com" in talk
        assert "fix: make another one: envlsp access grant carol@example.com" in talk
        assert len(alice.json("members")["members"]) == 1
        code, said, talk = granted(alice, bob, "BOB@example.com")
        assert code == 0, talk
        assert said == [{"schema": 1, "joined": "Bob <bob@example.com>"}]
        roles = {member["name"]: member["role"] for member in alice.json("members")["members"]}
        assert roles == {"Alice": "admin", "Bob": "viewer"}


def test_somebody_unknown_becomes_a_guest_of_one_environment(tmp_path: Path) -> None:
    """They get its key by the code's own link, and nothing of the team's; then they work in it."""
    with cast(tmp_path) as people:
        alice = people.founder("Alice")
        alice.run("push", "--offline")
        alice.run("env", "create", "prod", "--restricted", "--offline")
        alice.run("set", "TOKEN", "--env", ":prod", "--offline", stdin=b"s3cret-value")
        carol = people.clone("Carol", alice)
        invitation = alice.start("access", "grant", "carol@example.com", "--env", "prod", "--yes", "--json")
        code = invitation.document()["code"]
        joined = carol.run("join", "-", *carol.who, stdin=code.encode())
        assert joined.code == 0, joined.talk
        result = invitation.finish()
        assert result.code == 0, result.talk
        assert carol.run("get", "TOKEN", "--env", ":prod").out == b"s3cret-value\n"
        assert carol.run("pull", "--offline").code == 5
        assert carol.run("set", "MORE", "--env", ":prod", "--offline", stdin=b"1").code == 0
        (scope,) = alice.json("access")["scopes"]
        assert [(one["name"], one["role"], one["guest"]) for one in scope["members"]] == [
            ("Carol", "developer", True)
        ]
        assert [member["name"] for member in carol.json("members")["members"]] == ["Alice", "Carol"]
