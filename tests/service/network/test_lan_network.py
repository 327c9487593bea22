"""Who meets whom on a LAN where there is no server: the rooms are those of a server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from envlsp.errors import SignalingUnreachable
from envlsp.service.access import roles
from envlsp.service.access.removal import is_removed
from envlsp.service.network import rooms
from envlsp.service.network.team_node import TeamNode
from tests.support.cast import FIRST_FILE, Actor, Cast
from tests.support.lans import Board
from tests.support.network_cast import WAIT_S

pytestmark = pytest.mark.slow


@contextlib.asynccontextmanager
async def online(actor: Actor, board: Board) -> AsyncIterator[TeamNode]:
    """Somebody's device on the LAN, in this process, without a server."""
    node = TeamNode(actor.replica, (), lan=board.device())
    await node.start()
    try:
        yield node
    finally:
        await node.close()


async def test_teammates_are_in_step(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(FIRST_FILE + b"NEW=1\n")
    board = Board()
    async with online(alice, board), online(bob, board) as bobs:
        result = await bobs.sync(WAIT_S)
    assert (result.reached, result.in_sync) == (1, 1)
    assert bob.replica.ledger.heads() == alice.replica.ledger.heads()
    assert not board.posters, "whoever leaves takes the poster down"


async def test_who_was_away_while_the_key_changed_is_found_in_the_room_of_the_old_one(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.revoke(alice.replica, alice.team.releases, {carol.user})
    alice.push(FIRST_FILE + b"NEW=1\n")
    board = Board()
    async with online(alice, board), online(bob, board) as bobs:
        await bobs.sync(WAIT_S)
    assert bob.replica.ledger.heads() == alice.replica.ledger.heads()


async def test_a_removed_device_is_told_and_gets_nothing_else(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens in the room of the key that Bob knows: he is in the recovery room."""
    monkeypatch.setattr(rooms, "OLDER_EPOCHS_MAX", 0)
    alice, bob = cast.team("bob")
    roles.revoke(alice.replica, alice.team.releases, {bob.user})
    bob.replica.store.meta.put(b"removed", bob.replica.keys.dpk)  # the word of a teammate, and no record
    alice.push(FIRST_FILE + b"NEW=1\n")
    board = Board()
    async with online(alice, board), online(bob, board) as bobs:
        result = await bobs.sync(WAIT_S)
        assert (result.reached, result.removed) == (0, True)
    assert is_removed(bob.replica)
    names = {str(name) for name in bob.team.releases.of(bob.context.triple).view().entries}
    assert "NEW" not in names


async def test_two_teams_on_one_lan_do_not_see_each_other(cast: Cast, tmp_path: Path) -> None:
    alice, _ = cast.team("bob")
    others = Cast(tmp_path / "others")
    eve, _ = others.team("mallory")
    board = Board()
    try:
        async with online(alice, board) as alices, online(eve, board):
            assert (await alices.sync(WAIT_S)).reached == 0
            assert len(board.posters) == 2
            assert not alices.peers()
    finally:
        others.close()


async def test_a_machine_that_slept_greets_its_neighbours_anew(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    board = Board()
    async with online(alice, board), online(bob, board) as bobs:
        await bobs.sync(WAIT_S)
        await bobs._client.doubt()
        alice.push(FIRST_FILE + b"NEW=1\n")
        assert (await bobs.sync(WAIT_S)).in_sync == 1


async def test_without_a_lan_and_a_server_there_is_nowhere_to_go(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    node = TeamNode(alice.replica, ())
    with pytest.raises(SignalingUnreachable):
        await node.start()
    await node.close()
