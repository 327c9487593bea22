"""Two of the cast who have a network."""

from __future__ import annotations

import pytest

from tests.support.cast import Actor, Cast
from tests.support.network_cast import Server, founder, networked


@pytest.fixture
def pair(cast: Cast, server: Server) -> tuple[Actor, Actor]:
    """Alice and Bob, in one team without a network, and now with one."""
    alice, bob = networked(cast, server, "alice", "bob")
    cast.team("bob")
    for actor in (alice, bob):
        actor.pull()
    return alice, bob


@pytest.fixture
def alone(cast: Cast, server: Server) -> Actor:
    """Alice, who founded a team and pushed v1."""
    return founder(cast, server)
