"""Somebody was let in while Carol was away, and is the only one there when she comes back."""

from __future__ import annotations

from typing import Any

import pytest

from envlsp.crypto.device import device_keys, new_seeds
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.service.access.rotation import open_epochs
from tests.support.cast import FIRST_FILE, Actor, Cast, meet
from tests.support.network_cast import WAIT_S, Server, online

pytestmark = pytest.mark.slow


def let_in_while_away(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, *, is_above: bool = True
) -> tuple[Actor, Actor, Actor]:
    """Return Alice, Bob whom she has let in upon a release, and Carol who knows of neither.

    Args:
        cast: everybody.
        monkeypatch: of the test.
        is_above: whether Bob's key is the greater, so that Carol is the one who dials.
    """
    alice, carol = cast.team("carol")
    alice.push(FIRST_FILE + b"WHILE_AWAY=1\n")

    def fitting() -> tuple[Any, Any]:
        while True:
            seeds = new_seeds()
            if (device_keys(*seeds).dpk > carol.replica.keys.dpk) == is_above:
                return seeds

    with monkeypatch.context() as patch:
        patch.setattr("tests.support.cast.new_seeds", fitting)
        bob = cast.join(alice, cast.actor("bob"))
    alice.push(FIRST_FILE + b"WHILE_AWAY=2\n")
    meet(alice, bob)
    return alice, bob, carol


@pytest.mark.parametrize("is_above", (True, False), ids=("the newcomer asks", "the newcomer dials"))
async def test_who_was_away_meets_a_newcomer_alone(
    cast: Cast,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    is_above: bool,
) -> None:
    _, bob, carol = let_in_while_away(cast, monkeypatch, is_above=is_above)
    async with online(bob, server), online(carol, server) as carols:
        result = await carols.sync(WAIT_S)
    assert (result.reached, result.in_sync) == (1, 1)
    assert carol.replica.ledger.heads() == bob.replica.ledger.heads()
    assert carol.replica.state.is_active(bob.replica.keys.dpk)


async def test_a_newcomer_who_comes_later_is_met_too(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bob, carol = let_in_while_away(cast, monkeypatch)
    async with online(carol, server), online(bob, server) as bobs:
        result = await bobs.sync(WAIT_S)
    assert (result.reached, result.in_sync) == (1, 1)
    assert carol.replica.ledger.heads() == bob.replica.ledger.heads()


@pytest.mark.parametrize("comes_first", ("bob", "carol"))
async def test_a_new_key_since_then_is_no_hindrance(cast: Cast, server: Server, comes_first: str) -> None:
    """Carol is in the room of the older key: the newcomer listens there, and seeks her there."""
    alice, carol = cast.team("carol")
    with alice.replica.writing():
        open_epochs(alice.replica, (TEAM_SCOPE,))
    bob = cast.join(alice, cast.actor("bob"))
    first, second = (bob, carol) if comes_first == "bob" else (carol, bob)
    async with online(first, server), online(second, server) as node:
        result = await node.sync(WAIT_S)
    assert (result.reached, result.in_sync) == (1, 1)
    assert carol.replica.ledger.heads() == bob.replica.ledger.heads()
