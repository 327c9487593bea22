"""Editors as nodes, over a real signaling server: one is the node, the others listen and take over."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from envlsp.crypto.device import new_seeds
from envlsp.domain.ids import TeamId
from envlsp.errors import StoreCorrupt
from envlsp.ide.snapshot import Standing
from envlsp.service.facade import Service
from envlsp.service.listening import connect
from envlsp.service.locking import protect
from envlsp.service.network import embedded, errands, running
from envlsp.service.network.node import REFRESH_S
from envlsp.store.keyfile import DeviceSeeds, Protection, open_device_key, with_passphrase
from envlsp.store.lock import FileLock
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.engines import Watcher, watching
from tests.support.network_cast import ROOT, Server, agent, end, environ_of, let_in
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow  # sockets, threads, files, and waits for them

EDITOR = """
import sys, threading
from envlsp.ide.positions import Encoding
from envlsp.service.engine import Engine
engine = Engine(lambda facts: print(facts.peers, flush=True), Encoding.UTF16)
engine.start([sys.argv[1]])
engine.join_network()
sys.stdin.read()
engine.close()
"""


@contextmanager
def editor(actor: Actor) -> Iterator[subprocess.Popen[str]]:
    """Yield an editor's engine as another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", EDITOR, str(actor.root)],
        cwd=ROOT,
        env=environ_of(actor),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        end(process)


def holder(actor: Actor) -> str:
    return FileLock(actor.service.home.node_lock).holder()


def until_node(actor: Actor) -> None:
    """Wait until an editor is the node and can be reached."""

    def answers() -> bool:
        client = connect(actor.service.home)
        if client is not None:
            client.close()
        return client is not None and "an editor" in holder(actor)

    wait_until(answers)


def put_passphrase(actor: Actor) -> bytes:
    """Put a passphrase on somebody's device, which is closed then; return the key that opens it."""
    device = actor.service.vault.open()
    device.protect(with_passphrase(b"a passphrase"))
    kek = open_device_key(device.path, passphrase=b"a passphrase").kek.reveal()
    actor.service.close()
    return kek


def push_through(actor: Actor, data: bytes) -> None:
    """Push as the command line does: write, then tell the network."""
    actor.push(data)
    errands.deliver(actor.service, actor.opened)


@pytest.mark.slow
def test_a_teammates_push_shows_within_a_second_of_its_arrival(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice), watching(bob) as watcher:
        watcher.until_release("v1")
        watcher.engine.join_network()
        watcher.until(lambda facts: facts.peers == 1)
        push_through(alice, FIRST_FILE + b"NEW=1\n")
        start = time.monotonic()
        found = watcher.until_release("v2")
        assert time.monotonic() - start < 10.0, "a second, and more for a busy machine"
    assert found.behind == 1
    assert found.names["NEW"].author == "Alice"


@pytest.mark.slow
def test_peers_come_and_go(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with watching(bob) as watcher:
        watcher.engine.join_network()
        with agent(alice):
            watcher.until(lambda facts: facts.peers == 1)
        watcher.until(lambda facts: facts.peers == 0)


@pytest.mark.slow
def test_one_editor_is_the_node_and_the_next_takes_over_from_a_killed_one(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice), editor(bob) as first, watching(bob) as watcher:
        until_node(bob)
        assert str(first.pid) in holder(bob)
        watcher.engine.join_network()
        watcher.until(lambda facts: facts.peers == 1)
        push_through(alice, FIRST_FILE + b"ONE=1\n")
        watcher.until_release("v2")
        first.send_signal(signal.SIGKILL)
        start = time.monotonic()
        wait_until(lambda: "an editor" in holder(bob) and str(first.pid) not in holder(bob))
        assert time.monotonic() - start < 10.0, "a second, and more for a busy machine"
        push_through(alice, FIRST_FILE + b"TWO=1\n")
        watcher.until_release("v3", 30)


@pytest.mark.slow
def test_what_is_pushed_in_an_editor_leaves_by_the_other_editor(pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with editor(alice), watching(bob) as watcher:
        watcher.engine.join_network()
        until_node(alice)
        watcher.until(lambda facts: facts.peers == 1)
        push_through(alice, FIRST_FILE + b"NEW=1\n")
        watcher.until_release("v2")


@pytest.mark.slow
def test_a_team_joined_while_the_editor_runs_is_served(cast: Cast, server: Server) -> None:
    alice, bob = cast.actor("alice").found(), cast.actor("bob")
    for actor in (alice, bob):
        actor.environ["ENVLSP_SIGNALING"] = server.url
        actor.restart()
    alice.push(message="first")
    with watching(alice) as hers, watching(bob) as his:
        hers.engine.join_network()
        his.engine.join_network()
        hers.until_release("v1")
        until_node(alice)
        let_in(alice, bob)
        his.engine.look_again()
        his.until_release("v1", 30)
        his.until(lambda facts: facts.peers == 1)
        push_through(alice, FIRST_FILE + b"NEW=1\n")
        his.until_release("v2", 10)


@pytest.mark.slow
def test_without_a_signaling_server_a_push_of_this_device_shows_all_the_same(
    pair: tuple[Actor, Actor], server: Server
) -> None:
    server.stop()
    alice, _ = pair
    with editor(alice), watching(alice) as watcher:
        until_node(alice)
        watcher.until_release("v1")
        watcher.settle()
        alice.push(FIRST_FILE + b"NEW=1\n")
        errands.tell_node(alice.service, alice.team.id)
        watcher.until_release("v2", 3)


def test_an_editor_lets_go_of_the_network_when_it_closes(cast: Cast) -> None:
    (alice,) = cast.team()
    with watching(alice) as watcher:
        watcher.engine.join_network()
        until_node(alice)
    assert holder(alice) == ""
    assert connect(alice.service.home) is None


def test_leaving_the_network_leaves_it_to_others_until_it_is_wanted_again(cast: Cast) -> None:
    (alice,) = cast.team()
    with watching(alice) as watcher:
        watcher.engine.join_network()
        until_node(alice)
        watcher.engine.leave_network()
        wait_until(lambda: holder(alice) == "")
        alice.push(FIRST_FILE + b"NEW=1\n")
        watcher.until_release("v2")
        watcher.engine.join_network()
        until_node(alice)


def test_without_a_team_nobody_is_the_node(cast: Cast) -> None:
    eve = cast.actor("eve")
    with watching(eve) as watcher:
        watcher.engine.join_network()
        watcher.until(lambda facts: facts.projects[0].standing is Standing.NO_PROJECT)
        watcher.settle()
        assert not Path(eve.service.home.node_lock).exists()


@pytest.mark.slow
def test_a_node_that_breaks_down_is_left_alone_for_a_while_and_tried_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (alice,) = cast.team()
    monkeypatch.setattr(embedded, "BACK_OFF_S", (0.5, 1.0))
    monkeypatch.setattr(embedded, "LOOK_S", 0.2)
    whole, calls = running.serve, []

    async def breaks_once(*args: object) -> None:
        calls.append(time.monotonic())
        if len(calls) == 1:
            raise RuntimeError("a planted value")
        await whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "serve", breaks_once)
    with watching(alice) as watcher:
        watcher.engine.join_network()
        until_node(alice)
        assert calls[1] - calls[0] > 0.4
        alice.push(FIRST_FILE + b"NEW=1\n")
        watcher.until_release("v2")
    assert "RuntimeError" in caplog.text
    assert "planted" not in caplog.text


async def test_a_team_that_cannot_be_opened_leaves_the_others_alone(cast: Cast) -> None:
    (alice,) = cast.team()
    broken = TeamId(b"x" * 32)
    alice.service.vault.open().add_team(broken, DeviceSeeds(*new_seeds()))
    folder = Path(alice.service.home.team_folder(broken))
    folder.mkdir(mode=0o700)
    (folder / "ledger.db").write_bytes(b"no database" * 100)
    (folder / "ledger.db").chmod(0o600)
    alice.service.home.make_run_folder()
    stop = asyncio.Event()
    await running.serve(alice.service, stop, stop.set)
    assert stop.is_set()

    own = Path(alice.team.store.folder)
    alice.restart()
    shutil.copyfile(folder / "ledger.db", own / "ledger.db")
    with pytest.raises(StoreCorrupt):
        await running.serve(alice.service, stop, stop.set)
    assert connect(alice.service.home) is None


@pytest.mark.slow
def test_the_key_of_a_locked_device_comes_from_the_node_and_stays_after_it(cast: Cast) -> None:
    (alice,) = cast.team()
    kek = put_passphrase(alice)
    with watching(alice) as first:
        first.until_stands(Standing.LOCKED)
        first.unlocked(kek)
        first.engine.join_network()
        until_node(alice)
        second = Watcher(alice.environ)
        second.engine.start([str(alice.root)])
        try:
            second.until_stands(Standing.READY)
            second.engine.join_network()
            second.settle()
            first.engine.close()
            wait_until(lambda: "an editor" in holder(alice))
        finally:
            second.engine.close()


@pytest.mark.slow
def test_a_key_file_put_on_in_an_editor_opens_its_node_too(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE)
    kek = put_passphrase(alice)
    with watching(alice) as seen:
        seen.until_stands(Standing.LOCKED)
        seen.unlocked(kek)
        seen.engine.join_network()
        until_node(alice)
        command = Service(alice.talk, environ=alice.environ, hold=seen.hold)
        protect(command, alice.talk, Protection.KEY_FILE, str(alice.key_file))
        command.close()
        time.sleep(REFRESH_S * 1.5)  # the node looks whether it may go on
        alice.restart()
        push_through(alice, FIRST_FILE + b"NEW=1\n")
        seen.until_release("v2")
