"""The STUN and TURN servers that our signaling server offers."""

from __future__ import annotations

from envlsp.errors import EnvlspError
from envlsp.transport.api import IceServers
from envlsp.transport.servers import servers_from_urls
from envlsp.transport.signaling_client import SignalingClient


async def find_servers(client: SignalingClient) -> IceServers:
    """Return the servers to dial with now; none is a fine answer."""
    try:
        credentials = await client.turn()
    except EnvlspError:
        return IceServers()
    if credentials is None:
        return IceServers()
    return servers_from_urls(credentials.urls, username=credentials.username, password=credentials.password)
