"""`doctor` on a terminal, as data, and in an editor: one answer, without a value in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from envlsp.cli.commands import doctor
from envlsp.service.doctor.findings import Section, fail, ok, skipped, warn
from tests.support.cli import envlsp
from tests.support.desks import Desk

pytestmark = pytest.mark.slow


def test_a_device_that_is_well(alice: Desk) -> None:
    result = alice("doctor", "--offline")
    assert result.code == 0
    assert "this device\n  ok" in result.text
    assert max(map(len, result.text.splitlines())) <= doctor.WIDTH
    document = alice.json("doctor", "--offline")
    assert document["well"] is True
    assert {check["section"] for check in document["checks"]} == {"this device", "team", "around it"}


def test_what_is_not_well_is_exit_code_1_and_has_a_fix(alice: Desk) -> None:
    subprocess.run(["git", "init", "-q"], cwd=alice.folder, check=True)
    subprocess.run(["git", "add", "-f", ".env"], cwd=alice.folder, check=True)
    result = alice("doctor", "--offline")
    assert result.code == 1
    assert "fix: git rm --cached .env" in " ".join(result.text.split())
    assert result.talk.startswith("1 failed")
    document = alice("doctor", "--offline", "--json")
    assert (document.code, document.document["well"]) == (1, False)


def test_a_stranger_before_init(tmp_path: Path) -> None:
    result = envlsp("doctor", "--offline", cwd=tmp_path, home=tmp_path / "home")
    assert result.code == 0
    assert "envlsp init" in result.text
    assert not (tmp_path / "home").exists()


def test_a_screen_has_lines_that_can_be_read() -> None:
    long = "a sentence " * 12
    lines = [
        *doctor._lines(ok("name", "works")),
        *doctor._lines(fail("other", long, f"{long} chmod 700 /a/b")),
    ]
    assert lines[0] == "  ok       name        works"
    assert max(map(len, lines)) <= doctor.WIDTH
    assert sum("fix:" in line for line in lines) == 1
    assert doctor._summary((Section("", (ok("a", "b"), skipped("c", "d"))),)) == "all is well"
    assert doctor._summary((Section("", (warn("a", "b", "c"), fail("d", "e", "f"))),)) == (
        "1 failed, 1 could be better"
    )


def test_what_a_teammate_is_called_cannot_move_the_cursor() -> None:
    (line,) = doctor._lines(ok("peer", "Eve\x1b[2J: offline"))
    assert "\x1b" not in line
