"""The STUN and TURN servers that our signaling server offers."""

from __future__ import annotations

from typing import Protocol

from envlsp.errors import EnvlspError
from envlsp.transport.api import IceServers
from envlsp.transport.servers import servers_from_urls
from envlsp.wire.signaling_messages import Credentials


class Offering(Protocol):
    """Whatever may know of TURN servers."""

    async def turn(self) -> Credentials | None:
        """Return credentials, if there are any."""
        ...


async def find_servers(client: Offering) -> IceServers:
    """Return the servers to dial with now; none is a fine answer."""
    try:
        credentials = await client.turn()
    except EnvlspError:
        return IceServers()
    if credentials is None:
        return IceServers()
    return servers_from_urls(credentials.urls, username=credentials.username, password=credentials.password)
