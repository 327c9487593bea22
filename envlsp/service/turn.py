"""The STUN and TURN servers that a signaling server named, in the transport's terms."""

from __future__ import annotations

import re
from typing import Literal

from envlsp.errors import EnvlspError
from envlsp.transport.api import IceServers, StunServer, TurnServer
from envlsp.transport.signaling_client import SignalingClient
from envlsp.wire.signaling_messages import Credentials

_URL = re.compile(
    r"(stun|turn|turns):(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?(?:\?transport=(udp|tcp))?"
)
_USUAL_PORT = {"stun": 3478, "turn": 3478, "turns": 5349}
SERVERS_MAX = 8
"""A signaling server is not trusted: each server it names costs us packets."""


async def find_servers(client: SignalingClient) -> IceServers:
    """Return the servers that our signaling server offers now; none is a fine answer."""
    try:
        credentials = await client.turn()
    except EnvlspError:
        return IceServers()
    return ice_servers(credentials) if credentials else IceServers()


def ice_servers(credentials: Credentials) -> IceServers:
    """Return every server that can be used; what cannot be read is left out.

    A TURN server answers STUN as well, so each is asked for our address too.
    """
    stun: dict[StunServer, None] = {}
    turn: list[TurnServer] = []
    for url in credentials.urls[:SERVERS_MAX]:
        match = _URL.fullmatch(url)
        if match is None:
            continue
        scheme, host, port, transport = match.groups()
        address = host.strip("[]"), int(port or _USUAL_PORT[scheme])
        if scheme != "turns" and transport != "tcp":
            stun[StunServer(*address)] = None
        if scheme != "stun":
            way = _transport(scheme, transport)
            turn.append(TurnServer(*address, credentials.username, credentials.password, way))
    return IceServers(tuple(stun), tuple(turn))


def _transport(scheme: str, transport: str | None) -> Literal["udp", "tcp", "tls"]:
    if scheme == "turns":
        return "tls"
    return "tcp" if transport == "tcp" else "udp"
