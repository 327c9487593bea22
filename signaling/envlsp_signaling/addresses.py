"""Which address a connection counts against.

A proxy's word is taken only when the operator named the proxy. Every proxy appends whom it
saw, so the list is read from its right end: as long as an entry is one of ours, the entry
before it is its word. The first that is not ours is the client; what stands to its left was
written by the client, and means nothing. In IPv6 a customer gets at least a /64, so that is
what one address means there.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final, TypeAlias

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers

Trusted: TypeAlias = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

X_FORWARDED_FOR: Final = "X-Forwarded-For"
FORWARDED: Final = "Forwarded"

UNKNOWN: Final = "unknown"
"""A peer that was gone before we looked; all of them share one allowance."""

HOPS_MAX: Final = 16
"""Entries that are looked at: nobody has more proxies of their own in a row."""

_FOR: Final = re.compile(r'(?:^|;)\s*for=(?:"([^"]*)"|([^;,\s"]*))', re.IGNORECASE)


def client_address(socket: ServerConnection, trusted: Trusted, header: str = X_FORWARDED_FOR) -> str:
    """Return what to count the connection against: an address, or a /64.

    Args:
        socket: the connection, with its handshake's request.
        trusted: the operator's proxies.
        header: the one that these proxies write. Only one is ever read: the other may be
            the client's own.
    """
    peer = socket.remote_address
    near = str(peer[0]) if isinstance(peer, tuple) and peer else UNKNOWN
    if not is_trusted(near, trusted) or socket.request is None:
        return normalise(near)
    address = near
    for entry in reversed(_chain(socket.request.headers, header)[-HOPS_MAX:]):
        if not _is_address(entry):
            break  # our proxy says something we cannot read: the proxy itself is counted
        address = entry
        if not is_trusted(address, trusted):
            break
    return normalise(address)


def is_trusted(address: str, trusted: Trusted) -> bool:
    """Return whether the operator named this address as a proxy."""
    return any(_is_in(address, network) for network in trusted)


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


def _chain(headers: Headers, header: str) -> list[str]:
    entries = [entry for line in headers.get_all(header) for entry in line.split(",")]
    if header == X_FORWARDED_FOR:
        return [_bare(entry) for entry in entries]
    found = (_FOR.search(entry) for entry in entries)
    return [_bare(match[1] or match[2] or "") if match else "" for match in found]


def _bare(entry: str) -> str:
    # `192.0.2.1:80`, `[2001:db8::1]:80` and `[2001:db8::1]` are written by some proxies.
    entry = entry.strip()
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    host, _, port = entry.partition(":")
    return host if port.isdigit() else entry


def _is_address(text: str) -> bool:
    return normalise(text) != UNKNOWN


def _is_in(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in network
