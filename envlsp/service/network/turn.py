"""The STUN and TURN servers that our signaling server offers, and what is shown to them and others."""

from __future__ import annotations

from typing import Protocol

from envlsp.errors import EnvlspError
from envlsp.service.config import is_relay_only
from envlsp.transport.api import IceServers, LinkOptions
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


def link_options() -> LinkOptions:
    """Return how every link of this device is made.

    Raises:
        BadConfig: `ENVLSP_RELAY_ONLY` is neither `on` nor `off`.
    """
    return LinkOptions(relay_only=is_relay_only())
