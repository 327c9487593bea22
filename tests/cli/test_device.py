"""`device` and `devices`: the machines that are Alice, and what becomes of a lost one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import failed
from tests.support.desks import Desk, carry
from tests.support.own_devices import own_desk


@pytest.fixture
def phone(alice: Desk) -> Desk:
    """Alice's phone, with v1."""
    alice.ok("push", "--offline")
    return own_desk(alice, "phone")


def labels(desk: Desk, *words: str) -> dict[str, bool]:
    """Return each listed device and whether it is there still."""
    found: list[dict[str, Any]] = desk.json("device", "list", *words)["devices"]
    return {device["label"]: device["active"] for device in found}


def test_alice_lists_her_devices(alice: Desk, phone: Desk) -> None:
    assert labels(alice) == labels(phone) == {"desk": True, "phone": True}
    assert alice.json("device") == alice.json("devices") == alice.json("device", "list")
    first, second = alice.ok("device", "list").text.splitlines()
    assert first.split()[1] == "desk"
    assert first.endswith("this one")
    assert "phone" in second
    assert "by Alice (desk)" in second
    assert "never seen from here" in second


def test_everybodys_devices_are_listed_with_their_owner(alice: Desk, bob: Desk) -> None:
    assert labels(bob) == {"laptop": True}
    assert labels(bob, "--all") == {"desk": True, "laptop": True}
    owners = [device["owner"]["name"] for device in bob.json("devices", "--all")["devices"]]
    assert owners == ["Alice", "Bob"]
    assert "Bob" in bob.ok("devices", "--all").text.splitlines()[1]


def test_the_phone_pushes_as_alice(alice: Desk, phone: Desk) -> None:
    phone.ok("pull", "--offline")
    phone.ok("set", "C", "--offline", stdin=b"3")
    carry(phone, alice)
    newest = alice.json("log")["releases"][0]
    assert (newest["release"], newest["author"]) == ("v2", "Alice")


def test_a_lost_phone_is_removed_with_what_it_could_read(alice: Desk, phone: Desk) -> None:
    failed(alice("device", "revoke", "phone", "--offline"), 2, saying="--yes", after="never met here")
    result = alice.ok("device", "revoke", "phone", "--offline", "--yes")
    assert result.text.startswith("your device phone (")
    assert result.text.endswith("was removed\n")
    assert "whoever has it can read what it could read" in result.talk
    assert "change those values at their source" in result.talk
    assert "shop/shop/dev: 2 (A, B)" in result.talk
    assert "two words" not in result.talk + result.text
    assert labels(alice) == {"desk": True, "phone": False}
    assert "(phone)" in alice.ok("devices").text
    assert "removed" in alice.ok("devices").text
    carry(alice, phone)
    assert phone("pull", "--offline").code == 5


def test_the_list_of_a_removed_phone_shrinks_as_values_change(alice: Desk, phone: Desk) -> None:
    lost = alice.json("device", "revoke", "phone", "--offline", "--yes")
    assert (lost["removed"], lost["this"], lost["reached"], lost["complete"]) == (True, False, 0, True)
    assert {value["name"] for value in lost["values"]} == {"A", "B"}
    identity = next(d["id"] for d in alice.json("devices")["devices"] if d["label"] == "phone")
    alice.ok("set", "A", "--offline", stdin=b"changed at its source")
    left = alice.json("access", "exposure", identity)
    assert {value["name"] for value in left["values"]} == {"B"}
    assert left["name"] == "phone of Alice <alice@example.com>"


def test_the_device_at_hand_goes_only_when_that_was_meant(alice: Desk, phone: Desk) -> None:
    failed(phone("device", "revoke", "phone", "--offline"), 2)
    lost = phone.json("device", "revoke", "phone", "--offline", "--yes")
    assert lost["this"] is True
    failed(phone("set", "C", "--offline", stdin=b"3"), 5, saying="removed")
    carry(phone, alice)
    alice.ok("set", "C", "--offline", stdin=b"3")
    carry(alice, phone)
    assert phone("get", "C").code == 5


def test_a_newer_device_that_removes_an_older_one_asks_for_an_admin(alice: Desk, phone: Desk) -> None:
    lost = phone.json("device", "revoke", "desk", "--offline", "--yes")
    assert any("ask an admin" in line for line in lost["advice"])


def test_the_only_device_stays(alice: Desk, bob: Desk) -> None:
    failed(alice("device", "revoke", "desk", "--offline", "--yes"), 1, saying="only device of the only admin")
    failed(bob("device", "revoke", "laptop", "--offline", "--yes"), 1, saying="a member that nobody can be")
    failed(bob("device", "revoke", "desk", "--offline", "--yes"), 5, saying="somebody else's device")


def test_adding_needs_somewhere_to_meet(alice: Desk) -> None:
    failed(alice("device", "add"), 7, saying="no signaling server")


def test_somebody_elses_device_is_an_admins_to_remove(alice: Desk, bob: Desk) -> None:
    label = alice.json("device", "list")["devices"][0]["id"]
    failed(bob("device", "revoke", label, "--offline", "--yes"), 5, saying="fix: ask an admin")
    assert alice.json("status")["member"] is True


def test_what_a_device_could_read_is_asked_by_its_id(alice: Desk) -> None:
    failed(alice("access", "exposure", "no-such-laptop"), 1, saying="envlsp device list --all")
