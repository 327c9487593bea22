"""The verbs about private projects and restricted environments, as an editor runs them."""

from __future__ import annotations

import pytest

from envlsp.domain.ledger.records import Role
from envlsp.errors import Misuse, NotFound, SignalingUnreachable, UsageError
from tests.support.cast import Cast, give, meet
from tests.support.scoped import at, give_value, guest, restrict, values
from tests.support.verb_desk import Editor

pytestmark = pytest.mark.slow  # teams of three

CANARY = "c4n4ry-value"


def test_an_environment_is_restricted_shared_and_taken_away_in_an_editor(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    window, his = Editor(alice), Editor(bob)
    made = window.run("env.create", name="prod", restricted=True, offline=True)
    assert (made["env"], made["file"]) == ("prod", str(alice.root / ".env.prod"))
    give_value(alice, "TOKEN", CANARY)
    granted = window.run("access.grant", who="bob", role="viewer", env="prod", offline=True)
    assert granted == {
        "name": "Bob <bob@example.com>",
        "role": "viewer",
        "scope": "shop/shop/prod",
        "changed": True,
        "reached": 0,
    }
    give(alice, bob)
    assert values(bob) == {"TOKEN": CANARY.encode()}
    (scope,) = his.run("members")["scopes"]
    assert (scope["env"], scope["role"], scope["admins"]) == ("prod", "viewer", ["Alice"])
    gone = window.run("access.revoke", who="bob", env="prod", offline=True)
    assert (gone["removed"], gone["scope"], [value["name"] for value in gone["values"]]) == (
        False,
        "shop/shop/prod",
        ["TOKEN"],
    )
    assert any("They stay in the team" in question for question in window.talk.asked)
    assert CANARY not in f"{window.talk.heard} {gone} {granted} {scope}"


def test_a_key_is_rotated_of_what_the_document_is_in(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    restrict(alice)
    give_value(alice, "A", "1")
    window = Editor(alice)
    assert window.run("access.rotate", offline=True)["scopes"] == ["the team"]
    window.place = alice.root / ".env.prod"
    window.place.write_bytes(b"A=1\n")
    assert window.run("access.rotate", offline=True)["scopes"] == ["shop/shop/prod"]
    assert window.run("access.rotate", env="prod", offline=True)["encrypted_again"] == 1
    assert window.run("access.rotate", all=True, offline=True)["scopes"] == ["the team", "shop/shop/prod"]
    with pytest.raises(NotFound, match="not private"):
        window.run("access.rotate", project="bank", offline=True)
    with pytest.raises(UsageError, match="not both"):
        window.run("access.rotate", project="bank", env="prod", offline=True)
    with pytest.raises(UsageError, match="say 'all', or one"):
        window.run("access.rotate", all=True, env="prod", offline=True)


def test_a_clone_and_a_private_project_in_an_editor(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    window = Editor(alice)
    made = window.run("env.clone", name="prod", restricted=True, offline=True)
    assert (made["from"], made["names"], made["known"]) == ("shop/shop/dev", 3, True)
    assert any("change them at their source" in line for line in window.talk.heard)
    window.talk.agrees = False
    with pytest.raises(Misuse, match="you said no"):
        window.run("env.clone", target=":prod", name="open", offline=True)
    assert window.run("project.create", name="bank", offline=True) == {
        "project": "bank",
        "private": True,
        "reached": 0,
    }
    meet(alice, bob)
    listed = {row["env"]: row for row in window.run("env.list")["environments"]}
    assert (listed["prod"]["scope"], listed["dev"]["scope"]) == ("shop/shop/prod", None)
    assert [row["env"] for row in Editor(bob).run("env.list")["environments"]] == ["dev"]


def test_somebody_unknown_is_invited_as_a_guest(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    restrict(alice)
    window = Editor(alice)
    with pytest.raises(SignalingUnreachable):  # as far as an editor without a server comes
        window.run("access.grant", who="carol@example.com", env="prod")
    with pytest.raises(SignalingUnreachable):
        window.run("invite", env="prod", role="viewer")
    with pytest.raises(NotFound, match="not restricted"):
        window.run("invite", env="staging")


def test_a_guest_is_listed_as_one_and_reads_names(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    prod = restrict(alice)
    carol = guest(cast, alice, "carol", (prod, Role.DEVELOPER))
    window = Editor(carol)
    (scope,) = window.run("access.list")["scopes"]
    assert [(one["name"], one["role"], one["guest"]) for one in scope["members"]] == [
        ("Carol", "developer", True)
    ]
    window.place = at(carol, "prod").file
    assert window.run("status")["role"] == "developer"
