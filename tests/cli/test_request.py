"""`request`, the answer to it, and `join FILE`: a machine without a network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import failed
from tests.support.desks import Desk


@pytest.fixture
def cellar(alice: Desk) -> Desk:
    """A machine with a clone of Alice's project, and nothing else."""
    alice.ok("push", "--offline")
    folder = alice.folder.parent / "cellar"
    folder.mkdir()
    (folder / "ev.yaml").write_bytes((alice.folder / "ev.yaml").read_bytes())
    return Desk(alice.home.parent / "cellar-home", folder, alice.home.parent / "cellar.key")


def ask(desk: Desk) -> dict[str, str]:
    document: dict[str, str] = desk.json(
        "request", "--as", "Bob <bob@example.com>", "--key-file", str(desk.key_file)
    )
    return document


def answer(alice: Desk, request: str, *words: str) -> Path:
    document = alice.json("access", "grant", request, *words, "--offline", "--yes")
    return Path(document["welcome"])


def test_a_request_is_printed_alone_and_its_words_beside(cellar: Desk) -> None:
    asked = cellar.ok("request", "--as", "Bob", "--key-file", str(cellar.key_file))
    assert asked.text.startswith("rq1")
    assert len(asked.text.split()) == 1
    assert "its words: " in asked.talk


def test_the_file_lets_bob_in(alice: Desk, cellar: Desk) -> None:
    asked = ask(cellar)
    told = alice.ok(
        "access", "grant", asked["request"], "--role", "viewer", "--offline", "--yes", "--out", "b"
    )
    assert "Bob <bob@example.com> is viewer now" in told.text
    assert asked["words"] in told.talk
    assert "envlsp join b" in told.talk
    joined = cellar.json("join", str(alice.folder / "b"))
    assert (joined["inviter"], joined["members"], joined["own_device"]) == ("Alice", 2, False)
    assert joined["words"] == asked["words"]
    cellar.ok("pull", "--offline")
    assert cellar.env_file.read_bytes() == alice.env_file.read_bytes()
    failed(cellar("set", "A", "--offline", stdin=b"1"), 5, saying="you are viewer")


def test_nobody_is_let_in_unasked_or_twice(alice: Desk, cellar: Desk) -> None:
    request = ask(cellar)["request"]
    refused = alice("access", "grant", request, "--offline")
    assert refused.code == 2
    assert "--yes" in refused.talk
    assert len(alice.json("members")["members"]) == 1
    answer(alice, request)
    failed(alice("access", "grant", request, "--offline", "--yes"), 1, saying="key already introduced")


def test_a_slip_in_a_request_is_told_and_not_repeated(alice: Desk, cellar: Desk) -> None:
    request = ask(cellar)["request"]
    slip = request[:20] + ("q" if request[20] != "q" else "p") + request[21:]
    refused = alice("access", "grant", slip, "--offline", "--yes")
    failed(refused, 2, saying="slip")
    assert slip[10:] not in refused.talk


def test_a_request_may_let_in_to_one_environment_only(alice: Desk, cellar: Desk) -> None:
    alice.ok("env", "create", "prod", "--restricted", "--offline")
    alice.ok("set", "P", "--env", "prod", "--offline", stdin=b"1")
    welcome = answer(alice, ask(cellar)["request"], "--env", "prod")
    cellar.ok("join", str(welcome))
    assert cellar.ok("get", "P", "--env", "prod").out == b"1\n"
    assert cellar("pull", "--offline").code == 5


def test_a_file_that_is_no_welcome_is_refused(alice: Desk, cellar: Desk) -> None:
    ask(cellar)
    (cellar.folder / "noise").write_bytes(b"noise")
    (cellar.folder / "empty").write_bytes(b"")
    failed(cellar("join", "noise"), 2, saying="no welcome")
    failed(cellar("join", "empty"), 2, saying="empty")
    answered = answer(alice, ask(cellar)["request"])
    other = Desk(alice.home.parent / "other", cellar.folder, alice.home.parent / "other.key")
    failed(other("join", str(answered)), 2, saying="no request that waits")
