"""Every network teammates may sit in: join by a spoken code, push, and an editor there shows it.

How they reached each other and how long it took stands in a table at the end of the run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.netlab.conftest import Lab
from tests.support.live_editor import LiveEditor, editors
from tests.support.netlab.report import note
from tests.support.netlab.world import Nat
from tests.support.processes import Teammate, join, wait_until

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
        network("no UDP on both sides", "noudp", "noudp", "b1", "relay", "tcp"),
        network("no UDP on her side", "noudp", "cone", "b1", "relay", "udp"),
        network("no UDP on his side", "cone", "noudp", "b1", "relay", "tcp"),
        network("only port 443 on both sides", "tcp443", "tcp443", "b1", "relay", "tls"),
        network("only port 443 on his side", "cone", "tcp443", "b1", "relay", "tls"),
    ),
)
def test_two_teammates_meet(shared_lab: Lab, where: Network, request: pytest.FixtureRequest) -> None:
    shared_lab.world.nat("a", where.hers)
    shared_lab.world.nat("b", where.his)
    alice, bob = two(shared_lab, where.host)
    hers, push_s = share_a_release(alice, bob)
    note(request, where.name, hers, push_s)
    assert hers["path"] == where.path
    assert hers["via"] in where.via


def two(lab: Lab, host: str) -> tuple[Teammate, Teammate]:
    """Return Alice at a1, and Bob, who is to join her team."""
    alice = lab.founder("Alice", "a1")
    return alice, lab.clone("Bob", alice, host)


def share_a_release(alice: Teammate, bob: Teammate) -> tuple[Any, float]:
    """Let Bob join and see in his editor what Alice pushes; return how he reaches her agent.

    Returns:
        Alice's device as Bob's `peers --json` shows it, and how many seconds her push took.
    """
    join(alice, bob)
    with editors(lambda: LiveEditor(bob)) as (window,):
        wait_until(lambda: bob.run("peers").code == 0)  # answered once his server serves the team
        began = time.monotonic()
        pushed = alice.json("push", "-m", "the first")
        took_s = time.monotonic() - began
        assert pushed["reached"] == 1
        window.until_lens("v1 · Alice")
        assert bob.has_release("v1")()
        alice.agent()
        window.until_peers(1)
        (hers,) = linked(bob.json("peers")["peers"])
        return hers, took_s


def linked(peers: Iterable[Any]) -> list[Any]:
    """Return those to whom there is a link."""
    return [peer for peer in peers if peer["connected_ms"] is not None]
