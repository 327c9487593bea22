"""A recognisable name and value go through everything, and are found nowhere.

Cases 43 and 45 of docs/protocol.md, "I. Adversarial tests".
"""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from envlsp.crypto import envelope
from envlsp.crypto.bundle import Export, check_bundle_untrusted, seal_bundle
from envlsp.crypto.primitives import box_key
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.records import RecordType
from envlsp.domain.secret import SecretText
from envlsp.service.access import rotation
from envlsp.service.comparing import diff, log, status
from envlsp.service.deriving import read_environment
from envlsp.service.network import errands
from envlsp.service.pushing import rollback, set_value
from tests.support.cast import Actor, Cast
from tests.support.network_cast import Server, agent, let_in
from tests.support.samples import ALICE, HERE, KEY_1, NAMES, content, fixed

ROOT = Path(__file__).parents[2]
PLACE = envelope.place_in(HERE, ALICE.dpk, RecordType.RELEASE)
SEALED = envelope.seal_release(content(), KEY_1, PLACE)
NAME = "CANARY_NAME_7Q2"
VALUE = "canary-value-x91k"
NEWER = "canary-newer-p33z"
MESSAGE = "canary-message-w5"
COMMENT = "canary-comment-m8"
FILE = f"# {COMMENT}\n{NAME}={VALUE}\n"
SECRET = (NAME, VALUE, NEWER, MESSAGE, COMMENT)
HAS_SHADOWS = False
"""Nodes run in threads and processes of their own."""
PEOPLE = ("Alice", "alice@example.com", "bob@example.com", "alices-laptop")


def whole_flow(alice: Actor, bob: Actor, logs: Path) -> None:
    """Do everything that people do."""
    alice.found(FILE.encode())
    alice.push(message=MESSAGE)
    let_in(alice, bob)
    with agent(alice, logs):
        bob.pull()
        set_value(bob.team, bob.context, NAME, SecretText(NEWER.encode()))
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        alice.pull()
        assert NEWER in alice.file.read_text()
        repr((diff(alice.team, alice.context, "v1..v2"), log(alice.team, alice.context)))
        repr((status(alice.team, alice.context), alice.opened, alice.team.people.list()))
        repr(read_environment(alice.team, alice.context.triple, "node"))
        rollback(alice.team, alice.context, "v1")
        rotation.rotate(alice.replica, alice.team.releases)
        errands.deliver(alice.service, alice.opened)
        errands.sync(bob.service, bob.opened)
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


@pytest.mark.slow
def test_case_43_and_45_a_canary_is_found_nowhere(
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


def test_case_45_nothing_that_is_opened_shows_a_value() -> None:
    opened = envelope.open_names(SEALED, KEY_1, PLACE)
    shown = repr(opened) + repr(opened.content()) + repr(opened.value(NAMES[1]))
    assert "s3cret" not in shown
    assert "api.test" not in shown
    assert "lives" not in shown, "the layout is secret text"


def test_case_45_no_name_or_value_is_in_the_sealed_bytes() -> None:
    for secret in (b"s3cret", b"API_URL", b"TOKEN", b"shop", b"first", b"lives"):
        assert secret not in SEALED


def test_case_45_a_bundle_shows_no_value() -> None:
    export = Export(RecordId(fixed("release")), 7, content().triple, created=100, not_after=200)
    data = seal_bundle(export, content().snapshot, ALICE.sign, box_key(fixed("a machine")).public)
    assert "box" not in repr(check_bundle_untrusted(data))
    assert b"s3cret" not in data
    assert b"API_URL" not in data


@pytest.mark.slow
@pytest.mark.parametrize("words", (("--help",), ("status",), ("run", "--", "true")))
def test_case_45_core_dumps_are_disabled(words: tuple[str, ...], tmp_path: Path) -> None:
    """Asked where the program is about to end, whatever the verb has come to."""
    code = (
        "import resource, sys, atexit; sys.argv = ['envlsp', *sys.argv[1:]];"
        "atexit.register(lambda: print(resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True));"
        "from envlsp.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        env={**os.environ, "ENVLSP_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        preexec_fn=allow_core_dumps,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.stdout.splitlines()[-1:] == ["0"], done.stderr


def allow_core_dumps() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
