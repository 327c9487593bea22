"""The stage of the tests behind routers: a small internet, real servers, room for people."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.netlab.servers import EVERY_SERVER, EVERY_SERVER6, Servers, servers
from tests.support.netlab.world import SIGNAL_IP, SIGNAL_IP6, World, demand_namespaces
from tests.support.processes import DOTENV, Cast, Teammate

_worlds = itertools.count()


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

    def founder(self, name: str, host: str, dotenv: bytes = DOTENV) -> Teammate:
        """Return somebody at a host, with a shop and a team of their own."""
        return self.people.founder(name, dotenv, lambda person: self.move_in(person, host))

    def clone(self, name: str, of: Teammate, host: str) -> Teammate:
        """Return somebody at a host, with a clone of a shop."""
        return self.move_in(self.people.clone(name, of), host)

    def two(self, host: str, dotenv: bytes = DOTENV) -> tuple[Teammate, Teammate]:
        """Return Alice at a1 with a team, and Bob at a host, who is to join it."""
        alice = self.founder("Alice", "a1", dotenv)
        return alice, self.clone("Bob", alice, host)


@contextlib.contextmanager
def fresh_world() -> Iterator[World]:
    """Yield a world that stands beside those of other workers."""
    demand_namespaces()
    with World(f"ev{os.getpid()}-{next(_worlds)}") as made:
        yield made


@contextlib.contextmanager
def inhabited(
    world: World, folder: Path, offered: Sequence[str] = EVERY_SERVER, address: str = SIGNAL_IP
) -> Iterator[Lab]:
    """Yield a world with every server in it, and end whatever its people have started."""
    with contextlib.ExitStack() as started, servers(world, folder, offered, address) as both:
        yield Lab(world, both, Cast(folder, both.url, started))


@pytest.fixture
def world() -> Iterator[World]:
    """A world of this test's own."""
    with fresh_world() as made:
        yield made


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Iterator[Lab]:
    """The world with every server in it."""
    with inhabited(world, tmp_path) as made:
        yield made


@pytest.fixture
def lab6(world: World, tmp_path: Path) -> Iterator[Lab]:
    """A world without IPv4, and its servers."""
    world.only_ipv6()
    with inhabited(world, tmp_path, EVERY_SERVER6, SIGNAL_IP6) as made:
        yield made


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A world and its servers for all tests of a module."""
    with fresh_world() as world, inhabited(world, tmp_path_factory.mktemp("standing")) as made:
        yield made


@pytest.fixture
def shared_lab(standing: Lab, tmp_path: Path) -> Iterator[Lab]:
    """The standing world for one test: people of its own, and plain routers to begin with."""
    standing.world.nat("a", "cone")
    standing.world.nat("b", "cone")
    with contextlib.ExitStack() as started:
        yield Lab(standing.world, standing.servers, Cast(tmp_path, standing.servers.url, started))
