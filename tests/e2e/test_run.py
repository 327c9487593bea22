"""`envlsp run`: the program takes its place, so codes, signals and streams are the program's own."""

from __future__ import annotations

import signal

import pytest

from tests.support.cli import failed
from tests.support.processes import Cast, Teammate

pytestmark = pytest.mark.slow


@pytest.fixture
def alice(stage: Cast) -> Teammate:
    """Somebody alone, with one release."""
    alice = stage.founder("Alice")
    alice.ok("push")
    return alice


def test_the_exit_code_and_the_streams_are_the_programs(alice: Teammate) -> None:
    result = alice.run("run", "--", "sh", "-c", 'cat; echo "$TOKEN" >&2; exit 7', stdin=b"through")
    assert (result.code, result.out, result.talk) == (7, b"through", "a b#c\n")


def test_a_signal_reaches_the_program(alice: Teammate) -> None:
    script = 'trap "echo got it; exit 42" TERM; echo up; while :; do sleep 0.1; done'
    child = alice.start("run", "--", "sh", "-c", script)
    assert child.line() == "up\n"
    ended = child.stop(signal.SIGTERM)
    assert (ended.code, ended.out) == (42, b"got it\n")


def test_a_program_that_a_signal_ends_ends_so(alice: Teammate) -> None:
    child = alice.start("run", "--", "sh", "-c", "echo up; exec sleep 60")
    assert child.line() == "up\n"
    assert child.stop(signal.SIGTERM).code == -signal.SIGTERM


def test_a_program_that_is_not_there(alice: Teammate) -> None:
    failed(alice.run("run", "--", "no-such-program"), 127, saying="no-such-program")
    (alice.shop / "data").write_text("no program")
    failed(alice.run("run", "--", "./data"), 126)


def test_no_value_is_written_or_said_on_the_way(alice: Teammate) -> None:
    before = {path for path in alice.folder.rglob("*") if path.is_file()}
    result = alice.ok("run", "--", "true")
    assert (result.out, result.err) == (b"", b"")
    made = {path for path in alice.folder.rglob("*") if path.is_file()} - before
    assert not [path for path in made if b"a b#c" in path.read_bytes()]


def test_the_working_copy_counts_only_when_asked(alice: Teammate) -> None:
    alice.env.write_bytes(alice.env.read_bytes().replace(b"one.example", b"local.example"))
    print_url = ("--", "sh", "-c", 'printf %s "$API_URL"')
    released = alice.ok("run", *print_url)
    assert released.out == b"https://one.example"
    assert ".env differs from v1" in released.talk
    assert alice.ok("run", "--local", *print_url).out == b"https://local.example"
