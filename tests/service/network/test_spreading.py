"""`sync --replicas N`: until N other devices hold the newest release, and never for more than there are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from envlsp.errors import NoAccess, NotHeld, Stopped, UsageError
from envlsp.service.access import roles
from envlsp.service.facade import Service
from envlsp.service.freshness import holders
from envlsp.service.network.spreading import Wish, demand_possible, spread
from envlsp.service.verbs.meeting import bring_in_step, wish_of
from tests.support.cast import FIRST_FILE, Actor, Cast, give
from tests.support.cli import failed
from tests.support.desks import Desk
from tests.support.network_cast import ROOT, Server, agent, aside, environ_of
from tests.support.processes import wait_until
from tests.support.verb_desk import Editor


@pytest.fixture
def three(cast: Cast, server: Server) -> tuple[Actor, ...]:
    """Alice, Bob and Carol, in step, with a network; Alice has pushed v2 since."""
    actors = tuple(cast.actor(name) for name in ("alice", "bob", "carol"))
    for actor in actors:
        actor.environ["ENVLSP_SIGNALING"] = server.url
    cast.team("bob", "carol")
    for actor in actors:
        actor.pull()
    actors[0].push(FIRST_FILE + b"A=1\n")
    return actors


@pytest.fixture
def another(three: tuple[Actor, ...]) -> Iterator[Service]:
    """Alice's device, for a thread of its own."""
    service = three[0].start()
    yield service
    service.close()


# --- without a network ---


def test_more_devices_than_there_are_is_refused_at_once(cast: Cast) -> None:
    alice, _, _ = cast.team("bob", "carol")
    demand_possible(alice.opened, Wish(2))
    with pytest.raises(UsageError, match="there are only 2 other devices in the team") as refused:
        bring_in_step(alice.service, alice.opened, wish=Wish(3))
    assert refused.value.fix == "envlsp sync --replicas 2"


def test_who_is_removed_meanwhile_waits_no_longer(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.revoke(alice.replica, alice.team.releases, [carol.user])
    give(alice, bob)
    with pytest.raises(UsageError, match="only 1 other device"):
        spread(bob.service, bob.opened, Wish(2), lambda _line: None)
    give(alice, carol)
    with pytest.raises(NoAccess):
        spread(carol.service, carol.opened, Wish(1), lambda _line: None)


def test_alone_nobody_is_waited_for(alice_alone: Actor) -> None:
    with pytest.raises(UsageError, match="no other device") as refused:
        bring_in_step(alice_alone.service, alice_alone.opened, wish=Wish(1))
    assert refused.value.fix == "envlsp invite"


@pytest.fixture
def alice_alone(cast: Cast) -> Actor:
    (alice,) = cast.team()
    return alice


def test_the_editor_is_refused_in_the_same_words(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    with pytest.raises(UsageError, match="there is only 1 other device"):
        Editor(alice).run("sync", replicas=2)
    with pytest.raises(UsageError, match="nothing to wait for"):
        Editor(alice).run("sync", timeout="5m")
    with pytest.raises(UsageError, match="no length of time"):
        Editor(alice).run("sync", replicas=1, timeout="soon")


def test_what_is_waited_for_is_called_by_the_newest_release(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    assert wish_of(alice.service, alice.root, 1, "90s") == Wish(1, "v1", 90)
    assert wish_of(alice.service, alice.folder, 1) == Wish(1, "all of this")
    assert wish_of(alice.service, alice.root, 0) is None


# --- over a network ---


@pytest.mark.slow
def test_it_goes_on_until_all_have_come_and_says_who_is_awaited(
    three: tuple[Actor, ...], another: Service
) -> None:
    alice, bob, carol = three
    said: list[str] = []
    opened = another.open(alice.root)
    with agent(bob):
        waiting = aside(lambda: bring_in_step(another, opened, wish=Wish(2, "v2", 60), report=said.append))
        limit = time.monotonic() + 60
        while "1 of 2 devices hold v2; waiting for Carol (carols-laptop)" not in said:
            assert time.monotonic() < limit, said
            time.sleep(0.05)
        with agent(carol):
            assert waiting.wait().held_by == 2
    assert said[-1] == "2 of 2 devices hold v2"
    carol.replica.refresh()
    assert carol.pull().release.label == "v2"


@pytest.mark.slow
def test_beside_a_running_node_the_store_is_looked_at_and_nothing_else(
    three: tuple[Actor, ...], another: Service
) -> None:
    alice, bob, carol = three
    with agent(alice), agent(bob):
        opened = another.open(alice.root)
        waiting = aside(lambda: spread(another, opened, Wish(2, timeout_s=60), lambda _line: None))
        with agent(carol):
            assert waiting.wait() == 2


@pytest.mark.slow
def test_the_time_is_over_and_what_was_handed_on_stays_so(three: tuple[Actor, ...]) -> None:
    alice, bob, carol = three
    with agent(bob), pytest.raises(NotHeld, match="1 of 2 devices hold v2; waiting for Carol") as over:
        bring_in_step(alice.service, alice.opened, wish=Wish(2, "v2", 1))
    assert over.value.exit_code == 7
    assert holders(alice.replica, alice.replica.ledger.heads()) == [bob.replica.keys.dpk]
    assert carol.replica.keys.dpk not in holders(alice.replica, alice.replica.ledger.heads())


@pytest.mark.slow
def test_it_is_stopped_when_the_person_says_so(three: tuple[Actor, ...]) -> None:
    alice, bob, _ = three
    stop = time.monotonic() + 6
    with agent(bob), pytest.raises(Stopped):
        bring_in_step(alice.service, alice.opened, wish=Wish(2), is_cancelled=lambda: time.monotonic() > stop)
    assert not Path(alice.service.home.node_socket).exists()


@pytest.mark.slow
def test_ctrl_c_leaves_cleanly(three: tuple[Actor, ...]) -> None:
    alice, bob, _ = three
    alice.service.close()
    with agent(bob):
        waiting = subprocess.Popen(
            [sys.executable, "-m", "envlsp", "-C", str(alice.root), "sync", "--replicas", "2"],
            cwd=ROOT,
            env={**environ_of(alice), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waiting.stderr is not None
        assert "1 of 2 devices hold v2; waiting for Carol (carols-laptop)\n" in iter(
            waiting.stderr.readline, ""
        )
        wait_until(Path(alice.service.home.node_socket).exists)  # it is the node, and waits
        os.kill(waiting.pid, signal.SIGINT)
        out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (130, "")
    assert "Traceback" not in err, err
    assert not Path(alice.service.home.node_socket).exists()


def test_the_command_line_refuses_it_too(tmp_path: Path) -> None:
    from tests.support.desks import new_desk, second_desk

    alice: Desk = new_desk(tmp_path)
    alice.ok("push", "--offline")
    second_desk(alice)
    failed(alice("sync", "--replicas", "2"), code=2, saying="there is only 1 other device in the team")
    failed(alice("sync", "--timeout", "1m"), code=2, saying="nothing to wait for")
