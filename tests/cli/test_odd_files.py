"""Working copies that are no usual `.env`: one clear line, nothing hangs, nothing is lost unseen."""

from __future__ import annotations

import os

import pytest

from envlsp.domain.environment import Triple
from envlsp.service.working_copy import Bases
from tests.support.cli import failed
from tests.support.desks import Desk


@pytest.mark.parametrize("verb", (("push",), ("pull",), ("status",), ("diff",)))
@pytest.mark.parametrize("make", (os.mkfifo, os.mkdir))
def test_what_is_not_a_file_is_refused_at_once(alice: Desk, verb: tuple[str, ...], make: object) -> None:
    alice.ok("push")
    alice.env_file.unlink()
    assert callable(make)
    make(alice.env_file)
    failed(alice(*verb), 1, saying="is not a file\nfix: move ")
    assert len(alice.json("log")["releases"]) == 1


def test_values_are_read_though_the_file_is_a_pipe(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.unlink()
    os.mkfifo(alice.env_file)
    assert alice.ok("get", "A").text == "1\n"


def test_a_refusal_about_the_whole_file_names_no_line(alice: Desk) -> None:
    alice.env_file.write_bytes(b"".join(b"N%d=1\n" % number for number in range(2001)))
    failed(alice("push"), 2, saying=".env has more than 2000 names\nfix: make it smaller")


def test_lines_that_the_loader_skips_are_told(alice: Desk) -> None:
    alice.env_file.write_bytes(b"A=1\n1 x y=hunter2canary\n")
    result = alice.ok("push")
    assert "line 2: not an assignment" in result.talk
    assert "hunter2canary" not in result.talk
    assert alice.json("push")["made"] is False


def test_a_file_in_another_encoding_is_not_shared_silently(alice: Desk) -> None:
    alice.env_file.write_bytes("A=1\nB=2\n".encode("utf-16"))
    assert "warning: .env, line 1" in alice.ok("push").talk


def test_a_crash_before_the_note_was_written_leaves_nothing_behind(alice: Desk) -> None:
    alice.ok("push")
    alice.env_file.write_bytes(b"A=2\n")
    with alice.team() as team:  # all that a crash right after the record would leave undone
        before = Bases(team.store).get(alice.env_file, Triple("shop", "shop", "dev"))
    alice.ok("push")
    with alice.team() as team:
        assert before is not None
        Bases(team.store).set(alice.env_file, Triple("shop", "shop", "dev"), before)
    document = alice.json("status")
    assert (document["release"], document["based_on"], document["behind"]) == ("v2", "v2", 0)
