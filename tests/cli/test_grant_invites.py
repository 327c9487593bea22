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
        assert len(alice.json("members")["members"]) == 1
        code, said, talk = granted(alice, bob, "BOB@example.com")
        assert code == 0, talk
        assert said == [{"schema": 1, "joined": "Bob <bob@example.com>"}]
        roles = {member["name"]: member["role"] for member in alice.json("members")["members"]}
        assert roles == {"Alice": "admin", "Bob": "viewer"}
