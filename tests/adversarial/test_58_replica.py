"""A machine that keeps the records and reads none: paired, filled, asked, and searched for secrets."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.errors import NobodyReachable
from envlsp.service.facade import Service
from envlsp.service.network.errands import sync
from envlsp.service.replicas.allowed import allow, forbid
from envlsp.service.team import Team
from tests.support.cast import FIRST_FILE, Actor, Cast, QuietTalk
from tests.support.network_cast import WAIT_S, Server, agent, environ_of
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow

NEWER = FIRST_FILE + b"MORE=a long value of its own\n"


class Cellar:
    """A running `envlsp replica`, and what it says line by line."""

    def __init__(self, actor: Actor, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "envlsp", "replica", *words],
            cwd=actor.folder,
            env={**environ_of(actor), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())

    def says(self, begins: str) -> str:
        while not (line := self._lines.get(timeout=WAIT_S)).startswith(begins):
            pass
        return line

    def end(self) -> int:
        self._process.terminate()
        return self._gone()

    def kill(self) -> None:
        self._process.kill()
        self._gone()

    def _gone(self) -> int:
        code = self._process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@contextlib.contextmanager
def replica(actor: Actor, *words: str) -> Iterator[Cellar]:
    cellar = Cellar(actor, *words)
    try:
        yield cellar
    finally:
        cellar.end()


def kept(cellar: Actor, of: Actor) -> Team:
    """Return what a machine keeps of somebody's team, as a fresh process of it sees it."""
    service = Service(QuietTalk(), key_file=cellar.key_file, environ=cellar.environ)
    return service.team(of.team.id)


def holds_all(cellar: Actor, of: Actor) -> bool:
    team = kept(cellar, of)
    try:
        return team.replica.ledger.heads() == of.replica.ledger.heads()
    finally:
        team.close()


def pair(cellar: Cellar, member: Actor) -> None:
    before = member.opened.team.replica.state.devices
    allow(member.replica, cellar.says("rp1"), "cellar")
    with agent(member):
        cellar.says("keeps the records of tm1")
        wait_until(lambda: bool(sync(member.service, member.opened).in_sync))
        # The team's other devices, and the replica: never in step with more than there are.
        assert sync(member.service, member.opened).devices == len(before)


def test_case_58_a_replica_is_paired_and_brings_two_members_in_step_who_never_meet(
    cast: Cast, server: Server
) -> None:
    alice, bob = cast.team("bob")
    cellar = cast.actor("cellar")
    for actor in (alice, bob, cellar):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    with replica(cellar) as machine:
        alice.push(NEWER)
        pair(machine, alice)
        wait_until(lambda: holds_all(cellar, alice))
        # Alice is gone. Bob lets the same machine have the records, and gets hers from it.
        assert bob.replica.ledger.heads() != alice.replica.ledger.heads()
        allow(bob.replica, _pairing_of(cellar, alice), "cellar")
        sync(bob.service, bob.opened)
        bob.replica.refresh()
        assert bob.replica.ledger.heads() == alice.replica.ledger.heads()
    bob.pull()
    assert bob.file.read_bytes() == NEWER


def _pairing_of(cellar: Actor, of: Actor) -> str:
    from envlsp.service.replicas.allowed import allowed
    from envlsp.wire.replicas import to_pairing_text

    (one,) = allowed(of.replica)
    assert kept(cellar, of).keys.dpk == one.pairing.dpk
    return to_pairing_text(one.pairing)


def test_case_58_it_opens_no_body_and_decides_as_members_do(cast: Cast, server: Server) -> None:
    alice, bob = cast.team("bob")
    cellar = cast.actor("cellar")
    for actor in (alice, cellar):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    alice.push(NEWER)
    with replica(cellar) as machine:
        pair(machine, alice)
        wait_until(lambda: holds_all(cellar, alice))
    team = kept(cellar, alice)
    assert not team.replica.ring.all_keys()
    assert all(team.replica.body(record) is None for record in team.replica.ledger.records())
    assert not team.releases.environments()
    assert team.replica.state == alice.replica.state
    secrets = [b"https://x.test", b"a b#c", b"API_URL", b"TOKEN", b"alice@example.com", b"a long value"]
    for folder, _, names in os.walk(cellar.home):
        for name in names:
            data = Path(folder, name).read_bytes()
            assert not [secret for secret in secrets if secret in data], name
    team.close()
    assert bob.user in alice.replica.state.members


def test_case_58_one_that_nobody_allows_or_allows_no_more_gets_nothing(cast: Cast, server: Server) -> None:
    alice, _ = cast.team("bob")
    cellar, stranger = cast.actor("cellar"), cast.actor("stranger")
    for actor in (alice, cellar, stranger):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    with replica(stranger) as other, replica(cellar) as machine:
        other.says("rp1")
        pair(machine, alice)
        wait_until(lambda: holds_all(cellar, alice))
        assert forbid(alice.replica, "cellar").label == "cellar"
        alice.push(NEWER)
        with agent(alice), pytest.raises(NobodyReachable):
            sync(alice.service, alice.opened)
        assert not holds_all(cellar, alice)
    assert not stranger.service.vault.open().teams()


def test_case_58_it_goes_on_after_its_process_was_killed(cast: Cast, server: Server) -> None:
    alice, _ = cast.team("bob")
    cellar = cast.actor("cellar")
    for actor in (alice, cellar):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    machine = Cellar(cellar)
    pair(machine, alice)
    machine.kill()
    alice.push(NEWER)
    with replica(cellar) as again, agent(alice):
        assert again.says("rp1") == _pairing_of(cellar, alice), "the string, for one more device"
        again.says("ready")
        wait_until(lambda: holds_all(cellar, alice))
