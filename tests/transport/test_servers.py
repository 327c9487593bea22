from __future__ import annotations

import pytest

from envlsp.transport.api import IceServers, StunServer, TurnServer
from envlsp.transport.servers import SERVERS_MAX, servers_from_urls


def turn(host: str, port: int, transport: str) -> IceServers:
    return IceServers(turn=(TurnServer(host, port, "u", "p", transport),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "expected"),
    (
        ("stun:s.example", IceServers(stun=(StunServer("s.example", 3478),))),
        ("stun:192.0.2.1:19302", IceServers(stun=(StunServer("192.0.2.1", 19302),))),
        ("turn:t.example", turn("t.example", 3478, "udp")),
        ("turn:t.example:80?transport=tcp", turn("t.example", 80, "tcp")),
        ("turns:t.example:443?transport=tcp", turn("t.example", 443, "tls")),
        ("turns:t.example", turn("t.example", 5349, "tls")),
        ("turn:[2001:db8::1]:3478", turn("2001:db8::1", 3478, "udp")),
        ("turns:t.example?transport=udp", IceServers()),
        ("stuns:t.example", IceServers()),
        ("turn:t.example:0", IceServers()),
        ("turn:t.example:99999", IceServers()),
        ("turn:user@t.example", IceServers()),
        ("http://t.example", IceServers()),
        ("", IceServers()),
    ),
)
def test_urls(url: str, expected: IceServers) -> None:
    assert servers_from_urls([url], username="u", password="p") == expected


def test_no_turn_without_credentials() -> None:
    assert servers_from_urls(["turn:t.example", "stun:s.example"]).turn == ()


def test_a_long_list_is_cut() -> None:
    assert len(servers_from_urls(f"stun:s{number}.example" for number in range(99)).stun) == SERVERS_MAX


def test_credentials_do_not_show() -> None:
    shown = repr(servers_from_urls(["turn:t.example"], username="me", password="hunter2"))
    assert "hunter2" not in shown
    assert "me" not in shown.replace("Server", "")
