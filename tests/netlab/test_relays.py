"""Relays of servers that know nothing of IPv4."""

from __future__ import annotations

import pytest

from tests.netlab.conftest import Lab
from tests.support.netlab.world import TURN_IP6
from tests.support.processes import join, wait_until

pytestmark = pytest.mark.slow


def test_a_server_without_ipv4_gives_ipv6_relays(lab6: Lab) -> None:
    lab6.servers.stop_turn()
    lab6.servers.addresses = (TURN_IP6,)
    lab6.servers.start_turn()
    alice = lab6.founder("Alice", "a1")
    bob = lab6.clone("Bob", alice, "b1")
    for person in (alice, bob):
        person.extra["ENVLSP_RELAY_ONLY"] = "on"
    join(alice, bob)
    bob.agent()
    alice.share("-m", "the first")
    alice.agent()
    wait_until(lambda: alice.json("peers")["peers"][0]["path"] == "relay")
    (peer,) = alice.json("peers")["peers"]
    assert peer["via"] in ("udp", "tcp", "tls")
    wait_until(bob.has_release("v1"))
