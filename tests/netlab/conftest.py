"""The stage of the tests behind routers: a small internet, real servers, room for people."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.netlab.servers import Servers, servers
from tests.support.netlab.world import World, demand_namespaces
from tests.support.processes import Cast, Teammate


@dataclass(frozen=True, slots=True)
class Lab:
    """A world, its servers, and people who live in it."""

    world: World
    servers: Servers
    people: Cast

    def move_in(self, person: Teammate, host: str) -> Teammate:
        """Let somebody's commands run at that host from now on."""
        person.within = self.world.within(host)
        person.extra["SSL_CERT_FILE"] = str(self.servers.certificate)
        return person

    def founder(self, name: str, host: str) -> Teammate:
        """Return somebody at a host, with a shop and a team of their own."""
        return self.people.founder(name, settle=lambda person: self.move_in(person, host))

    def clone(self, name: str, of: Teammate, host: str) -> Teammate:
        """Return somebody at a host, with a clone of a shop."""
        return self.move_in(self.people.clone(name, of), host)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of this test's own."""
    demand_namespaces()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    with World(f"ev{os.getpid() % 10_000}{worker}") as made:
        yield made


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Iterator[Lab]:
    """The world with every server in it."""
    with contextlib.ExitStack() as started, servers(world, tmp_path) as both:
        yield Lab(world, both, Cast(tmp_path, both.url, started))
