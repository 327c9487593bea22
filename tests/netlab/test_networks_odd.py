"""Networks and clocks that are odd in one way: narrow, without IPv4, wary, late, or in a hurry."""

from __future__ import annotations

import base64
import random
import time

import pytest

from tests.netlab.conftest import Lab
from tests.support.netlab.meeting import linked, share_a_release
from tests.support.netlab.report import note
from tests.support.netlab.world import TURN_IP, WAN, clock
from tests.support.processes import Teammate, join, refused, wait_until

pytestmark = pytest.mark.slow

NARROW_BYTES = 1280
"""The least that IPv6 asks of every link, and what tunnels leave."""
CREDENTIALS_S = 600
"""How long TURN credentials of the signaling server are good."""
GOOD_FOR_S = 8
"""In a test: time enough to connect once, and then over."""
LARGE = b"".join(
    b"NAME_%d=%s\n" % (number, base64.b64encode(random.Random(number).randbytes(600)))
    for number in range(180)
)


def test_a_large_release_crosses_a_line_for_packets_of_1280_bytes(
    shared_lab: Lab, request: pytest.FixtureRequest
) -> None:
    assert len(LARGE) > 100_000
    shared_lab.world.narrow("b", NARROW_BYTES)
    alice, bob = shared_lab.two("b1", LARGE)
    hers, push_s = share_a_release(alice, bob)
    bob.ok("pull")
    assert sorted(bob.env.read_bytes().splitlines()) == sorted(LARGE.splitlines())
    note(request, "MTU of 1280, release of 146 KB", hers, push_s)
    assert hers["path"] == "direct"


def test_a_narrow_line_carries_a_relayed_link_too(shared_lab: Lab, request: pytest.FixtureRequest) -> None:
    shared_lab.world.nat("a", "symmetric")
    shared_lab.world.nat("b", "symmetric")
    shared_lab.world.narrow("b", NARROW_BYTES)
    hers, push_s = share_a_release(*shared_lab.two("b1", LARGE))
    note(request, "MTU of 1280, two symmetric", hers, push_s)
    assert hers["path"] == "relay"


def test_who_wants_no_address_seen_is_reached_over_the_relay_alone(
    shared_lab: Lab, request: pytest.FixtureRequest
) -> None:
    alice, bob = shared_lab.two("b1")
    alice.extra["ENVLSP_RELAY_ONLY"] = "on"
    hers, push_s = share_a_release(alice, bob)
    note(request, "relay only, by one side's wish", hers, push_s)
    assert hers["path"] == "relay"
    flows = shared_lab.world.run("nata", "conntrack", "-L", "-p", "udp")
    assert TURN_IP in flows
    assert WAN["b"] not in flows
    assert WAN["a"] not in shared_lab.world.run("natb", "conntrack", "-L", "-p", "udp")


@pytest.mark.parametrize("relay_only", ("off", "on"))
def test_teammates_meet_without_ipv4(lab6: Lab, relay_only: str, request: pytest.FixtureRequest) -> None:
    alice, bob = lab6.two("b1")
    bob.extra["ENVLSP_RELAY_ONLY"] = relay_only
    hers, push_s = share_a_release(alice, bob)
    note(request, f"only IPv6, relay only {relay_only}", hers, push_s)
    assert hers["path"] == ("relay" if relay_only == "on" else "direct")


def test_a_clock_that_is_an_hour_ahead_is_reported_and_stops_nothing(
    shared_lab: Lab, request: pytest.FixtureRequest
) -> None:
    alice, bob = shared_lab.two("a2")
    bob.within += clock("+1h")
    hers, push_s = share_a_release(alice, bob)
    note(request, "one LAN, his clock an hour ahead", hers, push_s)
    assert hers["path"] == "direct"
    assert "60 min ahead of the server's" in found(bob, "clock")
    assert "a teammate's clock is" in found(alice, "clocks")


def found(person: Teammate, name: str) -> str:
    """Return what `envlsp doctor` says about one thing."""
    (check,) = (each for each in person.run("doctor", "--json").document["checks"] if each["name"] == name)
    return str(check["says"])


def test_a_relay_that_nobody_vouches_for_carries_nothing(shared_lab: Lab) -> None:
    shared_lab.world.nat("b", "tcp443")
    alice, bob = shared_lab.two("b1")
    join(alice, bob)  # through the signaling server alone
    alice.agent()
    stranger = shared_lab.servers.certificate.with_name("other.pem")
    stranger.write_bytes(b"")
    bob.extra["SSL_CERT_FILE"] = str(stranger)
    refused(bob.run("sync"), 7)
    bob.extra["SSL_CERT_FILE"] = str(shared_lab.servers.certificate)
    bob.meet()


def test_a_relayed_link_outlives_its_credentials_and_the_next_one_gets_new_ones(lab: Lab) -> None:
    lab.servers.stop_signaling()
    lab.servers.clock = clock(f"-{CREDENTIALS_S - GOOD_FOR_S}s")
    lab.servers.start_signaling()
    lab.world.nat("a", "symmetric")
    lab.world.nat("b", "symmetric")
    alice, bob = lab.two("b1")
    join(alice, bob)
    alice.agent()
    agent = bob.agent()
    wait_until(lambda: bool(linked(bob.json("peers")["peers"])))
    (before,) = linked(bob.json("peers")["peers"])
    assert before["path"] == "relay"
    wait_until(lambda: time.time() > before["since"] + GOOD_FOR_S + 2)
    assert alice.json("push")["reached"] == 1
    assert bob.has_release("v1")()
    assert linked(bob.json("peers")["peers"])[0]["since"] == before["since"]
    agent.stop()
    bob.agent()
    wait_until(lambda: bool(linked(bob.json("peers")["peers"])))


def test_credentials_that_are_over_are_refused_and_a_direct_path_does_without(lab: Lab) -> None:
    lab.servers.stop_signaling()
    lab.servers.clock = clock(f"-{CREDENTIALS_S + 60}s")
    lab.servers.start_signaling()
    alice, bob = lab.two("b1")
    join(alice, bob)
    alice.agent()
    bob.meet()
    lab.world.nat("a", "symmetric")
    lab.world.nat("b", "symmetric")
    refused(bob.run("sync"), 7)
