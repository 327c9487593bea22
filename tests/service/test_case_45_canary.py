"""A recognisable name and value go through everything, and are found nowhere (cases 43 and 45)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.domain.secret import SecretText
from envlsp.service import network
from envlsp.service.access import rotation
from envlsp.service.comparing import diff, log, status
from envlsp.service.deriving import read_environment
from envlsp.service.pushing import rollback, set_value
from tests.support.cast import Actor, Cast
from tests.support.network_cast import Server, agent, let_in

pytestmark = pytest.mark.slow

NAME = "CANARY_NAME_7Q2"
VALUE = "canary-value-x91k"
NEWER = "canary-newer-p33z"
MESSAGE = "canary-message-w5"
COMMENT = "canary-comment-m8"
FILE = f"# {COMMENT}\n{NAME}={VALUE}\n"
SECRET = (NAME, VALUE, NEWER, MESSAGE, COMMENT)
PEOPLE = ("Alice", "alice@example.com", "bob@example.com", "alices-laptop")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


def whole_flow(alice: Actor, bob: Actor, logs: Path) -> None:
    """Do everything that people do."""
    alice.found(FILE.encode())
    alice.push(message=MESSAGE)
    let_in(alice, bob)
    with agent(alice, logs):
        bob.pull()
        set_value(bob.team, bob.context, NAME, SecretText(NEWER.encode()))
        assert network.sync(bob.service, bob.opened).in_sync == 1
        alice.pull()
        assert NEWER in alice.file.read_text()
        repr((diff(alice.team, alice.context, "v1..v2"), log(alice.team, alice.context)))
        repr((status(alice.team, alice.context), alice.opened, alice.team.people.list()))
        repr(read_environment(alice.team, alice.context.triple, "node"))
        rollback(alice.team, alice.context, "v1")
        rotation.rotate(alice.replica, alice.team.releases)
        network.deliver(alice.service, alice.opened)
        network.sync(bob.service, bob.opened)
    bob.pull()
    assert bob.file.read_text() == FILE


def found_in(folder: Path, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return which file below a folder holds which word."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [
        (str(path.relative_to(folder)), word)
        for path in files
        for word in words
        if word.encode() in path.read_bytes()
    ]


def test_a_canary_is_found_nowhere(
    cast: Cast, server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alice, bob = cast.actor("alice"), cast.actor("bob")
    for actor in (alice, bob):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    logs = tmp_path / "agent.log"
    whole_flow(alice, bob, logs)
    team, dpks = alice.replica.team, (alice.replica.keys.dpk, bob.replica.keys.dpk)
    for actor in (alice, bob):
        assert found_in(actor.home, (*SECRET, *PEOPLE)) == []
        actor.close()  # and again once SQLite has put its log away
        assert found_in(actor.home, (*SECRET, *PEOPLE)) == []
        assert all(word not in "\n".join(actor.talk.heard) for word in SECRET)
    server.stop()
    frames = server.frames.read_bytes()
    assert len(frames) > 10_000
    for blind in (*(word.encode() for word in (*SECRET, *PEOPLE)), team, *dpks, b"127.0.0.1", b"shop"):
        assert blind not in frames
    said = caplog.text.encode() + logs.read_bytes() + server.log.read_bytes()
    assert b"DEBUG" in said
    for word in SECRET:
        assert word.encode() not in said
