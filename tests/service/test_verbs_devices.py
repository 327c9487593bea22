"""The verbs about devices, requests and void releases, as an editor asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from envlsp.errors import Misuse, NotFound
from envlsp.service.access import roles
from tests.support.cast import FIRST_FILE, Actor, Cast, meet
from tests.support.own_devices import add_device
from tests.support.verb_desk import Editor


def test_an_editor_lists_devices_and_removes_the_picked_one(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    editor = Editor(alice)
    mine = editor.run("device.list")["devices"]
    assert [(device["label"], device["this"]) for device in mine] == [
        ("alices-laptop", True),
        ("phone", False),
    ]
    assert len(editor.run("device.list", all=True)["devices"]) == 3
    editor.talk.wanted = "phone"
    lost = editor.run("device.revoke", offline=True)
    assert [label for _, label, _ in editor.talk.offered] == ["phone"]
    assert (lost["removed"], lost["this"]) == (True, False)
    assert {value["name"] for value in lost["values"]} == {"API_URL", "TOKEN", "DB"}
    assert "change those values at their source" in editor.talk.heard[-1]
    with pytest.raises(NotFound, match="only device"):
        editor.run("device.revoke", offline=True)


def test_no_removes_nothing(cast: Cast) -> None:
    (alice,) = cast.team()
    add_device(cast, alice, "phone")
    editor = Editor(alice)
    editor.talk.agrees = False
    with pytest.raises(Misuse, match="you said no"):
        editor.run("device.revoke", which="phone", offline=True)
    assert all(device["active"] for device in editor.run("device.list")["devices"])


def test_an_editor_asks_answers_and_joins_by_hand(cast: Cast) -> None:
    (alice,) = cast.team()
    bob = cast.actor("bob")
    (bob.root / "ev.yaml").write_bytes((alice.root / "ev.yaml").read_bytes())
    asking, answering = Editor(bob), Editor(alice)
    asked = asking.run("request", as_="Bob <bob@example.com>")
    assert any(asked["words"] in line for line in asking.talk.heard)
    answered = answering.run("access.grant", who=asked["request"], out="for-bob", offline=True)
    assert answered["words"] == asked["words"]
    assert Path(answered["welcome"]) == alice.root / "for-bob"
    joined = asking.run("join", welcome=answered["welcome"])
    assert (joined["inviter"], joined["members"]) == ("Alice", 2)
    assert bob.pull().release.label == "v1"


def orphan(cast: Cast) -> Actor:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE + b"NEW=bobs\n")
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    meet(alice, bob)
    return alice


def test_an_editor_picks_the_void_release_to_adopt(cast: Cast) -> None:
    alice = orphan(cast)
    editor = Editor(alice)
    assert [one["release"] for one in editor.run("log")["releases"]] == ["v1"]
    standings = [one["standing"] for one in editor.run("log", all=True)["releases"]]
    assert sorted(standings) == ["counts", "rekey", "void"]
    editor.talk.wanted = "by Bob"
    made = editor.run("adopt", offline=True)
    assert (made["made"], made["changed"]["added"]) == (True, ["NEW"])
    assert "Alice removed Bob at the same time" in editor.talk.offered[0][2]


def test_where_nothing_is_void_nothing_is_offered(cast: Cast) -> None:
    (alice,) = cast.team()
    with pytest.raises(NotFound, match="no release is void"):
        Editor(alice).run("adopt", offline=True)
