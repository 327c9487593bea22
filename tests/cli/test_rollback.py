"""`envlsp rollback`: always a new release, and the file comes along."""

from __future__ import annotations

from tests.support.cli import failed
from tests.support.desks import Desk


def test_back_to_the_one_before(alice: Desk) -> None:
    first = alice.env_file.read_bytes()
    alice.ok("push")
    alice.env_file.write_bytes(b"A=2\n")
    alice.ok("push")
    result = alice.ok("rollback")
    assert result.text == "v3  back to v1  +1 ~1 -0\n"
    assert result.talk == "brought .env along\n"
    assert alice.env_file.read_bytes() == first


def test_by_any_word_for_a_release(alice: Desk) -> None:
    alice.ok("push")
    for value in (b"2", b"3", b"4"):
        alice.ok("set", "A", stdin=value)
    assert alice.json("rollback", "v2")["release"] == "v5"
    assert alice.ok("get", "A").out == b"2\n"
    assert alice.json("rollback", "~1")["changed"]["changed"] == ["A"]
    failed(alice("rollback", "v77"), 1, saying="no release v77")


def test_what_is_so_already_makes_no_release(alice: Desk) -> None:
    alice.ok("push")
    document = alice.json("rollback", "v1")
    assert (document["made"], document["release"]) == (False, "v1")
