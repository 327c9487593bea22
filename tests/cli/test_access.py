"""`members`, `access`, `env`, and the verbs that look for others, where nobody can be met."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.domain.ledger.records import Role
from tests.support.cli import failed
from tests.support.desks import Desk, carry, second_desk


def roles(desk: Desk) -> dict[str, str]:
    """Return what each member may do."""
    members: list[dict[str, Any]] = desk.json("members")["members"]
    return {member["name"]: member["role"] for member in members}


def test_members_are_listed(alice: Desk, bob: Desk) -> None:
    assert roles(alice) == roles(bob) == {"Alice": "admin", "Bob": "developer"}
    assert alice.json("access") == alice.json("access", "list") == alice.json("members")
    first, second = alice.ok("members").text.splitlines()
    assert "Alice (you)  alice@example.com  admin" in first
    assert second.split()[1:] == ["Bob", "bob@example.com", "developer", "laptop"]


@pytest.mark.parametrize("who", ("bob@example.com", "BOB@EXAMPLE.COM", "Bob", "bob"))
def test_a_member_is_granted_at_once(alice: Desk, bob: Desk, who: str) -> None:
    document = alice.json("access", "grant", who, "--role", "viewer", "--offline")
    assert document == {
        "name": "Bob <bob@example.com>",
        "role": "viewer",
        "scope": None,
        "changed": True,
        "reached": 0,
    }
    again = alice.ok("access", "grant", who, "--role", "viewer", "--offline")
    assert again.text == "Bob <bob@example.com> is viewer already\n"
    carry(alice, bob)
    failed(bob("set", "A", "--offline", stdin=b"x"), 5, saying="you are viewer")


def test_an_unknown_word_is_no_invitation(alice: Desk) -> None:
    failed(alice("access", "grant", "carol"), 1, saying="no member 'carol'")


def test_an_unknown_address_is_invited(alice: Desk) -> None:
    failed(alice("access", "grant", "carol@example.com"), 7, saying="no signaling server")


def test_only_an_admin_changes_roles(bob: Desk) -> None:
    failed(bob("access", "grant", "Alice", "--role", "viewer", "--offline"), 5, saying="needs admin")
    failed(bob("access", "revoke", "Alice", "--offline", "--yes"), 5, saying="needs admin")
    failed(bob("invite"), 5, saying="needs admin")


def test_removing_somebody_twice_says_where_they_went(alice: Desk, bob: Desk) -> None:
    alice.ok("access", "revoke", "bob", "--offline", "--yes")
    twice = alice("access", "revoke", "bob", "--offline", "--yes")
    failed(twice, 1, saying="'bob' is no member any more\nfix: envlsp access why bob")
    assert "was removed" in alice.ok("access", "why", "bob").text


def test_everything_and_one_thing_is_no_answer(alice: Desk) -> None:
    failed(alice("access", "rotate", "--all", "--env", "dev", "--offline"), 2, saying="say --all, or one")


def test_removing_somebody_asks_first(alice: Desk, bob: Desk) -> None:
    failed(alice("access", "revoke", "Bob", "--offline"), 2, saying="--yes", after="never met here")
    assert roles(alice) == {"Alice": "admin", "Bob": "developer"}
    result = alice.ok("access", "revoke", "Bob", "--offline", "--yes")
    assert result.text == "Bob <bob@example.com> was removed\n"
    assert "change those values" in result.talk
    assert roles(alice) == {"Alice": "admin"}
    carry(alice, bob)
    assert bob("pull", "--offline").code == 5


def test_a_new_key_keeps_everything_readable(alice: Desk, bob: Desk) -> None:
    document = alice.json("access", "rotate", "--offline")
    assert document == {"scopes": ["the team"], "left": 0, "encrypted_again": 1, "reached": 0}
    carry(alice, bob)
    assert bob.ok("get", "A").out == b"1\n"
    assert [release["release"] for release in bob.json("log")["releases"]] == ["v1"]


def test_a_viewer_reads_and_does_not_write(alice: Desk) -> None:
    alice.ok("push", "--offline")
    viewer = second_desk(alice, Role.VIEWER)
    viewer.ok("pull", "--offline")
    assert viewer.ok("get", "A").out == b"1\n"
    viewer.env_file.write_bytes(b"A=2\n")
    failed(viewer("push", "--offline"), 5, saying="you are viewer")
    failed(viewer("rollback", "v1", "--offline"), 5, saying="you are viewer")
    failed(viewer("env", "create", "prod", "--offline"), 5, saying="you are viewer")


def test_environments_are_created_and_listed(alice: Desk, bob: Desk) -> None:
    document = alice.json("env", "create", "staging", "--offline")
    assert document["env"] == "staging"
    assert document["file"] == str(alice.folder / ".env.staging")
    carry(alice, bob)
    found = bob.json("env", "list")["environments"]
    assert [(e["env"], e["release"], e["names"]) for e in found] == [("dev", "v1", 2), ("staging", None, 0)]
    failed(alice("env", "create", "staging", "--offline"), 1, saying="there is an environment")
    failed(alice("env", "create", "No!", "--offline"), 2)


def test_environments_are_apart(alice: Desk) -> None:
    alice.ok("push")
    (alice.folder / ".env.staging").write_bytes(b"A=staged\n")
    assert alice.json("push", ":staging")["release"] == "v1"
    assert alice.ok("get", "A", "--env", "staging").out == b"staged\n"
    assert alice.ok("get", "A", "--env", "shop:staging").out == b"staged\n"
    assert alice.ok("get", "A").out == b"1\n"
    assert alice.started("--env", "staging", "--", "cmd").environ["A"] == "staged"
    failed(alice("push", "shop:dev", "--env", "staging"), 2, saying="different environments")


def test_a_team_of_one_is_in_step(alice: Desk) -> None:
    assert alice.json("sync") == {
        "reached": 0,
        "in_sync": 0,
        "received": 0,
        "devices": 0,
        "held_by": 0,
        "void": [],
        "alarms": [],
    }
    assert alice.json("peers") == {"peers": []}


def test_without_a_server_nobody_is_met(alice: Desk, bob: Desk) -> None:
    failed(alice("sync"), 7, saying="no signaling server")
    assert "not known without an agent or an editor here" in alice.ok("peers").talk
    (peer,) = alice.json("peers")["peers"]
    assert (peer["name"], peer["state"], peer["path"]) == ("Bob (laptop)", "offline", "")
    assert (peer["last_seen"], peer["in_sync"]) == (None, False)


def test_the_team_is_found_outside_a_project(alice: Desk) -> None:
    elsewhere = Desk(alice.home, alice.folder.parent, alice.key_file)
    assert roles(elsewhere) == {"Alice": "admin"}
    failed(elsewhere("env", "list"), 3, saying="no ev.yaml")


def test_a_folder_of_several_apps_says_which(alice: Desk) -> None:
    config = alice.folder / "ev.yaml"
    config.write_text(
        config.read_text().replace("  shop: { path: '.' }", "  web: { path: web }\n  api: { path: api }")
    )
    failed(alice("push"), 1, saying="none of the 2 apps")
    assert roles(alice) == {"Alice": "admin"}
    (alice.folder / "web").mkdir()
    (alice.folder / "web" / ".env").write_bytes(b"W=1\n")
    assert alice.json("push", "web:dev")["changed"]["added"] == ["W"]
    assert {e["app"] for e in alice.json("env", "list")["environments"]} == {"web", "api", "shop"}
