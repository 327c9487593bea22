"""A process is killed at every point where it writes: pushing, rotating, joining.

Case 44 of docs/protocol.md, "I. Adversarial tests".
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envlsp.domain.ids import TEAM_SCOPE, BoxPk, DevicePk
from envlsp.domain.ledger.records import Release, Role
from envlsp.errors import Stale
from envlsp.service.access import roles, rotation
from envlsp.service.comparing import log
from envlsp.service.deriving import read_environment
from envlsp.service.pushing import Made
from envlsp.wire import canonical
from tests.support.blind import assert_blind_agrees
from tests.support.cast import FIRST_FILE, Actor, Cast

ROOT = Path(__file__).parents[2]
PARTS = 4
"""A join has more than a hundred write points, and each of them costs two processes."""
PUSHED = FIRST_FILE.replace(b"x.test", b"y.test")
AFTER_SET = PUSHED + b"SET=1\n"
HAS_SHADOWS = False
"""Processes come and go; keyless replicas are asked where one is over."""


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
    assert_blind_agrees(alice.replica.team, alice.raws(), alice.replica.ledger)


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
def test_case_44_killed_at_every_write_point_of_push_and_rotate_nothing_committed_is_lost(cast: Cast) -> None:
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


# --- joining ---


def join_until(alice: Actor, bob: Actor, point: int) -> list[str]:
    """Let Bob's process join until it is killed at a point (0: never); return what it printed.

    Alice lets in whoever asks, unless these keys are in already, and hands over her records.
    """
    script = ROOT / "tests" / "support" / "crashing_join.py"
    child = subprocess.Popen(
        [sys.executable, str(script), alice.replica.team.hex(), str(point)],
        cwd=ROOT,
        env={**os.environ, **bob.environ, "ENVLSP_KEY_FILE": str(bob.key_file)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    told = []
    with child:
        for line in child.stdout:
            told.append(line.strip())
            if line.startswith("asks "):
                child.stdin.write(f"{let_in(alice, bob, line.split()[1:])}\n")
                child.stdin.flush()
    assert child.returncode == (-9 if point else 0)
    return told


def let_in(alice: Actor, bob: Actor, asked: list[str]) -> Path:
    """Grant what was asked for; return a file with all records."""
    dpk, xpk, pop = (bytes.fromhex(word) for word in asked)
    if dpk not in alice.replica.state.devices:
        request = roles.Request(DevicePk(dpk), BoxPk(xpk), pop, bob.person)
        roles.grant(alice.replica, request, Role.DEVELOPER, 10)
    records = alice.folder / "records"
    records.write_bytes(canonical.encode(list(alice.raws())))
    return records


def check_joined(alice: Actor, bob: Actor) -> None:
    """Bob is one member with one device, holds every key, and his first record is number 1."""
    service = bob.start()
    try:
        replica = service.team(alice.replica.team).replica
        assert len(alice.replica.state.members) == len(alice.replica.state.devices) == 2
        assert replica.ledger.heads() == alice.replica.ledger.heads()
        replica.store.database.check()
        assert not replica.store.records.is_rolled_back()
        assert all(replica.ring.key_of(identity) is not None for identity in replica.state.epochs)
        assert service.pending.of_team(replica.team) is None
        assert replica.ledger.next_seq(replica.keys.dpk) == 1
        replica.append(Release(TEAM_SCOPE))
        raws = [replica.raw(record.id) for record in replica.ledger.records()]
        assert_blind_agrees(replica.team, raws, replica.ledger)
    finally:
        service.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_case_44_killed_at_every_write_point_of_a_join_the_next_one_goes_on(cast: Cast, part: int) -> None:
    """Whatever was cut off, joining again uses the keys that may have been let in already."""
    (alice,) = cast.team()
    bob = cast.actor("bob")
    alice.service.close()
    template = alice.folder.with_name("template")
    shutil.copytree(alice.folder, template)
    (*_, last) = join_once(alice, bob, template, 0)
    points = int(last.removeprefix("end "))
    assert points >= 40
    check_joined(alice, bob)
    for point in range(part, points + 1, PARTS):
        told = join_once(alice, bob, template, point)
        if told[-1:] != ["in"]:
            join_until(alice, bob, 0)
        check_joined(alice, bob)


def join_once(alice: Actor, bob: Actor, template: Path, point: int) -> list[str]:
    """Join from a clean start, until killed at a point."""
    alice.service.close()
    for folder in (alice.folder, bob.home):
        shutil.rmtree(folder, ignore_errors=True)
    bob.key_file.unlink(missing_ok=True)
    shutil.copytree(template, alice.folder)
    alice.restart()
    return join_until(alice, bob, point)
