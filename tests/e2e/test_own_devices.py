"""Alice's phone: added by a code, pushes as Alice, is lost. And a machine in a cellar. Real processes."""

from __future__ import annotations

import pytest

from tests.support.processes import Cast, Teammate, refused, shown_words, wait_until

pytestmark = pytest.mark.slow


def add_device(owner: Teammate, new: Teammate) -> tuple[str, str]:
    """Add a device by a code; return the words that the two screens showed."""
    adding = owner.start("device", "add", "--yes", "--json")
    code = adding.document()["code"]
    joined = new.ok("join", "-", *new.who, "--yes", stdin=f"{code}\n".encode())
    assert "another device of yours" in joined.text
    added = adding.finish()
    assert added.code == 0, added.talk
    return shown_words(added.talk), shown_words(joined.talk)


def test_a_phone_is_added_and_lost(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    phone = stage.clone("Phone", alice)
    words = add_device(alice, phone)
    assert words[0] == words[1]
    assert [member["name"] for member in phone.json("members")["members"]] == ["Alice"]
    listed = alice.json("devices")["devices"]
    assert [(device["label"], device["this"]) for device in listed] == [
        ("Alice-pc", True),
        ("Phone-pc", False),
    ]
    assert listed[1]["last_seen"] is not None

    agent = alice.agent()
    phone.ok("pull")
    phone.share("FROM_PHONE", verb="set", stdin=b"1")
    wait_until(alice.has_release("v2"))
    assert alice.json("log")["releases"][0]["author"] == "Alice"

    lost = alice.json("device", "revoke", "Phone-pc", "--yes")
    assert {value["name"] for value in lost["values"]} >= {"PASSWORD", "FROM_PHONE"}
    assert "one.example" not in str(lost)
    alice.ok("set", "AFTER", stdin=b"2")
    wait_until(lambda: phone.run("sync").code == 5)  # a word of hers that reached it
    refused(phone.run("pull"), 5, saying="this device was removed")
    refused(phone.run("get", "AFTER"), 1, saying="there is no AFTER")
    assert agent.stop().code == 0


def test_a_machine_without_a_network_is_let_in_by_files(stage: Cast) -> None:
    alice = stage.founder("Alice")
    alice.ok("push")
    bob = stage.clone("Bob", alice)
    bob.extra["ENVLSP_SIGNALING"] = ""
    asked = bob.ok("request", "--as", "Bob <bob@example.com>", "--key-file", str(bob.folder / "key"))
    request = asked.text.strip()
    assert request.startswith("rq1")

    answered = alice.run("access", "grant", request, "--offline", "--out", "for-bob", "--yes")
    assert answered.code == 0, answered.talk
    said = next(line for line in asked.talk.splitlines() if line.startswith("its words: "))
    assert said.removeprefix("its words: ") in answered.talk
    (bob.shop / "stick").write_bytes((alice.shop / "for-bob").read_bytes())

    joined = bob.ok("join", "stick")
    assert "joined Alice's team of 2 members" in joined.text
    bob.ok("pull", "--offline")
    assert bob.env.read_bytes() == alice.env.read_bytes()
    refused(alice.run("access", "grant", request, "--offline", "--yes"), 1, saying="key already introduced")
