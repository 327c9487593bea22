from __future__ import annotations

import ipaddress
from types import SimpleNamespace
from typing import cast

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers

from envlsp_signaling.addresses import UNKNOWN, client_address, normalise

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
