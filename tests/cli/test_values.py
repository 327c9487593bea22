"""`get`, `set`, `list`: values go to whoever asked for them, by the ways they chose."""

from __future__ import annotations

import pytest

from envlsp.domain.secret import MASK
from tests.support.cli import failed
from tests.support.desks import Desk, carry

CANARY = b"c4n4ry"


def conflict(alice: Desk, bob: Desk) -> None:
    """Let both give A a value without knowing of each other."""
    bob.ok("pull", "--offline")
    alice.ok("set", "A", "--offline", stdin=b"hers")
    bob.ok("set", "A", "--offline", stdin=b"his")
    carry(bob, alice)


def test_get_prints_what_a_program_sees(alice: Desk) -> None:
    alice.env_file.write_bytes(b'A=1\nB="x ${A}"\n')
    alice.ok("push")
    assert [alice.ok("get", name).out for name in "AB"] == [b"1\n", b"x 1\n"]
    assert alice.json("get", "B") == {"name": "B", "value": "x 1", "release": "v1"}
    failed(alice("get", "D"), 1, saying="no D in v1")


def test_set_reads_a_value_and_makes_a_release(alice: Desk) -> None:
    alice.ok("push")
    result = alice.ok("set", "C", stdin=CANARY + b"\n")
    assert result.text == "v2  set C\n"
    assert result.talk == "brought .env along\n"
    assert alice.env_file.read_bytes() == b"A=1\nB='two words'\nC=" + CANARY + b"\n"
    assert alice.ok("get", "C").out == CANARY + b"\n"


def test_one_newline_is_dropped_and_no_more(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("set", "A", stdin=b" two\nlines \n\n")
    assert alice.ok("get", "A").out == b" two\nlines \n\n"


def test_the_same_value_makes_no_release(alice: Desk) -> None:
    alice.ok("push")
    document = alice.json("set", "A", stdin=b"1\n")
    assert (document["made"], document["release"]) == (False, "v1")


def test_set_before_the_first_push(alice: Desk) -> None:
    assert alice.json("set", "C", stdin=b"3")["release"] == "v1"
    assert [secret["name"] for secret in alice.json("list")["secrets"]] == ["C"]


def test_a_file_with_edits_is_left_as_it_is(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.write_bytes(b"A=edited\n")
    result = alice.ok("set", "C", stdin=b"3")
    assert "was left as it is" in result.talk
    assert alice.env_file.read_bytes() == b"A=edited\n"


@pytest.mark.parametrize(
    "words", (("C=c4n4ry",), ("C", "c4n4ry"), ("C", "--c4n4ry"), ("C", "-c4n4ry"), ("C", "a", "c4n4ry"))
)
def test_a_value_on_the_command_line_is_refused_and_not_repeated(alice: Desk, words: tuple[str, ...]) -> None:
    result = alice("set", *words)
    failed(result, 2, saying="never typed on the command line")
    assert CANARY not in result.err


def test_an_impossible_name_is_not_repeated(alice: Desk) -> None:
    result = alice("set", "c4n4ry!", stdin=b"x")
    failed(result, 2, saying="a name has letters")
    assert CANARY not in result.err


def test_list_shows_masks(alice: Desk) -> None:
    alice.env_file.write_bytes(b"A=" + CANARY + b"\nB=" + CANARY + b"\n")
    alice.ok("push")
    result = alice.ok("list")
    assert CANARY not in result.out
    first, second = result.text.splitlines()
    assert first.startswith(f"A  {MASK} ")
    assert first[1:] == second[1:]
    document = alice.json("list")
    assert [sorted(secret) for secret in document["secrets"]] == [["mark", "name"]] * 2
    assert (document["release"], document["conflicts"]) == ("v1", [])


def test_a_file_that_differs_is_mentioned_and_overlaid_when_asked(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.write_bytes(b"A=local\nNEW=1\n")
    result = alice.ok("get", "A")
    assert result.out == b"1\n"
    assert result.talk == ".env differs from v1: envlsp diff\n"
    local = alice.ok("get", "A", "--local")
    assert (local.out, local.err) == (b"local\n", b"")
    assert alice.ok("get", "B", "--local").out == b"two words\n"
    assert [s["name"] for s in alice.json("list", "--local")["secrets"]] == ["A", "B", "NEW"]


def test_local_needs_no_release(alice: Desk) -> None:
    assert alice.ok("get", "A", "--local").out == b"1\n"
    failed(alice("get", "A"), 1, saying="no release")
    alice.env_file.unlink()
    failed(alice("get", "A", "--local"), 1, saying="no release")


def test_a_conflict_closes_the_name_and_no_other(alice: Desk, bob: Desk) -> None:
    conflict(alice, bob)
    failed(alice("get", "A"), 6, saying="A")
    assert alice.ok("get", "B").out == b"two words\n"
    result = alice("list")
    assert result.code == 6
    assert result.text.startswith(f"B  {MASK} ")
    assert alice("run", "--", "true").code == 6
    assert alice.json("status")["conflicts"] == ["A"]
    failed(alice("pull", "--offline"), 6, saying="A")
    alice.ok("set", "A", "--offline", stdin=b"ours")
    assert alice.ok("get", "A").out == b"ours\n"


def test_no_team_here(alice: Desk) -> None:
    elsewhere = Desk(alice.home, alice.folder.parent, alice.key_file)
    failed(elsewhere("get", "A"), 3, saying="no ev.yaml")
    nobody = Desk(alice.folder.parent / "nobody", alice.folder, alice.key_file)
    failed(nobody("get", "A"), 3, saying="no team here yet")
