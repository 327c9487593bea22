"""Who meets whom, over a real signaling server: guests, removed devices, the recovery words."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from envlsp.crypto.recovery import Entropy, root_key
from envlsp.crypto.signing import scope_id
from envlsp.domain.ids import TEAM_SCOPE, ScopeId
from envlsp.domain.ledger.records import Role, ScopeSet
from envlsp.service import starting
from envlsp.service.access import roles
from envlsp.service.access.removal import is_removed
from envlsp.service.access.rotation import open_epochs
from envlsp.service.network import errands, rooms
from envlsp.service.network.team_node import TeamNode
from envlsp.service.network.telling import untold
from envlsp.service.network.waiting import DISCOVER_S
from envlsp.service.replica import Replica
from envlsp.service.results import SyncResult
from envlsp.store.team import TeamStore
from envlsp.transport import dialer
from envlsp.transport.api import IceServers, Link, SignalPipe
from tests.support.cast import FIRST_FILE, Actor, Cast, meet
from tests.support.network_cast import WAIT_S, Server, agent, online

pytestmark = pytest.mark.slow

ENTROPY = Entropy(b"w" * 32)


def sync_as_root(root: Replica, server: Server) -> SyncResult:
    """Meet whoever is in the recovery room, with the words."""

    async def sync() -> SyncResult:
        node = TeamNode(root, (server.url,), root_key(ENTROPY).room)
        await node.start()
        try:
            return await node.sync(WAIT_S)
        finally:
            await node.close()

    return asyncio.run(sync())


async def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.02)


@pytest.fixture
def root(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replica:
    """The replica of whoever holds the words of Alice's team, without a record."""
    monkeypatch.setattr(starting, "new_entropy", lambda: ENTROPY)
    alice, _ = cast.team("bob")
    keys = root_key(ENTROPY).keys
    store = TeamStore(str(tmp_path / "root"), b"l" * 32, keys.dpk)
    return Replica(alice.replica.team, keys, store, time.time)


# --- the recovery words ------------------------------------------------------------------------


def test_the_words_and_an_empty_ledger_get_every_record(cast: Cast, server: Server, root: Replica) -> None:
    alice = cast.actor("alice")
    alice.environ["ENVLSP_SIGNALING"] = server.url
    with agent(alice):
        result = sync_as_root(root, server)
    assert (result.reached, result.in_sync) == (1, 1)
    assert root.ledger.heads() == alice.replica.ledger.heads()
    assert root.state.root.root_sign == root.keys.dpk
    current = root.state.current_epoch(TEAM_SCOPE)
    assert current is not None
    assert root.ring.key_of(current) is not None, "the words open the team's key"


def test_what_the_root_key_writes_reaches_the_team(cast: Cast, server: Server, root: Replica) -> None:
    alice, bob = cast.actor("alice"), cast.actor("bob")
    alice.environ["ENVLSP_SIGNALING"] = server.url
    with agent(alice):
        sync_as_root(root, server)
        with root.writing():
            open_epochs(root, (TEAM_SCOPE,))
        sync_as_root(root, server)
    alice.replica.refresh()
    assert alice.replica.ledger.heads() == root.ledger.heads()
    assert bob.replica.state.next_n(TEAM_SCOPE) < alice.replica.state.next_n(TEAM_SCOPE)


def test_with_nobody_in_the_recovery_room_nothing_is_reached(server: Server, root: Replica) -> None:
    assert sync_as_root(root, server).reached == 0
    assert not len(root.ledger)


def test_other_words_meet_nobody(cast: Cast, server: Server, root: Replica, tmp_path: Path) -> None:
    """Who knows the room and has no root key is a stranger there: members answer nothing."""
    alice = cast.actor("alice")
    alice.environ["ENVLSP_SIGNALING"] = server.url
    keys = root_key(Entropy(b"x" * 32)).keys
    eve = Replica(root.team, keys, TeamStore(str(tmp_path / "eve"), b"l" * 32, keys.dpk), time.time)
    with agent(alice):
        assert sync_as_root(eve, server).reached == 0
    assert not len(eve.ledger)


# --- removed devices ---------------------------------------------------------------------------


async def test_a_removed_device_is_told_in_the_recovery_room(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens in the room of the key that Bob knows any more; he has been told before."""
    monkeypatch.setattr(rooms, "OLDER_EPOCHS_MAX", 0)
    alice, bob = cast.team("bob")
    roles.revoke(alice.replica, alice.team.releases, {bob.user})
    bob.replica.store.meta.put(b"removed", bob.replica.keys.dpk)  # the word of a teammate, and no record
    alice.push(FIRST_FILE + b"NEW=1\n")
    async with online(alice, server), online(bob, server) as bobs:
        result = await bobs.sync(WAIT_S)
        assert (result.reached, result.removed) == (0, True)
        await until(lambda: not bob.replica.state.is_active(bob.replica.keys.dpk))
    assert is_removed(bob.replica)
    names = {str(name) for name in bob.team.releases.of(bob.context.triple).view().entries}
    assert "NEW" not in names, "he is told who removed him, and nothing else"


async def test_a_removed_device_waits_for_who_is_slow_to_tell_it(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine needs seconds for its first dial: it says that it is there before."""
    alice, bob = cast.team("bob")
    tries = itertools.count()
    while bob.replica.keys.dpk < alice.replica.keys.dpk:  # whoever has the lower key dials
        roles.revoke(alice.replica, alice.team.releases, {bob.user})
        bob = cast.join(alice, cast.actor(f"bob{next(tries)}"))
    roles.revoke(alice.replica, alice.team.releases, {bob.user})
    open_link = dialer.webrtc_opener()

    async def slowly(controlling: bool, servers: IceServers, signals: SignalPipe) -> Link:
        await asyncio.sleep(DISCOVER_S + 1)
        return await open_link(controlling, servers, signals)

    with monkeypatch.context() as patch:
        patch.setattr(dialer, "webrtc_opener", lambda: slowly)
        alices = online(alice, server)
        await alices.__aenter__()
    async with online(bob, server) as bobs:
        result = await bobs.sync(WAIT_S)
    await alices.__aexit__(None, None, None)
    assert (result.reached, result.removed) == (0, True)


@pytest.mark.parametrize("others", (("bob",), ("bob", "carol")), ids=("the last one", "one of two"))
def test_who_is_removed_by_a_command_is_told_at_once_where_it_is_online(
    cast: Cast, server: Server, others: tuple[str, ...]
) -> None:
    """Bob's agent is in the room of the old key, and says that it is there once a minute: it is sought."""
    alice, bob, *_ = cast.team(*others)
    for actor in (alice, bob):
        actor.environ["ENVLSP_SIGNALING"] = server.url
    with agent(bob):
        assert errands.deliver(alice.service, alice.opened) is not None
        roles.revoke(alice.replica, alice.team.releases, {bob.user})
        began = time.monotonic()
        errands.deliver(alice.service, alice.opened)
        assert time.monotonic() - began < WAIT_S
        assert untold(alice.replica) == frozenset()
        bob.replica.refresh()
        assert is_removed(bob.replica)
    assert (errands.deliver(alice.service, alice.opened) is None) == (len(others) > 1)


# --- guests ------------------------------------------------------------------------------------


def private_scope(admin: Actor, reader: Actor) -> ScopeId:
    replica = admin.replica
    with replica.writing():
        scope = scope_id(replica.team, replica.keys.dpk, replica.ledger.next_seq(replica.keys.dpk))
        replica.append(ScopeSet(scope, ((reader.user, Role.DEVELOPER),), ()))
        open_epochs(replica, (scope,))
    return scope


async def test_a_guest_meets_the_team_in_the_room_of_its_scope(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rooms, "OLDER_EPOCHS_MAX", 0
    )  # the team's older key, which Bob still holds, is no help
    alice, bob = cast.team("bob")
    private_scope(alice, bob)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.NONE)
    with alice.replica.writing():
        open_epochs(alice.replica, (TEAM_SCOPE,))
    meet(alice, bob)
    alice.push(FIRST_FILE + b"MORE=1\n")
    async with online(alice, server), online(bob, server) as bobs:
        result = await bobs.sync(WAIT_S)
    assert (result.reached, result.in_sync) == (1, 1)
    assert bob.replica.ledger.heads() == alice.replica.ledger.heads()
