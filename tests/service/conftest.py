"""The cast of a test: made on demand, closed at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cast import Actor, Cast
from tests.support.network_cast import Server


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    cast = Cast(tmp_path)
    yield cast
    cast.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def pair(cast: Cast, server: Server) -> tuple[Actor, Actor]:
    """Alice and Bob, in one team without a network, and now with one."""
    actors = (cast.actor("alice"), cast.actor("bob"))
    for actor in actors:
        actor.environ["ENVLSP_SIGNALING"] = server.url
    cast.team("bob")
    for actor in actors:
        actor.pull()
    return actors
