"""What is seen by mDNS may be forged: it is bounded, checked, and says no more than where to knock."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Coroutine
from typing import cast

import ifaddr
import pytest
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceInfo

from envlsp.crypto.lan import filled
from envlsp.errors import MalformedFrame
from envlsp.transport.lan_discovery import (
    ADDRESSES_MAX,
    LOOKS_PER_MINUTE,
    SERVICE,
    Discovery,
    label_of,
)
from envlsp.transport.lan_networks import Network, lan_addresses, networks
from envlsp.wire.lan import Poster, encode_poster

POSTER = Poster(b"saltsalt", filled([]))
HOME = Network(
    7,
    (
        ipaddress.ip_interface("192.168.1.5/24"),
        ipaddress.ip_interface("fe80::5/64"),
    ),
)


def info(
    addresses: list[str], port: int = 40_000, properties: dict[str | bytes, bytes] | None = None
) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE,
        f"abcd.{SERVICE}",
        port=port,
        properties=encode_poster(POSTER) if properties is None else properties,
        server="host.local.",
        parsed_addresses=addresses,
    )


def test_a_poster_is_seen_with_its_neighbours_addresses() -> None:
    seen = Discovery(HOME)._sighting(f"abcd.{SERVICE}", info(["192.168.1.9", "fe80::9"]))
    assert (seen.name, seen.port, seen.poster) == ("abcd", 40_000, POSTER)
    assert seen.addresses == ("192.168.1.9", "fe80::9%7")


@pytest.mark.parametrize(
    "forged",
    (
        pytest.param(info(["203.0.113.7", "10.0.0.1", "2001:db8::1", "127.0.0.1"]), id="nobody on this LAN"),
        pytest.param(info([]), id="nowhere"),
        pytest.param(info(["192.168.1.9"], port=22), id="a service of the system"),
        pytest.param(info(["192.168.1.9"], port=0), id="no port"),
        pytest.param(info(["192.168.1.9"], properties={}), id="no poster"),
        pytest.param(info(["192.168.1.9"], properties={b"s": b"x", b"t": b"y"}), id="half a poster"),
    ),
)
def test_what_cannot_be_a_neighbour_is_passed_over(forged: AsyncServiceInfo) -> None:
    with pytest.raises(MalformedFrame):
        Discovery(HOME)._sighting(f"abcd.{SERVICE}", forged)


def test_of_many_addresses_a_few_are_tried() -> None:
    seen = Discovery(HOME)._sighting("x", info([f"192.168.1.{last}" for last in range(10, 200)]))
    assert len(seen.addresses) == ADDRESSES_MAX


def test_a_flood_of_services_is_looked_at_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    discovery, looked = Discovery(HOME), list[object]()

    def keep(work: Coroutine[None, None, None]) -> None:
        looked.append(work)
        work.close()  # it is only counted

    monkeypatch.setattr(discovery, "_keep", keep)
    for number in range(10 * LOOKS_PER_MINUTE):
        discovery._changed(cast("Zeroconf", None), SERVICE, f"{number}.{SERVICE}", ServiceStateChange.Added)
    assert len(looked) == LOOKS_PER_MINUTE


def test_our_own_posters_are_no_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    discovery, looked = Discovery(HOME), list[object]()
    monkeypatch.setattr(discovery, "_keep", looked.append)
    mine = discovery._info("mine", 40_000, POSTER)
    discovery._own.append(mine.name)
    discovery._changed(cast("Zeroconf", None), SERVICE, mine.name, ServiceStateChange.Added)
    assert not looked


def test_what_is_shown_names_neither_machine_nor_person() -> None:
    mine = Discovery(HOME)._info("0123456789abcdef", 40_000, POSTER)
    assert label_of(mine.name) == "0123456789abcdef"
    assert mine.server != Discovery(HOME)._info("0123456789abcdef", 40_000, POSTER).server
    assert socket.gethostname().lower() not in f"{mine.name} {mine.server}".lower()
    assert set(mine.properties) == {b"s", b"t"}


def test_its_library_writes_no_addresses_into_logs() -> None:
    """It logs what it hears at DEBUG, and warns with the words of strangers."""
    assert logging.getLogger("zeroconf").getEffectiveLevel() == logging.CRITICAL


# --- where -------------------------------------------------------------------------------------


def adapter(name: str, *addresses: tuple[str, int], index: int = 3) -> ifaddr.Adapter:
    ips = [ifaddr.IP(host if ":" not in host else (host, 0, 0), prefix, name) for host, prefix in addresses]
    return ifaddr.Adapter(name, name, ips, index=index)


@pytest.mark.parametrize(
    ("addresses", "shown"),
    (
        ([("192.168.1.5", 24), ("fe80::5", 64)], ["192.168.1.5", "fe80::5"]),
        ([("fe80::5", 64), ("fd00::5", 64), ("2a00::5", 64)], ["fd00::5", "fe80::5"]),
        ([("fe80::5", 64), ("2a00::5", 64)], ["fe80::5"]),
        ([("11.22.33.44", 24), ("fe80::5", 64)], []),
        ([("11.22.33.44", 24), ("10.0.0.5", 8)], []),
        ([("100.64.0.5", 10)], []),
        ([("127.0.0.1", 8), ("::1", 128)], []),
        ([("2a00::5", 64)], []),
        ([], []),
    ),
    ids=str,
)
def test_only_addresses_that_the_internet_does_not_reach_are_shown(
    addresses: list[tuple[str, int]], shown: list[str]
) -> None:
    assert [str(one.ip) for one in lan_addresses(adapter("eth0", *addresses).ips)] == shown


def test_containers_and_tunnels_are_no_lans(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("docker0", "br-1234", "veth9", "virbr0", "tun0", "tap1", "eth0")
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [adapter(name, ("10.0.0.5", 8)) for name in names])
    assert len(networks()) == 1


@pytest.mark.parametrize(
    ("address", "is_near"),
    (
        ("192.168.1.77", True),
        ("192.168.2.77", False),
        ("fe80::1", True),
        ("fe80::1%3", True),
        ("2a00::1", False),
        ("not an address", False),
    ),
)
def test_a_neighbour_is_on_the_same_network(address: str, is_near: bool) -> None:
    assert HOME.is_near(address) is is_near
