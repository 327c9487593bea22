"""A value shows where it was asked for, and nowhere else: not in lines, errors or files of ours."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desks import Desk, carry

CANARY = b"c4n4ry-7f3a91"
FORMS = (CANARY, CANARY.hex().encode(), base64.b64encode(CANARY)[:-4], CANARY[::-1])
OTHER = CANARY + b"-2"


def everything(desk: Desk) -> Iterator[Path]:
    """Return every file of a device, and of the project but for its `.env`."""
    for place in (desk.home, desk.folder):
        yield from (path for path in place.rglob("*") if path.is_file() and path != desk.env_file)


def check_quiet(data: bytes) -> None:
    assert not any(form in data for form in FORMS)


QUIET = (
    "push",
    "push --json",
    "status",
    "status --json",
    "log",
    "log --json",
    "diff",
    "diff --json",
    "diff v1..v2",
    "diff v1 --json",
    "list",
    "list --json",
    "list --local",
    "pull --offline",
    "pull --offline --force --json",
    "rollback ~1 --offline",
    "env list",
    "members --json",
    "get c4n4ry-7f3a91",
    "set X=c4n4ry-7f3a91",
    "set X c4n4ry-7f3a91",
    "set c4n4ry-7f3a91=",
    "push extra c4n4ry-7f3a91",
    "sync c4n4ry-7f3a91",
    "run",
)


def test_no_verb_says_a_value(alice: Desk, bob: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVLSP_DEBUG", "1")
    alice.ok("set", "A", "--offline", stdin=CANARY)
    carry(alice, bob)
    bob.ok("pull", "--offline")
    bob.ok("set", "NEW", "--offline", stdin=OTHER)
    bob.env_file.write_bytes(bob.env_file.read_bytes() + b"MINE=" + CANARY + b"\n")
    for words in QUIET:
        result = bob(*words.split())
        typed = b"no c4n4ry-7f3a91 in" if words.startswith("get") else b""  # a name, as it was typed
        check_quiet(result.out)
        check_quiet(result.err.replace(typed, b""))


def test_errors_about_a_file_do_not_quote_it(alice: Desk) -> None:
    alice.env_file.write_bytes(b"A='" + CANARY + b'\nB="${' + CANARY + b"\n\x00" + CANARY + b"=1\n")
    for words in (("push",), ("status",), ("diff",), ("get", "A", "--local"), ("list", "--local")):
        check_quiet(alice(*words).err)


def test_nothing_of_ours_holds_a_value(alice: Desk) -> None:
    alice.ok("push")
    alice.ok("set", "A", stdin=CANARY)
    alice.ok("pull")
    assert alice.ok("get", "A").out == CANARY + b"\n"
    assert alice.started("--", "cmd").environ["A"] == CANARY.decode()
    files = list(everything(alice))
    assert any(path.name == "ledger.db" for path in files)
    for path in files:
        check_quiet(path.read_bytes())
