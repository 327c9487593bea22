"""Which address a connection counts against.

A proxy's word is taken only when the operator named the proxy. In IPv6 a customer
gets at least a /64, so that is what one address means there.
"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

from websockets.asyncio.server import ServerConnection

Trusted: TypeAlias = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

UNKNOWN = "unknown"
"""A peer that was gone before we looked; all of them share one allowance."""


def client_address(socket: ServerConnection, trusted: Trusted) -> str:
    """Return what to count the connection against: an address, or a /64."""
    peer = socket.remote_address
    near = str(peer[0]) if peer else UNKNOWN
    if not any(_is_in(near, network) for network in trusted) or socket.request is None:
        return normalise(near)
    # Each proxy appends whom it saw; only the last entry is our proxy's own word.
    hops = ",".join(socket.request.headers.get_all("X-Forwarded-For")).split(",")
    return normalise(hops[-1].strip() or near)


def normalise(text: str) -> str:
    """Return an address as it is counted: IPv4 whole, IPv6 by its /64."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _is_in(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(text.partition("%")[0]) in network
    except ValueError:
        return False
