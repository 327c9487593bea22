"""What is wrong with a network, made wrong for real: doctor names it, and what mends it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from envlsp.wire.local import LOCAL_VERSION
from tests.netlab.conftest import Lab
from tests.support.netlab import servers as lab_servers
from tests.support.netlab.world import WAN, clock
from tests.support.processes import DOTENV, Teammate, join, wait_until

pytestmark = pytest.mark.slow

SCREEN_LINES, SCREEN_COLUMNS = 45, 80


def look(person: Teammate, *words: str) -> dict[str, Any]:
    """Return what doctor says, by the names of the checks; the last one of each name."""
    result = person.run("doctor", "--json", *words)
    sys.stdout.write(result.text)  # for whoever reads why a test failed
    document = result.document
    assert result.code == (0 if document["well"] else 1)
    assert document["well"] == all(check["status"] != "fail" for check in document["checks"])
    return {check["name"]: check for check in document["checks"]}


def statuses(seen: dict[str, Any], *names: str) -> list[str]:
    return [seen[name]["status"] for name in names]


def test_a_team_that_is_well_fits_a_screen_without_a_secret(shared_lab: Lab) -> None:
    alice = shared_lab.founder("Alice", "a1")
    bob = shared_lab.clone("Bob", alice, "b1")
    join(alice, bob)
    bob.agent()
    alice.agent()
    alice.json("push")
    wait_until(lambda: look(alice, "--offline")["peer"]["facts"]["in_sync"])
    seen = look(alice)
    names = ("signaling", "blindness", "clock", "nat", "mtu", "turn udp", "turn tcp", "turn tls", "lan")
    assert statuses(seen, *names) == ["warn", *["ok"] * 7, "skipped"]  # no TLS in here, and no LAN wanted
    assert (seen["nat"]["facts"]["nat"], seen["mtu"]["facts"]["at_least"]) == ("cone", 1500)
    assert seen["node"]["facts"] == {"running": True, "version": LOCAL_VERSION, "linked": 1}
    assert "direct" in seen["peer"]["says"]
    screen = alice.ok("doctor")
    lines = screen.text.splitlines()
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= SCREEN_COLUMNS
    values = [line.partition(b"=")[2].strip(b"'\"").decode() for line in DOTENV.splitlines() if b"=" in line]
    for secret in (*values, WAN["a"], shared_lab.world.address("a1"), lab_servers.SECRET, "alice@"):
        assert secret not in screen.text + screen.talk + str(seen)
    assert "nat" not in look(alice, "--offline")


def test_routers_and_narrow_lines(shared_lab: Lab) -> None:
    alice, world = shared_lab.founder("Alice", "a1"), shared_lab.world
    world.nat("a", "symmetric")
    seen = look(alice)
    assert (seen["nat"]["facts"]["nat"], seen["nat"]["status"]) == ("symmetric", "ok")
    world.nat("a", "cone")
    world.narrow("a", 1280)
    seen = look(alice)
    assert (seen["mtu"]["status"], seen["mtu"]["facts"]["at_least"]) == ("ok", 1280)
    world.nat("a", "cone")
    world.narrow("a", 1250)
    assert look(alice)["mtu"]["status"] == "warn"
    world.nat("a", "noudp")
    seen = look(alice)
    assert statuses(seen, "nat", "turn udp", "turn tcp", "turn tls") == ["warn", "warn", "ok", "ok"]
    assert seen["nat"]["facts"]["nat"] == "no-udp"
    world.nat("a", "tcp443")
    assert statuses(look(alice), "turn udp", "turn tcp", "turn tls") == ["warn", "warn", "ok"]


def test_servers_that_are_wrong(shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, servers = shared_lab.founder("Alice", "a1"), shared_lab.servers
    trusted = alice.extra.pop("SSL_CERT_FILE")
    seen = look(alice)
    assert (seen["turn tls"]["facts"]["way"], seen["turn tls"]["status"]) == ("certificate", "fail")
    alice.extra["SSL_CERT_FILE"] = trusted
    plain = alice.within
    alice.within = (*plain, *clock("-10m"))
    seen = look(alice)
    assert (seen["clock"]["status"], seen["turn tls"]["status"]) == ("warn", "fail")
    assert -602 <= seen["clock"]["facts"]["skew_s"] <= -598
    alice.within = (*plain, *clock("+3d"))  # its certificate lasts for two days
    seen = look(alice)
    assert (seen["clock"]["status"], seen["turn tls"]["facts"]["way"]) == ("fail", "certificate")
    alice.within = plain
    with monkeypatch.context() as patched:
        patched.setattr(lab_servers, "SECRET", "another one than coturn's")
        servers.stop_signaling()
        servers.start_signaling()
    seen = look(alice)
    assert [seen[f"turn {way}"]["facts"]["way"] for way in ("udp", "tcp", "tls")] == ["credentials"] * 3
    assert "static-auth-secret" in seen["turn udp"]["fix"]
    assert seen["nat"]["facts"]["nat"] == "router"  # a single view, and not guessed
    servers.stop_signaling()
    seen = look(alice)
    assert (seen["signaling"]["facts"]["trouble"], seen["nat"]["status"]) == ("refused", "skipped")
    servers.start_signaling()
    servers.stop_turn()
    seen = look(alice)
    servers.start_turn()
    assert statuses(seen, "nat", "turn udp", "turn tcp", "turn tls") == ["fail"] * 4


def test_a_world_without_ipv4(lab6: Lab) -> None:
    alice = lab6.founder("Alice", "a1")
    seen = look(alice)
    assert statuses(seen, "blindness", "nat", "mtu", "turn udp", "turn tcp", "turn tls") == ["ok"] * 6
    assert (seen["nat"]["facts"]["nat"], seen["mtu"]["facts"]["at_least"]) == ("open", 1500)


def test_a_lan_that_keeps_its_guests_apart(shared_lab: Lab) -> None:
    alice, world = shared_lab.founder("Alice", "a1"), shared_lab.world
    alice.extra["ENVLSP_LAN"] = "on"
    assert look(alice)["lan"]["status"] == "ok"
    world.run("a1", "nft", "-f", "-", stdin=_NO_MULTICAST)
    try:
        seen = look(alice)["lan"]
    finally:
        world.run("a1", "nft", "delete", "table", "inet", "quiet")
    assert (seen["status"], seen["facts"]["working"]) == ("warn", 0)
    assert "5353" in seen["fix"]


_NO_MULTICAST = """
table inet quiet {
  chain arriving { type filter hook input priority 0; policy accept;
    udp dport 5353 drop
  }
}
"""
