"""`envlsp resolve`: whose value a name has, said by the label of a release."""

from __future__ import annotations

import pytest

from envlsp.domain.secret import MASK
from tests.support.cli import failed
from tests.support.desks import Desk, carry


@pytest.fixture
def apart(alice: Desk, bob: Desk) -> Desk:
    """Bob's desk, where his A and B and Alice's are in conflict."""
    bob.ok("pull", "--offline")
    for desk, value in ((alice, "hers"), (bob, "his")):
        desk.env_file.write_bytes(f"A={value}\nB='{value} too'\n".encode())
        desk.ok("push", "--offline")
    carry(alice, bob)
    return bob


def side(desk: Desk, name: str, author: str) -> str:
    """Return the label of somebody's side, as `status` shows it."""
    line = next(
        line
        for line in desk.ok("status").text.splitlines()
        if line.startswith(f"  {name}  ") and author in line
    )
    return line.split()[1]


def test_what_has_no_value_for_a_program_shows_both_sides_masked(apart: Desk) -> None:
    for words in (("run", "--", "true"), ("get", "A")):
        stopped = apart(*words)
        failed(stopped, 6, saying="fix: envlsp status, then: envlsp resolve A")
        assert "by Alice" in stopped.talk
        assert "by Bob" in stopped.talk
        assert MASK in stopped.talk
        assert "his" not in stopped.talk
        assert "hers" not in stopped.talk


def test_status_and_pull_show_both_sides_masked(apart: Desk) -> None:
    result = apart.ok("status")
    lines = result.text.splitlines()
    assert "in conflict: A, B" in lines
    shown = [line for line in lines if line.startswith("  A  v2-")]
    assert len(shown) == 2
    assert all(f" {MASK} " in line and line.endswith(", just now") for line in shown)
    assert {line.split(" by ")[1].split()[0] for line in shown} == {"Alice", "Bob"}
    assert result.talk == "next: envlsp resolve A\n"
    stopped = apart("pull", "--offline")
    failed(stopped, 6, saying="fix: envlsp status, then: envlsp resolve A")
    assert "by Alice" in stopped.talk
    for text in (result.text, stopped.talk):
        assert "hers" not in text
        assert "his" not in text.replace("this", "")


def test_one_name_after_the_other(apart: Desk) -> None:
    result = apart.ok("resolve", "A", "--take", side(apart, "A", "Alice"), "--offline")
    assert result.text.startswith("v3  resolve A: take v2-")
    assert result.talk == "still in conflict: B\n"
    assert apart.ok("get", "A").out == b"hers\n"
    failed(apart("get", "B"), 6)
    document = apart.json("resolve", "B", "--take", side(apart, "B", "Bob"), "--offline")
    assert sorted(document) == ["changed", "id", "made", "reached", "release"]
    assert document["made"] is True
    assert apart.env_file.read_bytes() == b"A=hers\nB='his too'\n"
    assert apart.json("status")["conflicts"] == []


def test_what_cannot_be_taken_is_refused(apart: Desk) -> None:
    failed(apart("resolve", "A", "--take", "v1", "--offline"), 1, saying="no side v1")
    failed(apart("resolve", "C", "--take", "v1", "--offline"), 1, saying="not in conflict")
    failed(apart("resolve", "A", "--offline"), 2, saying="--take RELEASE")
    assert apart.json("status")["conflicts"] == ["A", "B"]


def test_a_new_value_is_read_from_standard_input(apart: Desk) -> None:
    result = apart.ok("resolve", "A", "--value", "-", "--offline", stdin=b"neither\n")
    label, _, message = result.text.partition("  ")
    assert label.startswith("v3-"), "B is in conflict still, so each side has a release that says it"
    assert message == "resolve A: a new value\n"
    assert result.talk == "still in conflict: B\n"
    assert apart.ok("get", "A").out == b"neither\n"
    refused = apart("resolve", "B", "--value", "typed-by-mistake", "--offline")
    failed(refused, 2, saying="--value -")
    assert "typed-by-mistake" not in refused.text + refused.talk
