"""`envlsp pull`: the same bytes on a fresh clone; edits are never lost."""

from __future__ import annotations

from tests.support.cli import failed
from tests.support.desks import Desk, carry


def test_a_fresh_clone_gets_the_same_bytes(alice: Desk, bob: Desk) -> None:
    result = bob.ok("pull", "--offline")
    assert bob.env_file.read_bytes() == alice.env_file.read_bytes()
    assert bob.env_file.stat().st_mode & 0o777 == 0o600
    assert result.text == ".env  v1 by Alice  +2 ~0 -0\n"
    assert bob.ok("pull", "--offline").text == ".env is in step with v1\n"


def test_json_says_what_was_done(bob: Desk) -> None:
    document = bob.json("pull", "--offline")
    assert document["release"] == "v1"
    assert document["file"] == str(bob.env_file)
    assert document["written"] is True
    assert document["changed"]["added"] == ["A", "B"]
    assert document["kept"] == {"added": [], "changed": [], "removed": []}


def test_local_edits_are_kept(alice: Desk, bob: Desk) -> None:
    bob.ok("pull", "--offline")
    bob.env_file.write_bytes(bob.env_file.read_bytes() + b"MINE=1\n")
    alice.ok("set", "A", "--offline", stdin=b"new")
    carry(alice, bob)
    result = bob.ok("pull", "--offline")
    assert bob.env_file.read_bytes() == b"A=new\nB='two words'\nMINE=1\n"
    assert "kept your edits (+1 ~0 -0)" in result.talk


def test_a_name_that_both_changed_stops_it(alice: Desk, bob: Desk) -> None:
    bob.ok("pull", "--offline")
    bob.env_file.write_bytes(b"A=mine\n")
    alice.ok("set", "A", "--offline", stdin=b"theirs")
    carry(alice, bob)
    failed(bob("pull", "--offline"), 6, saying="A changed here")
    assert bob.env_file.read_bytes() == b"A=mine\n"
    bob.ok("pull", "--offline", "--force")
    assert bob.env_file.read_bytes() == b"A=theirs\nB='two words'\n"


def test_without_a_release_there_is_nothing_to_pull(alice: Desk) -> None:
    failed(alice("pull"), 1, saying="no release")
