"""The addresses of this machine: what a dial offers, and what tells a change of network.

Loads nothing of WebRTC, since it is asked every few seconds.
"""

from __future__ import annotations

import ipaddress

import ifaddr

LOOPBACK = "127.0.0.1"
VIRTUAL_INTERFACES = ("docker", "br-", "veth", "virbr", "tun", "tap")


def host_addresses() -> list[str]:
    """Return this machine's addresses worth offering, 127.0.0.1 last."""
    found = [
        address
        for adapter in ifaddr.get_adapters()
        if not adapter.nice_name.startswith(VIRTUAL_INTERFACES)
        for address in map(_plain_address, adapter.ips)
        if address is not None
    ]
    return [*dict.fromkeys(found), LOOPBACK]


def is_loopback(host: str) -> bool:
    """Return whether what is sent there stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plain_address(ip: ifaddr.IP) -> str | None:
    """Return the address as text; None for loopback and link-local ones."""
    if isinstance(ip.ip, str):
        return None if is_loopback(ip.ip) else ip.ip
    host, _flow, scope = ip.ip
    return None if is_loopback(host) or scope else host
