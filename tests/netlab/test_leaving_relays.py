"""A relay is no place to stay: where a direct path becomes possible, it is taken."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.netlab.conftest import Lab
from tests.support.processes import Background, Teammate, join, wait_until

pytestmark = pytest.mark.slow

IMPATIENT = """
import sys
from envlsp.service.network import turn
from envlsp.transport import api, dial_plan
dial_plan.BETTER_AFTER_S = dial_plan.BETTER_MAX_S = 2.0
turn.link_options = lambda: api.LinkOptions(dial_timeout_s=6.0)
from envlsp.cli.main import run
sys.exit(run(["agent", "--json"]))
"""
"""An agent that looks for a better path every two seconds instead of every half minute, and not for long."""

LOOK_S = 0.5


def impatient_agent(person: Teammate) -> Background:
    words = [*person.within, sys.executable, "-c", IMPATIENT]
    agent = person._started(Background(words, person.shop, person.environ()))
    assert agent.document()["ready"] is True
    return agent


def only_peer(person: Teammate) -> Any:
    (peer,) = person.json("peers")["peers"]
    return peer


def test_when_the_routers_let_it_a_relayed_link_becomes_a_direct_one(lab: Lab) -> None:
    lab.world.nat("a", "symmetric")
    lab.world.nat("b", "symmetric")
    alice = lab.founder("Alice", "a1")
    bob = lab.clone("Bob", alice, "b1")
    join(alice, bob)
    impatient_agent(alice)
    impatient_agent(bob)
    wait_until(lambda: only_peer(alice)["path"] == "relay", look_s=LOOK_S)
    alice.json("push", "-m", "over the relay")
    for side in ("a", "b"):
        lab.world.nat(side, "cone", keeping_old=True)  # the link over the relay stays alive
    wait_until(lambda: only_peer(alice)["path"] == "direct", look_s=LOOK_S)
    hers, his = only_peer(alice), only_peer(bob)
    assert (hers["via"], his["path"], his["via"]) == ("stun", "direct", "stun")
    alice.env.write_bytes(alice.env.read_bytes() + b"MORE=1\n")
    assert alice.json("push", "-m", "over the direct path")["reached"] == 1
    wait_until(bob.has_release("v2"), look_s=LOOK_S)
