"""The LANs that this machine is on, and which of its addresses are shown there.

Only real interfaces, and of those only the ones whose addresses the internet does not
route to: where the address is public, the neighbours may be anybody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface
from typing import TypeAlias

import ifaddr

from envlsp.transport.addresses import VIRTUAL_INTERFACES

Interface: TypeAlias = IPv4Interface | IPv6Interface


@dataclass(frozen=True, slots=True)
class Network:
    """One interface, as far as it is on a LAN.

    Attributes:
        index: of the interface.
        interfaces: our addresses there with their networks, v4 first.
    """

    index: int
    interfaces: tuple[Interface, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Our addresses there, as text without a scope."""
        return tuple(str(one.ip) for one in self.interfaces)

    @property
    def is_v6(self) -> bool:
        """Whether we have an IPv6 address there."""
        return any(one.version == 6 for one in self.interfaces)

    def is_near(self, address: str) -> bool:
        """Return whether an address is a neighbour's on this LAN, and not our own."""
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(ip in one.network and ip.version == one.version for one in self.interfaces)


def networks() -> tuple[Network, ...]:
    """Return the LANs of now."""
    found = []
    for adapter in ifaddr.get_adapters():
        if adapter.index is not None and not adapter.nice_name.startswith(VIRTUAL_INTERFACES):
            interfaces = lan_addresses(adapter.ips)
            if interfaces:
                found.append(Network(adapter.index, interfaces))
    return tuple(sorted(found, key=lambda network: network.index))


def lan_addresses(ips: Iterable[ifaddr.IP]) -> tuple[Interface, ...]:
    """Return the addresses of an interface to be found under; none where it has a public IPv4 address."""
    known = [_interface(ip) for ip in ips]
    if any(one.version == 4 and not one.ip.is_private for one in known):
        return ()
    shown = [one for one in known if one.ip.is_private and not one.ip.is_loopback]
    return tuple(sorted(shown, key=lambda one: (one.version, one.ip.is_link_local, int(one.ip))))


def _interface(ip: ifaddr.IP) -> Interface:
    host = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
    return ipaddress.ip_interface(f"{host}/{ip.network_prefix}")
