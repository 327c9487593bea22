"""`adopt` and `log --all`: what Bob pushed while Alice removed him."""

from __future__ import annotations

from tests.support.cli import failed
from tests.support.desks import Desk, carry


def orphan(alice: Desk, bob: Desk) -> str:
    """Let Bob push while Alice removes him; return what his release is called."""
    bob.ok("pull", "--offline")
    bob.ok("set", "C", "--offline", stdin=b"bobs value")
    alice.ok("access", "revoke", "Bob", "--offline", "--yes")
    carry(bob, alice)
    (void,) = [one for one in alice.json("log", "--all")["releases"] if one["standing"] == "void"]
    return str(void["release"])


def test_a_void_release_is_left_out_and_told(alice: Desk, bob: Desk) -> None:
    label = orphan(alice, bob)
    plain = alice.ok("log")
    assert [line.split()[0] for line in plain.text.splitlines()] == ["v1"]
    assert "1 void release left out: envlsp log --all" in plain.talk
    assert [one["release"] for one in alice.json("log")["releases"]] == ["v1"]
    everything = alice.ok("log", "--all").text
    assert f"Alice removed Bob at the same time; envlsp adopt {label} brings it back" in everything
    assert "encrypts v1 under a newer key" in everything
    assert "bobs value" not in everything


def test_it_returns_under_alices_name(alice: Desk, bob: Desk) -> None:
    label = orphan(alice, bob)
    assert alice("get", "C").code == 1
    made = alice.json("adopt", label, "--offline")
    assert (made["release"], made["made"], made["changed"]["added"]) == ("v2", True, ["C"])
    assert alice.ok("get", "C").out == b"bobs value\n"
    newest = alice.json("log")["releases"][0]
    assert (newest["author"], newest["kind"]) == ("Alice", "adopt")
    again = alice.ok("adopt", label, "--offline")
    assert again.text == "it was adopted before, as v2\n"


def test_a_conflict_is_told_and_what_counts_is_refused(alice: Desk, bob: Desk) -> None:
    label = orphan(alice, bob)
    alice.ok("set", "C", "--offline", stdin=b"alices value")
    told = alice.ok("adopt", label, "--offline")
    assert "in conflict: C; settle it: envlsp resolve C" in told.talk
    assert alice("get", "C").code == 6
    failed(alice("adopt", "v1", "--offline"), 1, saying="v1 counts as it is")
