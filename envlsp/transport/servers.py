"""STUN and TURN servers as the signaling server names them: URLs of RFC 7064 and 7065.

Pure. A URL that makes no sense is one server fewer, never an error: the list comes
from a stranger, and a LAN needs none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from envlsp.transport.api import IceServers, StunServer, TurnServer

SERVERS_MAX = 8  # of each kind; every one is asked in every dial
PLAIN_PORT, TLS_PORT = 3478, 5349

_URL = re.compile(
    r"(?P<scheme>stun|turns?):(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)


def servers_from_urls(urls: Iterable[str], *, username: str = "", password: str = "") -> IceServers:
    """Return the servers among these URLs that can be asked.

    Args:
        urls: `stun:host`, `turn:host:3478?transport=udp`, `turns:host:443`, ...
        username: for every TURN server; without credentials there is none.
        password: likewise.
    """
    stun: list[StunServer] = []
    turn: list[TurnServer] = []
    for parts in filter(None, map(_URL.fullmatch, urls)):
        host = parts["host"].strip("[]")
        port = int(parts["port"] or (TLS_PORT if parts["scheme"] == "turns" else PLAIN_PORT))
        transport = _transport(parts["scheme"], parts["transport"])
        if not 0 < port < 65536:
            continue
        if parts["scheme"] == "stun":
            stun.append(StunServer(host, port))
        elif transport is not None and username and password:
            turn.append(TurnServer(host, port, username, password, transport))
    return IceServers(tuple(stun[:SERVERS_MAX]), tuple(turn[:SERVERS_MAX]))


def _transport(scheme: str, said: str | None) -> Literal["udp", "tcp", "tls"] | None:
    if scheme == "turns":
        return None if said == "udp" else "tls"  # TURN over DTLS is not spoken here
    return "tcp" if said == "tcp" else "udp"
