"""Every network teammates may sit in: join by a spoken code, push, and an editor there shows it.

How they reached each other and how long it took stands in a table at the end of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.netlab.conftest import Lab
from tests.support.netlab.meeting import share_a_release
from tests.support.netlab.report import note
from tests.support.netlab.world import Nat

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Network:
    """Where Alice, at a1, and Bob sit, and how Bob's device must reach hers."""

    name: str
    hers: Nat
    his: Nat
    host: str
    path: str
    via: frozenset[str]


def network(name: str, hers: Nat, his: Nat, host: str, path: str, *via: str) -> Any:
    return pytest.param(Network(name, hers, his, host, path, frozenset(via)), id=name.replace(" ", "-"))


@pytest.mark.parametrize(
    "where",
    (
        # name                           hers         his          Bob's  path      by way of
        network("one host", "cone", "cone", "a1", "direct", "lan"),
        network("one LAN", "cone", "cone", "a2", "direct", "lan"),
        network("one LAN, no UDP out of it", "noudp", "noudp", "a2", "direct", "lan"),
        network("two cones", "cone", "cone", "b1", "direct", "stun"),
        network("cone and symmetric", "cone", "symmetric", "b1", "relay", "udp"),
        network("two symmetric", "symmetric", "symmetric", "b1", "relay", "udp"),
        network("no UDP on both sides", "noudp", "noudp", "b1", "relay", "tcp", "tls"),
        network("no UDP on one side", "cone", "noudp", "b1", "relay", "tcp", "tls"),
        network("no UDP, no TURN by TLS", "notls", "notls", "b1", "relay", "tcp"),
        network("only port 443 on both sides", "tcp443", "tcp443", "b1", "relay", "tls"),
        network("only port 443 on one side", "cone", "tcp443", "b1", "relay", "tls"),
    ),
)
def test_two_teammates_meet(shared_lab: Lab, where: Network, request: pytest.FixtureRequest) -> None:
    shared_lab.world.nat("a", where.hers)
    shared_lab.world.nat("b", where.his)
    alice, bob = shared_lab.two(where.host)
    hers, push_s = share_a_release(alice, bob)
    note(request, where.name, hers, push_s)
    assert hers["path"] == where.path
    assert hers["via"] in where.via
