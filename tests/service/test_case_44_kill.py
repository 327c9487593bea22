"""kill -9 at every write point of push, set and rotate (case 44)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envlsp.errors import Stale
from envlsp.service.access import rotation
from envlsp.service.comparing import log
from envlsp.service.deriving import read_environment
from envlsp.service.pushing import Made
from tests.support.cast import FIRST_FILE, Actor, Cast

ROOT = Path(__file__).parents[2]
PUSHED = FIRST_FILE.replace(b"x.test", b"y.test")
AFTER_SET = PUSHED + b"SET=1\n"


def crash_at(alice: Actor, point: int) -> list[str]:
    """Return what the process printed until it was killed at a point (0: never)."""
    script = ROOT / "tests" / "support" / "crashing_push.py"
    environ = {**os.environ, **alice.environ, "ENVLSP_KEY_FILE": str(alice.key_file)}
    done = subprocess.run(
        [sys.executable, str(script), str(alice.root), str(point)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == (-9 if point else 0), done.stderr.decode()
    return done.stdout.decode().split()


def check_after(alice: Actor, told: list[str]) -> None:
    """All that was committed is there, the file is old or new, and work goes on."""
    assert alice.file.read_bytes() in {PUSHED, AFTER_SET}
    store = alice.team.store
    store.database.check()
    assert not store.records.is_rolled_back()
    own = alice.replica.ledger.by_author(alice.replica.keys.dpk)
    assert [record.header.seq for record in own] == list(range(1, len(own) + 1))
    known = [release.label for release in log(alice.team, alice.context)]
    assert {"v1", *(word for word in told if word != "rotated")} <= set(known)
    assert known == [f"v{number}" for number in range(len(known), 0, -1)]
    for identity in alice.replica.state.epochs:
        assert alice.replica.ring.key_of(identity) is not None
    rotation.mend(alice.replica, alice.team.releases)
    made = next_push(alice)
    assert made.release.label == f"v{len(known) + 1}"
    assert not list(alice.root.glob("*.envlsp-tmp"))
    reading = read_environment(alice.team, alice.context.triple, "node")
    assert {str(name) for name in reading.values} >= {"API_URL", "NEXT"}


def next_push(alice: Actor) -> Made:
    """Push one more name, as a person would after a crash."""
    alice.file.write_bytes(alice.file.read_bytes() + b"NEXT=1\n")
    try:
        return alice.push()
    except Stale:
        alice.pull()
        return alice.push()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_every_write_point_nothing_committed_is_lost(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.file.write_bytes(PUSHED)
    alice.service.close()
    template = alice.folder.with_name("template")
    shutil.copytree(alice.folder, template)
    *told, _, points = crash_at(alice, 0)
    assert told == ["v2", "v3", "rotated"]
    assert int(points) >= 40
    for point in range(1, int(points) + 1):
        shutil.rmtree(alice.folder)
        shutil.copytree(template, alice.folder)
        told = crash_at(alice, point)
        alice.restart()
        check_after(alice, told)
        alice.service.close()
