from __future__ import annotations

import ipaddress
from types import SimpleNamespace
from typing import cast

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers

from envlsp_signaling.addresses import FORWARDED, UNKNOWN, client_address, normalise

PROXY = (ipaddress.ip_network("10.0.0.0/24"),)


@pytest.mark.parametrize(
    ("text", "counted"),
    (
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("somebody", UNKNOWN),
        ("", UNKNOWN),
    ),
)
def test_what_an_address_counts_as(text: str, counted: str) -> None:
    assert normalise(text) == counted


def connection(peer: str | None, *forwarded: str) -> ServerConnection:
    headers = Headers([("X-Forwarded-For", line) for line in forwarded])
    remote = (peer, 5) if peer else None
    fake = SimpleNamespace(remote_address=remote, request=SimpleNamespace(headers=headers))
    return cast("ServerConnection", fake)


def test_a_stranger_cannot_pass_for_another() -> None:
    assert client_address(connection("192.0.2.1", "198.51.100.9"), PROXY) == "192.0.2.1"


def test_only_the_last_word_of_our_proxy_counts() -> None:
    forged = connection("10.0.0.3", "198.51.100.1", "203.0.113.5, 198.51.100.9")
    assert client_address(forged, PROXY) == "198.51.100.9"


def test_a_proxy_that_says_nothing_is_counted_itself() -> None:
    assert client_address(connection("10.0.0.3"), PROXY) == "10.0.0.3"


def test_a_peer_that_has_gone_is_unknown() -> None:
    assert client_address(connection(None), PROXY) == UNKNOWN


CHAIN = (ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("lines", "counted"),
    (
        (["198.51.100.9, 10.0.0.7"], "198.51.100.9"),  # two of our proxies in a row
        (["198.51.100.9, 10.0.0.7, 10.0.0.8"], "198.51.100.9"),
        (["198.51.100.9", "10.0.0.7"], "198.51.100.9"),  # a header on two lines is one list
        (["203.0.113.5, 198.51.100.9, 10.0.0.7"], "198.51.100.9"),  # the client made up the first
        (["10.0.0.9, 198.51.100.9"], "198.51.100.9"),  # and cannot pass for our proxy
        (["198.51.100.9:4711"], "198.51.100.9"),
        (["[2001:db8:1:2::3]:4711"], "2001:db8:1:2::/64"),
        (["2001:db8:1:2::3"], "2001:db8:1:2::/64"),
        (["198.51.100.9, 2001:db8:ffff::1"], "198.51.100.9"),
        (["::ffff:198.51.100.9"], "198.51.100.9"),
        (["198.51.100.9, nonsense"], "10.0.0.3"),  # our own proxy says nothing we can read
        (["198.51.100.9, nonsense, 10.0.0.7"], "10.0.0.7"),
        (["unknown"], "10.0.0.3"),
        ([""], "10.0.0.3"),
        (["10.0.0.7, 10.0.0.8"], "10.0.0.7"),  # everybody is ours: a check from inside
        ([", ".join(["198.51.100.9"] + ["10.0.0.7"] * 5_000)], "10.0.0.7"),
    ),
)
def test_the_rightmost_hop_that_is_not_ours_is_the_client(lines: list[str], counted: str) -> None:
    assert client_address(connection("10.0.0.3", *lines), CHAIN) == counted


def standard(*lines: str) -> ServerConnection:
    headers = Headers([("Forwarded", line) for line in lines] + [("X-Forwarded-For", "203.0.113.99")])
    fake = SimpleNamespace(remote_address=("10.0.0.3", 5), request=SimpleNamespace(headers=headers))
    return cast("ServerConnection", fake)


@pytest.mark.parametrize(
    ("lines", "counted"),
    (
        (["for=198.51.100.9;proto=https;by=10.0.0.3"], "198.51.100.9"),
        (['proto=https;For="[2001:db8:1:2::3]:4711"'], "2001:db8:1:2::/64"),
        (['for="198.51.100.9:4711", for=10.0.0.7'], "198.51.100.9"),
        (["for=203.0.113.5", "for=198.51.100.9"], "198.51.100.9"),
        (["for=_hidden"], "10.0.0.3"),
        (["for=198.51.100.9, by=10.0.0.7"], "10.0.0.3"),
    ),
)
def test_the_standard_header_where_the_operator_says_so(lines: list[str], counted: str) -> None:
    assert client_address(standard(*lines), CHAIN, FORWARDED) == counted


def test_only_the_header_of_our_proxies_is_read() -> None:
    """A proxy that writes one header passes the other on as the client made it up."""
    assert client_address(standard("for=198.51.100.9"), CHAIN) == "203.0.113.99"
    assert client_address(connection("10.0.0.3", "203.0.113.99"), CHAIN, FORWARDED) == "10.0.0.3"


def test_an_ipv4_proxy_behind_an_ipv6_socket_is_known() -> None:
    assert client_address(connection("::ffff:10.0.0.3", "198.51.100.9"), CHAIN) == "198.51.100.9"
