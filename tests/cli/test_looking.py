"""`status`, `log`, `diff`: what they say, as lines and as fields, and that no value is in it."""

from __future__ import annotations

import re

import pytest

from envlsp.domain.secret import MASK
from tests.support.cli import failed
from tests.support.desks import Desk, carry

CANARY = "c4n4ry"


def test_status_before_and_after_the_first_push(alice: Desk) -> None:
    assert "no release yet" in alice.ok("status").text
    assert alice.ok("status").talk == "next: envlsp push\n"
    alice.ok("push", "--offline")
    result = alice.ok("status")
    assert ".env  in step with v1" in result.text
    assert result.talk == ""


def test_status_fields(alice: Desk, bob: Desk) -> None:
    document = bob.json("status")
    assert document["exists"] is False
    assert (document["release"], document["based_on"], document["behind"]) == ("v1", None, 1)
    bob.ok("pull", "--offline")
    alice.ok("set", "A", "--offline", stdin=b"new")
    carry(alice, bob)
    bob.env_file.write_bytes(b"A=1\nMINE=1\n")
    document = bob.json("status")
    assert (document["release"], document["based_on"], document["behind"]) == ("v2", "v1", 1)
    assert (document["added"], document["changed"], document["removed"]) == (["MINE"], ["A"], ["B"])
    assert (document["role"], document["conflicts"]) == ("developer", [])
    assert (document["devices"], document["confirmed_by"], document["as_of"]) == (1, 0, None)
    assert bob.ok("status").talk == "next: envlsp pull\n"


def test_log_is_newest_first(alice: Desk) -> None:
    alice.ok("push", "-m", "first", "--offline")
    alice.ok("set", "C", stdin=b"3")
    releases = alice.json("log")["releases"]
    assert [(r["release"], r["message"], r["author"]) for r in releases] == [
        ("v2", "set C", "Alice"),
        ("v1", "first", "Alice"),
    ]
    assert releases[0]["added"] == ["C"]
    assert releases[0]["kind"] == "push"
    assert releases[0]["void"] is False
    assert [r["release"] for r in alice.json("log", "-n", "1")["releases"]] == ["v2"]
    assert re.match(r"v2  Alice  just now  \+1 ~0 -0  set C\nv1  ", alice.ok("log").text)


def test_an_empty_log_is_no_failure(alice: Desk) -> None:
    result = alice.ok("log")
    assert result.text == ""
    assert "no release yet" in result.talk
    assert alice.json("log") == {"releases": []}


def test_diff_is_masked(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.write_bytes(f"A={CANARY}\nC=3\n".encode())
    result = alice.ok("diff")
    assert CANARY not in result.text + result.talk
    header, *rows = result.text.splitlines()
    assert header == "v1 → file"
    mask = rf"{MASK} [0-9a-f]{{4}}"
    for pattern, row in zip((rf"~ A  {mask} → {mask}", rf"- B  {mask}", rf"\+ C  {mask}"), rows, strict=True):
        assert re.fullmatch(pattern, row)


def test_diff_of_two_releases(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("set", "A", stdin=b"other")
    document = alice.json("diff", "v1..v2")
    assert (document["old"], document["new"]) == ("v1", "v2")
    (change,) = document["changes"]
    assert (change["name"], change["change"]) == ("A", "changed")
    assert change["old_mark"] != change["new_mark"]
    assert "old" not in change
    result = alice.ok("diff")
    assert result.text == ""
    assert result.talk == "no differences between v2 and file\n"


def test_equal_values_have_equal_marks(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("set", "A", stdin=b"x")
    alice.ok("set", "A", stdin=b"1")
    (there,) = alice.json("diff", "v1..v2")["changes"]
    (back,) = alice.json("diff", "v2..v3")["changes"]
    assert there["old_mark"] == back["new_mark"]


def test_values_show_when_asked_for(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("set", "A", stdin=b"two\nlines")
    assert alice.ok("diff", "v1..v2", "--reveal").text == "v1 → v2\n~ A  '1' → 'two\\nlines'\n"
    (change,) = alice.json("diff", "v1..v2", "--reveal")["changes"]
    assert (change["old"], change["new"]) == ("1", "two\nlines")


@pytest.mark.parametrize("words", ("v7..v8", "v9", "v1..v9"))
def test_a_release_that_is_not_there(alice: Desk, words: str) -> None:
    alice.ok("push")
    failed(alice("diff", words), 1, saying="no release v")


def test_a_word_that_is_no_release(alice: Desk) -> None:
    alice.ok("push")
    failed(alice("diff", "what?"), 2)
