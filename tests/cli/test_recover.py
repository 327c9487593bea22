"""`envlsp backup` and `envlsp recover` as people type them, the words on a terminal."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.support.cli import envlsp, failed
from tests.support.desks import Desk
from tests.support.recovering import pairs
from tests.support.terminals import Terminal

pytestmark = pytest.mark.slow

ALICE = "Alice <alice@example.com>"


def terminal(desk: Desk, *words: str) -> Terminal:
    env = {**os.environ, "ENVLSP_HOME": str(desk.home)}
    return Terminal(["--key-file", str(desk.key_file), *words], desk.folder, env)


def sheet_of(screen: str) -> list[str]:
    """Return the 24 words that were shown last."""
    found = re.findall(r"\d+\. ([a-z]+)\r?\n", screen)
    return found[-24:]


def retype(at: Terminal) -> list[str]:
    at.expect(r"24\. [a-z]+\r?\n")
    at.expect(r"team    tm1\w+")
    words = sheet_of(at.screen)
    for _ in range(3):
        asked = at.expect(r"word (\d+): ")
        at.type(words[int(asked[1]) - 1])
    return words


def founded(folder: Path) -> tuple[Desk, list[str]]:
    """Return Alice's desk with a release, and her recovery words."""
    place = folder / "shop"
    place.mkdir()
    desk = Desk(folder / "alice", place, folder / "alice.key")
    desk.env_file.write_bytes(b"TOKEN=c4n4ry\n")
    with terminal(desk, "init", "--as", ALICE) as at:
        words = retype(at)
        assert at.finish() == 0, at.screen
    desk.ok("push", "--offline", "--key-file", str(desk.key_file))
    return desk, words


def test_from_the_sheet_and_a_backup_to_a_working_machine(tmp_path: Path) -> None:
    alice, words = founded(tmp_path)
    backup = tmp_path / "team.backup"
    made = alice.json("backup", str(backup), "--offline")
    assert made["file"] == str(backup)
    assert made["size"] == backup.stat().st_size
    checked = alice.json("backup", str(backup), "--verify")
    assert (checked["newer"], checked["unknown"], checked["current_words"]) == (0, 0, True)

    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "ev.yaml").write_bytes((alice.folder / "ev.yaml").read_bytes())
    new = Desk(tmp_path / "new", clone, tmp_path / "new.key")
    with terminal(new, "recover", "--from", str(backup), "--as", ALICE, "--new-words", "--offline") as at:
        at.expect(r"24 recovery words[^\n]*: ")
        at.type(" ".join(words))
        at.expect(r"recovery sheet says\? \[y/N\] ")
        at.type("y")
        at.expect(r"remove whom\?[^\n]*: ")
        at.type("alice")
        newer = retype(at)
        assert at.finish() == 0, at.screen
    assert newer != words
    assert not [pair for pair in pairs(" ".join(words)) if pair.decode() in at.screen]
    assert "an admin of the team now; 1 member" in at.screen
    assert "Alice <alice@example.com> of before was removed" in at.screen
    assert "TOKEN" in at.screen, "what the lost device could read"
    assert "c4n4ry" not in at.screen
    new.ok("pull", "--offline")
    assert new.env_file.read_bytes() == b"TOKEN=c4n4ry\n"
    with terminal(new, "recover", "--keep-all", "--as", ALICE, "--offline") as at:
        at.expect(r"24 recovery words[^\n]*: ")
        at.type(" ".join(words))
        at.expect(r"recovery sheet says\? \[y/N\] ")
        at.type("y")
        assert at.finish() == 9, at.screen
    assert "other words count since" in at.screen


def test_a_mistyped_team_is_told_with_where_to_find_it(alice: Desk) -> None:
    words = ("recover", "--as", ALICE, "--keep-all", "--team", "tm1qqqq")
    failed(alice(*words), 2, saying="as it stands on the sheet")


def test_without_a_terminal_nothing_is_asked_for(alice: Desk, tmp_path: Path) -> None:
    failed(alice("recover", "--as", ALICE, "--keep-all"), 2, saying="no terminal")
    failed(envlsp("recover", "--as", ALICE, home=tmp_path / "x", cwd=tmp_path), 2, saying="no terminal")


def test_a_backup_goes_into_no_other_file(alice: Desk) -> None:
    before = alice.env_file.read_bytes()
    failed(alice("backup", str(alice.env_file), "--offline"), 1, saying="no backup")
    assert alice.env_file.read_bytes() == before
    failed(alice("backup", "none.backup", "--verify"), 1, saying="there is no")
    failed(alice("backup", "ev.yaml", "--verify"), 9, saying="no backup")
