"""One LAN and no server: teammates find each other, and nobody else learns who they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.netlab.conftest import Lab
from tests.support.processes import Teammate, join, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(lab: Lab) -> Iterator[tuple[Teammate, Teammate]]:
    """Alice and Bob on one LAN, a team already; from now on the signaling server is down."""
    alice = lab.founder("Alice", "a1")
    bob = lab.clone("Bob", alice, "a2")
    join(alice, bob)
    lab.servers.stop_signaling()
    for person in (alice, bob):
        person.extra["ENVLSP_LAN"] = "on"
    yield alice, bob


def without_server(*people: Teammate) -> None:
    """Let people have no signaling server at all, neither in the project nor remembered."""
    for person in people:
        person.url = ""
        config = person.shop / "ev.yaml"
        config.write_text(re.sub(r"(?m)^signaling: .*$", "signaling: []", config.read_text()))
        person.run("sync")


def test_a_push_reaches_a_neighbour_while_the_server_is_down(pair: tuple[Teammate, Teammate]) -> None:
    alice, bob = pair
    bob.agent()
    pushed = alice.json("push", "-m", "the first")
    assert pushed["reached"] == 1
    wait_until(bob.has_release("v1"))
