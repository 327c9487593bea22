"""`envlsp init`: a team, a project, and what is never asked of a script."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import failed
from tests.support.desks import ALICE, Desk, new_desk


def test_a_team_and_a_project_are_made(tmp_path: Path) -> None:
    desk = new_desk(tmp_path)
    assert (desk.folder / "ev.yaml").is_file()
    assert (desk.home / "device.key").stat().st_mode & 0o777 == 0o600
    document = desk.json("status")
    assert (document["project"], document["app"], document["env"]) == ("shop", "shop", "dev")
    assert document["role"] == "admin"


def test_the_team_says_who_founded_it(alice: Desk) -> None:
    (member,) = alice.json("members")["members"]
    assert (member["name"], member["address"], member["role"]) == ("Alice", "alice@example.com", "admin")
    assert [device["label"] for device in member["devices"]] == ["desk"]
    assert member["you"] is True


def test_a_second_repository_becomes_a_project_of_the_same_team(alice: Desk) -> None:
    other = Desk(alice.home, alice.folder.parent / "blog", alice.key_file)
    other.folder.mkdir()
    other.env_file.write_bytes(b"C=3\n")
    document = other.json("init", "--as", ALICE)
    assert document["new_team"] is False
    assert document["team"] == alice.json("status")["team"]
    assert document["project"] == "blog"
    assert document["secrets"] == 1
    other.ok("push", "--offline")
    assert alice.json("status")["release"] is None


def test_a_project_is_not_made_twice(alice: Desk) -> None:
    before = (alice.folder / "ev.yaml").read_bytes()
    failed(alice("init", "--as", ALICE), 1, saying="a project of your team already")
    assert (alice.folder / "ev.yaml").read_bytes() == before


def test_a_script_is_told_what_to_add(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", tmp_path, tmp_path / "key")
    failed(desk("init", "--no-recovery", "--key-file", str(desk.key_file)), 2, saying="add --as")
    failed(desk("init", "--as", ALICE, "--no-recovery"), 2, saying="--key-file")
    assert not (tmp_path / "ev.yaml").exists()
