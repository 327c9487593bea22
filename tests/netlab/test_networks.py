"""Every network a teammate may sit in: join by a spoken code, push, and it is there."""

from __future__ import annotations

import pytest

from tests.netlab.conftest import Lab
from tests.support.netlab.world import Nat
from tests.support.processes import join, wait_until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("hers", "his", "host", "path"),
    (
        pytest.param("cone", "cone", "a2", "direct", id="one-lan"),
        pytest.param("cone", "cone", "b1", "direct", id="two-cones"),
        pytest.param("symmetric", "symmetric", "b1", "relay", id="two-symmetric"),
        pytest.param("noudp", "noudp", "b1", "relay", id="no-udp"),
        pytest.param("tcp443", "tcp443", "b1", "relay", id="only-443"),
    ),
)
def test_two_teammates_meet(lab: Lab, hers: Nat, his: Nat, host: str, path: str) -> None:
    lab.world.nat("a", hers)
    lab.world.nat("b", his)
    alice = lab.founder("Alice", "a1")
    bob = lab.clone("Bob", alice, host)
    join(alice, bob)
    bob.agent()
    pushed = alice.json("push", "-m", "the first")
    assert pushed["reached"] == 1
    wait_until(bob.has_release("v1"))
    alice.agent()
    wait_until(lambda: any(peer["path"] == path for peer in bob.json("peers")["peers"]))
