"""Nodes, agents and commands over a real signaling server and WebRTC on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from pathlib import Path

import pytest

from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import Role
from envlsp.errors import (
    NoAccess,
    NobodyReachable,
    SignalingUnreachable,
    StoreBusy,
)
from envlsp.service.access import roles
from envlsp.service.comparing import status
from envlsp.service.network import errands, running
from envlsp.service.network.node import Node
from envlsp.service.starting import InitOptions, init
from envlsp.service.verbs import granting, scoping
from envlsp.service.verbs.courier import Courier
from envlsp.store.lock import FileLock
from tests.support.cast import FIRST_FILE, Actor, Cast, meet
from tests.support.network_cast import (
    Server,
    agent,
    aside,
    let_in,
    networked,
)
from tests.support.scoped import all_that_opens, give_value, guest, restrict, values
from tests.support.scoped import let_in as give_in_scope

pytestmark = pytest.mark.slow


# --- agents and commands ---


def test_a_push_is_delivered_to_an_agent(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice):
        bob.push(FIRST_FILE + b"B=1\n")
        result = errands.deliver(bob.service, bob.opened)
        assert result is not None
        assert (result.reached, result.in_sync, result.devices) == (1, 1, 1)
        alice.replica.refresh()
        assert alice.replica.ledger.heads() == bob.replica.ledger.heads()
        freshness = status(bob.team, bob.context).freshness
        assert (freshness.confirmed_by, freshness.devices) == (1, 1)
        # And after a sync in this process, the next push is as good.
        bob.push(FIRST_FILE + b"B=2\n")
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        # What Alice's commands write, her agent passes on.
        alice.pull()
        alice.push(alice.file.read_bytes() + b"A=1\n")
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        bob.pull()
        assert b"A=1\n" in bob.file.read_bytes()


def test_a_command_talks_to_the_agent_of_its_own_device(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice), agent(bob):
        alice.push(FIRST_FILE + b"A=1\n")
        result = errands.sync(alice.service, alice.opened)
        assert (result.reached, result.in_sync) == (1, 1)
        (peer,) = errands.peers(alice.service, alice.opened)
        assert (peer.name, peer.state, peer.path, peer.in_sync) == (
            "Bob (bobs-laptop)",
            "online",
            "direct",
            True,
        )
        assert peer.via == "lan"
        assert abs((peer.since or 0) - time.time()) < 60
        alice.replica.clock = lambda: time.time() + 100
        (peer,) = errands.peers(alice.service, alice.opened)
        alice.replica.clock = time.time
        assert (peer.last_seen or 0) > time.time() + 50, "a link that stands is heard all the time"
        assert 0 < (peer.connected_ms or 0) < 60_000
        bob.replica.refresh()
        assert bob.replica.ledger.heads() == alice.replica.ledger.heads()
    (peer,) = errands.peers(alice.service, alice.opened)
    assert (peer.state, peer.in_sync) == ("offline", False)
    assert (peer.via, peer.since, peer.connected_ms) == ("", None, None)
    assert peer.last_seen is not None


def test_one_agent_serves_all_teams_of_its_device(
    cast: Cast, server: Server, pair: tuple[Actor, Actor]
) -> None:
    alice, bob = pair
    (carol,) = networked(cast, server, "carol")
    root = alice.folder / "second"
    root.mkdir()
    init(
        alice.service, root, InitOptions(alice.person, recovery=False, new_team=True, signaling=(server.url,))
    )
    alice.root, shop = root, alice.root
    alice.file.write_bytes(b"SECOND=1\n")
    alice.push()
    cast.join(alice, carol)
    with agent(alice):
        carol.pull()
        carol.push(b"SECOND=2\n")
        bob.push(FIRST_FILE + b"B=1\n")
        for actor in (bob, carol):
            assert errands.sync(actor.service, actor.opened).in_sync == 1
        alice.pull()
        assert alice.file.read_bytes() == b"SECOND=2\n"
        alice.root = shop
        assert alice.pull().release.label == "v2"


def test_a_team_joined_while_the_agent_runs_is_served_too(cast: Cast, server: Server, alone: Actor) -> None:
    (bob,) = networked(cast, server, "bob")
    with agent(alone):
        let_in(alone, bob)
        bob.push(FIRST_FILE + b"B=1\n", force=True)
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        alone.replica.refresh()
        assert alone.replica.ledger.heads() == bob.replica.ledger.heads()


def test_nobody_there_is_said_soon(server: Server, pair: tuple[Actor, Actor]) -> None:
    _, bob = pair
    began = time.monotonic()
    with pytest.raises(NobodyReachable) as nobody:
        errands.sync(bob.service, bob.opened)
    assert nobody.value.exit_code == 7
    assert time.monotonic() - began < errands.THOROUGH_S - 5
    assert errands.deliver(bob.service, bob.opened) is None
    assert status(bob.team, bob.context).freshness.confirmed_by == 0


def test_alone_in_a_team_there_is_nobody_to_reach(server: Server, alone: Actor) -> None:
    result = errands.deliver(alone.service, alone.opened)
    assert result is not None
    assert result.devices == 0
    assert errands.sync(alone.service, alone.opened).devices == 0


def test_without_a_server_work_goes_on(server: Server, pair: tuple[Actor, Actor]) -> None:
    _, bob = pair
    server.stop()
    with pytest.raises(SignalingUnreachable):
        errands.sync(bob.service, bob.opened)
    assert errands.deliver(bob.service, bob.opened) is None
    assert bob.push(FIRST_FILE + b"B=1\n").made


def test_a_server_that_comes_back_is_used_again(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(alice):
        port = server.port
        server.stop()
        bob.push(FIRST_FILE + b"B=1\n")
        assert errands.deliver(bob.service, bob.opened) is None
        server.start(port)
        deadline = time.monotonic() + 60
        while errands.deliver(bob.service, bob.opened) is None:
            assert time.monotonic() < deadline, "never met again"
        alice.replica.refresh()
        assert alice.replica.ledger.heads() == bob.replica.ledger.heads()


def test_an_agent_that_starts_without_a_server_finds_it_later(
    server: Server, pair: tuple[Actor, Actor]
) -> None:
    alice, bob = pair
    port = server.port
    server.stop()
    with agent(alice):
        server.start(port)
        bob.push(FIRST_FILE + b"B=1\n")
        deadline = time.monotonic() + 60
        while errands.deliver(bob.service, bob.opened) is None:
            assert time.monotonic() < deadline, "never met"
        alice.replica.refresh()
        assert alice.replica.ledger.heads() == bob.replica.ledger.heads()


def test_after_a_killed_node_the_next_takes_over_within_two_seconds(
    server: Server, pair: tuple[Actor, Actor]
) -> None:
    alice, bob = pair
    with agent(bob):
        began = time.monotonic()
        with agent(alice) as first:
            start_s = time.monotonic() - began  # with nobody's place to take
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert Path(alice.service.home.node_socket).exists()  # it left a stale one
        began = time.monotonic()
        alice.push(FIRST_FILE + b"A=1\n")
        with agent(alice):
            assert time.monotonic() - began < 10 + 2 * start_s
            assert errands.sync(alice.service, alice.opened).in_sync == 1
    bob.replica.refresh()
    assert bob.replica.ledger.heads() == alice.replica.ledger.heads()


def test_a_command_takes_over_from_a_killed_node(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(bob), agent(alice) as first:
        alice.push(FIRST_FILE + b"A=1\n")
        first.send_signal(signal.SIGKILL)
        result = errands.sync(alice.service, alice.opened)
        assert result.in_sync == 1


def test_an_agent_leaves_when_told_and_cleans_up(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(bob), agent(alice) as process:
        assert errands.sync(alice.service, alice.opened).in_sync == 1
        began = time.monotonic()
        process.terminate()
        assert process.wait(60) == 0
        assert time.monotonic() - began < 15
    assert not Path(alice.service.home.node_socket).exists()


def test_there_is_one_agent(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, _ = pair
    with agent(alice):
        before = Path(alice.service.home.node_lock).read_bytes()
        with pytest.raises(StoreBusy, match="agent"):
            running.run_agent(alice.service, lambda: None, lambda _: None)
        assert Path(alice.service.home.node_lock).read_bytes() == before


def test_two_commands_at_once_share_the_network(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    with agent(bob):
        alice.push(FIRST_FILE + b"A=1\n")

        def sync() -> int:
            service = alice.start()
            try:
                return errands.sync(service, service.open(alice.root)).in_sync
            finally:
                service.close()

        first, second = aside(sync), aside(sync)
        assert [first.wait(), second.wait()] == [1, 1]
    lock = FileLock(alice.service.home.node_lock, "test")
    assert lock.try_acquire()
    lock.release()


def test_a_removed_member_is_told_by_the_team(server: Server, pair: tuple[Actor, Actor]) -> None:
    alice, bob = pair
    roles.revoke(alice.replica, alice.team.releases, [bob.user])
    alice.push(FIRST_FILE + b"NEW=1\n")
    with agent(alice), pytest.raises(NoAccess, match="removed"):
        errands.deliver(bob.service, bob.opened)
    bob.replica.refresh()
    names = {str(name) for name in bob.team.releases.of(bob.context.triple).view().entries}
    assert "NEW" not in names


# --- after a new key ---


def courier(actor: Actor) -> Courier:
    return Courier(actor.service, actor.opened, actor.talk.say)


def test_a_removal_by_a_command_reaches_teammates_at_once(
    cast: Cast, server: Server, pair: tuple[Actor, Actor]
) -> None:
    """Bob's agent waits in the room of the old key; Alice's command announces her in the new one's."""
    alice, bob = pair
    carol = cast.join(alice, cast.actor("carol"))
    meet(alice, bob, carol)
    with agent(bob):
        assert granting.remove(courier(alice), alice.team, "carol", alice.talk).reached == 1
        bob.replica.refresh()
        assert carol.user not in bob.replica.state.members
        began = time.monotonic()
        assert scoping.start_keys(courier(alice), alice.team, None).reached == 1
        assert time.monotonic() - began < 15
        bob.replica.refresh()
        assert bob.replica.ledger.heads() == alice.replica.ledger.heads()


def test_who_made_a_key_while_nobody_was_there_meets_those_with_the_old_one(
    cast: Cast, server: Server, pair: tuple[Actor, Actor]
) -> None:
    alice, bob = pair
    carol = cast.join(alice, cast.actor("carol"))
    meet(alice, bob, carol)
    roles.revoke(alice.replica, alice.team.releases, [carol.user])
    with agent(bob):
        assert errands.sync(alice.service, alice.opened).in_sync == 1
    bob.replica.refresh()
    assert bob.replica.ledger.heads() == alice.replica.ledger.heads()


# --- guests ---


def test_a_guest_pushes_and_pulls_with_whoever_is_there_until_removed(
    cast: Cast, server: Server, pair: tuple[Actor, Actor]
) -> None:
    """Carol is in the team for one environment alone, and holds no key of the team's room."""
    alice, bob = pair
    prod = restrict(alice)
    give_in_scope(alice, prod, bob)
    carol = guest(cast, alice, "carol", (prod, Role.DEVELOPER))
    carol.environ["ENVLSP_SIGNALING"] = server.url
    give_value(alice, "DB", "one")
    meet(alice, bob, carol)
    with agent(alice), agent(bob):
        give_value(carol, "BY_CAROL", "two")
        assert errands.sync(carol.service, carol.opened).in_sync == 2
    for member in (alice, bob):
        member.replica.refresh()
        assert values(member) == {"DB": b"one", "BY_CAROL": b"two"}
    with agent(carol):
        give_value(bob, "DB", "three")
        assert errands.sync(bob.service, bob.opened).in_sync == 1, "she is sought in the room of prod"
        carol.replica.refresh()
        assert values(carol)["DB"] == b"three"
    roles.revoke(alice.replica, alice.team.releases, [carol.user])
    give_value(alice, "DB", "not for carol")
    with agent(alice), pytest.raises(NoAccess, match="removed"):
        errands.sync(carol.service, carol.opened)
    carol.replica.refresh()
    assert b"not for carol" not in all_that_opens(carol)
    assert not carol.replica.state.is_active(carol.replica.keys.dpk)


# --- the node itself ---


async def test_a_node_without_a_server_leaves_no_listeners_behind(
    server: Server, pair: tuple[Actor, Actor]
) -> None:
    alice, _ = pair
    service = alice.service
    service.home.make_run_folder()
    node = Node(service)
    await node.start()
    for _ in range(3):
        await node.add_or_await(alice.replica.team, ("ws://127.0.0.1:9",))
    assert len(alice.replica.on_change) == 1  # the node's own: other processes hear of what comes
    await node.add_or_await(alice.replica.team, (server.url,))
    assert len(alice.replica.on_change) == 2
    await node.close()
    assert alice.replica.on_change == []
    alice.push(FIRST_FILE + b"A=1\n")


async def test_who_hangs_up_while_a_team_is_begun_leaves_no_listeners_behind(
    pair: tuple[Actor, Actor],
) -> None:
    alice, _ = pair
    alice.service.home.make_run_folder()
    node, came = Node(alice.service), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        with contextlib.closing(writer):
            await reader.read()

    await node.start()
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        asked = asyncio.create_task(node.add_team(alice.replica.team, (f"ws://127.0.0.1:{port}",)))
        await came.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert len(alice.replica.on_change) == 1  # the node's own: the team is tried again
    await node.close()
    assert alice.replica.on_change == []


def test_a_sync_finishes_what_a_crash_has_left(
    cast: Cast, server: Server, pair: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = pair
    carol = cast.join(alice, cast.actor("carol"))
    with monkeypatch.context() as patch:
        patch.setattr(roles, "rekey_heads", lambda *_: 0)
        roles.revoke(alice.replica, alice.team.releases, [carol.user])
    with agent(alice):
        assert errands.sync(bob.service, bob.opened).in_sync == 1
        bob.replica.refresh()
        current = bob.replica.state.current_epoch(TEAM_SCOPE)
        heads = bob.team.releases.of(bob.context.triple).history.heads()
        assert {bob.replica.epoch_of(bob.replica.record(head)) for head in heads} == {current}
        alice.replica.refresh()
        assert alice.replica.ledger.heads() == bob.replica.ledger.heads()
