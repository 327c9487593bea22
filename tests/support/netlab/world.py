"""A small internet out of Linux network namespaces. No route leads out of it.

    a1  a2             b1                  pub
      \\ /               |        203.0.113.10   STUN and TURN 3478, TURN over TLS 443
    [lan]             [lan]      203.0.113.11   signaling, TCP 443
      |                 |                  |
     nata              natb                |
      | 203.0.113.101   | 203.0.113.102    |
      +-----------[ wan, in pub ]----------+

Both ends of every link are made inside, so the machine's own interfaces, routes and
firewall stay as they are. Addresses are of the ranges for documentation and benchmarks.
After `only_ipv6`, the same people have addresses of 2001:db8::/32 and no other, their
routers hide nothing, and the servers are at ::10 and ::11.
Worlds with different prefixes stand side by side.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias

from tests.support.missing import leave_out

TURN_IP: Final = "203.0.113.10"
SIGNAL_IP: Final = "203.0.113.11"
UPSTREAM_IP: Final = "203.0.113.254"
WAN: Final = {"a": "203.0.113.101", "b": "203.0.113.102"}
LAN: Final = {"a": "198.18.1.", "b": "198.18.2."}
TURN_IP6: Final = "2001:db8::10"
SIGNAL_IP6: Final = "2001:db8::11"
WAN6: Final = {"a": "2001:db8::101", "b": "2001:db8::102"}
LAN6: Final = {"a": "2001:db8:a::", "b": "2001:db8:b::"}
HOSTS: Final = {"a1": ("a", 11), "a2": ("a", 12), "b1": ("b", 11)}

Side: TypeAlias = Literal["a", "b"]
Nat: TypeAlias = Literal["cone", "symmetric", "noudp", "notls", "tcp443"]

# How a router hides its LAN, and what it lets out. Nothing unsolicited ever comes in: conntrack
# would else remember it, and a later packet the other way get another port, as if symmetric.
_ROUTERS: Final[dict[Nat, tuple[str, str]]] = {
    "cone": ("masquerade", ""),
    "symmetric": ("masquerade fully-random", ""),
    "noudp": ("masquerade", 'oifname "wan0" meta l4proto udp drop'),
    "notls": (
        "masquerade",
        f'oifname "wan0" ip daddr {TURN_IP} tcp dport 443 drop\n oifname "wan0" meta l4proto udp drop',
    ),
    "tcp443": ("masquerade", 'oifname "wan0" tcp dport != 443 drop\n oifname "wan0" meta l4proto udp drop'),
}


UNTESTED: Final = "NOT TESTED BEHIND ROUTERS"


def unavailable() -> str | None:
    """Return why there can be no such world here; None where there can."""
    if os.geteuid() != 0:
        return "not root"
    for tool in ("ip", "nft", "conntrack", "turnserver", "openssl", "faketime"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    probe = f"envlsp-probe-{threading.get_native_id()}"  # worlds are made side by side
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespace can be made: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", probe], capture_output=True, check=False)
    return None


def demand_namespaces() -> None:
    """Skip loudly where no world can be made; with REQUIRE_ALL=1, fail."""
    if why := unavailable():
        leave_out(f"{UNTESTED}: {why}")


def run(*words: str, check: bool = True, stdin: str | None = None) -> str:
    """Run a command of the system; return what it said."""
    done = subprocess.run(words, text=True, input=stdin, capture_output=True, check=False)
    assert not check or done.returncode == 0, f"{' '.join(words)}: {done.stderr or done.stdout}"
    return done.stdout


def clock(offset: str) -> tuple[str, ...]:
    """Return the words before a command whose clock is wrong by `offset`, such as `+1h` or `-30s`.

    Not `faketime` itself: it stays as the parent, and a signal would not reach the command.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return ("env", f"LD_PRELOAD={library}", f"FAKETIME={offset}", "FAKETIME_DONT_FAKE_MONOTONIC=1")


class World:
    """The namespaces, and what a test changes about them. Made by `with`."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._names = ["pub", "nata", "natb", *HOSTS]

    def __enter__(self) -> Self:
        """Build it, after whatever an earlier run has left."""
        self._tear_down()
        try:
            self._build()
        except BaseException:
            self._tear_down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever still runs inside, and leave no trace."""
        self._tear_down()

    # --- using it --------------------------------------------------------------------------------

    def within(self, name: str) -> tuple[str, ...]:
        """Return the words before a command that is to run at that host."""
        return ("ip", "netns", "exec", self._namespace(name))

    def run(self, name: str, *words: str, check: bool = True, stdin: str | None = None) -> str:
        """Run a command at that host to its end."""
        return run(*self.within(name), *words, check=check, stdin=stdin)

    def ip(self, name: str, *words: str, check: bool = True) -> str:
        """Run `ip` at that host."""
        return run("ip", "-n", self._namespace(name), *words, check=check)

    def address(self, host: str) -> str:
        """Return the address of somebody's machine on its LAN."""
        side, last = HOSTS[host]
        return f"{LAN[side]}{last}"

    # --- what tests change -----------------------------------------------------------------------

    def nat(self, side: Side, kind: Nat, *, keeping_old: bool = False) -> None:
        """Choose what the router of a home does; it may keep what it has mapped before."""
        hiding, leaving = _ROUTERS[kind]
        self.run(f"nat{side}", "nft", "-f", "-", stdin=_RULES.format(hiding=hiding, leaving=leaving))
        if not keeping_old:
            self.run(f"nat{side}", "conntrack", "-F", check=False)  # what was mapped before was otherwise

    def cut_cable(self, host: str) -> None:
        """Take the link of a machine down; the machine notices."""
        self.ip(host, "link", "set", "eth0", "down")

    def mend_cable(self, host: str) -> None:
        """Bring it up again, as it was."""
        self.ip(host, "link", "set", "eth0", "up")
        self.ip(host, "route", "replace", "default", "via", f"{LAN[HOSTS[host][0]]}1")

    def lose_uplink(self, side: Side) -> None:
        """Let the router drop everything that crosses it; nobody is told."""
        self.run(f"nat{side}", "nft", "-f", "-", stdin=_HOLE)

    def mend_uplink(self, side: Side) -> None:
        """Let it pass again."""
        self.run(f"nat{side}", "nft", "delete", "table", "inet", "hole")

    def roam(self, host: str, last: int) -> None:
        """Give a machine another address on its LAN, as after a change of network."""
        side, _ = HOSTS[host]
        self._give_address(host, f"{LAN[side]}{last}", f"{LAN[side]}1")

    def renumber(self, side: Side, last: int) -> None:
        """Give a router another public address, as after its line was dialled anew."""
        self.ip(f"nat{side}", "addr", "flush", "dev", "wan0", "scope", "global")
        self.ip(f"nat{side}", "addr", "add", f"203.0.113.{last}/24", "dev", "wan0")
        self.run(f"nat{side}", "conntrack", "-F", check=False)

    def narrow(self, side: Side, mtu: int) -> None:
        """Let the line of a home carry packets of so many bytes, and swallow larger datagrams silently.

        TCP is told by the router, as home routers do; to UDP nobody says anything. `nat` ends it.
        """
        self.run(f"nat{side}", "nft", "-f", "-", stdin=_NARROW.format(mtu=mtu, segment=mtu - 60))

    def lose_packets(self, side: Side, percent: int) -> None:
        """Let a router drop that share of what crosses it; 0 ends it."""
        self.run(f"nat{side}", "nft", "delete", "table", "inet", "lossy", check=False)
        if percent:
            self.run(f"nat{side}", "nft", "-f", "-", stdin=_LOSSY.format(percent=percent))

    def only_ipv6(self) -> None:
        """Take everybody's IPv4 away and give them IPv6: firewalls stay, nothing is hidden."""
        for side, router in (("a", "nata"), ("b", "natb")):
            self.ip(router, "addr", "flush", "dev", "wan0", "scope", "global")
            self._give_address6(router, "wan0", WAN6[side])
            self._give_address6(router, "lan", f"{LAN6[side]}1")
            self.ip(router, "-6", "route", "replace", "default", "via", TURN_IP6)
            self.run(router, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
            self.run(router, "nft", "-f", "-", stdin=_RULES6)
            self.ip("pub", "-6", "route", "replace", f"{LAN6[side]}/64", "via", WAN6[side])
        for host, (side, last) in HOSTS.items():
            self.ip(host, "addr", "flush", "dev", "eth0", "scope", "global")
            self._give_address6(host, "eth0", f"{LAN6[side]}{last}")
            self.ip(host, "-6", "route", "replace", "default", "via", f"{LAN6[side]}1")

    # --- building --------------------------------------------------------------------------------

    def _namespace(self, name: str) -> str:
        assert name in self._names, name
        return f"{self._prefix}-{name}"

    def _build(self) -> None:
        for name in self._names:
            run("ip", "netns", "add", self._namespace(name))
            self.ip(name, "link", "set", "lo", "up")
        self._bridge("pub", "wan")
        for address in (TURN_IP, SIGNAL_IP):
            self.ip("pub", "addr", "add", f"{address}/24", "dev", "wan")
        for address in (TURN_IP6, SIGNAL_IP6):
            self._give_address6("pub", "wan", address)
        self.run("pub", "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        self._build_home("a")
        self._build_home("b")
        # An upstream that swallows everything, as the internet does: for a private address of a
        # peer the kernel would else say "unreachable", and coturn 4.6.1 drop the whole allocation.
        # Not before the homes: a bridge has its address of its ports, and each change forgets neighbours.
        self.ip(*f"pub neigh replace {UPSTREAM_IP} lladdr 02:00:00:00:00:01 dev wan nud permanent".split())
        self.ip("pub", "route", "add", "default", "via", UPSTREAM_IP)
        for host, (side, _) in HOSTS.items():
            self._wire(host, "eth0", f"nat{side}", f"p{host}", "lan")
            self._give_address(host, self.address(host), f"{LAN[side]}1")

    def _build_home(self, side: Side) -> None:
        router = f"nat{side}"
        self._wire(router, "wan0", "pub", f"p{side}", "wan")
        self.ip(router, "addr", "add", f"{WAN[side]}/24", "dev", "wan0")
        self._bridge(router, "lan")
        self.ip(router, "addr", "add", f"{LAN[side]}1/24", "dev", "lan")
        self.run(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        # What two machines of one LAN say must not cross the router's firewall.
        self.run(router, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", check=False)
        self.nat(side, "cone")

    def _bridge(self, name: str, device: str) -> None:
        # No snooping: it would hold back multicast, for want of somebody who asks for it.
        self.ip(*f"{name} link add {device} type bridge mcast_snooping 0 forward_delay 0".split())
        self.ip(name, "link", "set", device, "up")

    def _wire(self, name: str, device: str, to: str, port: str, bridge: str) -> None:
        ends = ("netns", self._namespace(name), "type", "veth", "peer", "name", port)
        run("ip", "link", "add", device, *ends, "netns", self._namespace(to))
        self.ip(to, "link", "set", port, "master", bridge, "up")
        self.ip(name, "link", "set", device, "up")

    def _give_address(self, host: str, address: str, router: str) -> None:
        self.ip(host, "addr", "flush", "dev", "eth0", "scope", "global")
        self.ip(host, "addr", "add", f"{address}/24", "dev", "eth0")
        self.ip(host, "route", "replace", "default", "via", router)

    def _give_address6(self, name: str, device: str, address: str) -> None:
        # Without the search for a double, which takes a second in which it cannot be used.
        self.ip(name, "addr", "add", f"{address}/64", "dev", device, "nodad")

    def _tear_down(self) -> None:
        standing = {line.split()[0] for line in run("ip", "netns", "list").splitlines() if line}
        for name in map(self._namespace, self._names):
            if name in standing:
                for pid in run("ip", "netns", "pids", name, check=False).split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)  # only what runs inside this world
                run("ip", "netns", "del", name)


_RULES: Final = """
flush ruleset
table ip lab {{
  chain outgoing {{ type nat hook postrouting priority srcnat; oifname "wan0" {hiding}
  }}
  chain crossing {{ type filter hook forward priority filter; policy accept;
    ct state established,related accept
    {leaving}
    iifname "wan0" drop
  }}
  chain arriving {{ type filter hook input priority filter; policy accept;
    iifname "wan0" ct state new drop
  }}
}}
"""

_RULES6: Final = """
flush ruleset
table ip6 lab {
  chain crossing { type filter hook forward priority filter; policy accept;
    ct state established,related accept
    iifname "wan0" drop
  }
}
"""

_NARROW: Final = """
table inet narrow {{
  chain crossing {{ type filter hook forward priority -200; policy accept;
    tcp flags syn tcp option maxseg size set {segment}
    meta l4proto udp meta length > {mtu} drop
  }}
}}
"""

_HOLE: Final = """
table inet hole {
  chain crossing { type filter hook forward priority -300; policy accept;
    iifname "wan0" drop
    oifname "wan0" drop
  }
}
"""

_LOSSY: Final = """
table inet lossy {{
  chain crossing {{ type filter hook forward priority -200; policy accept;
    iifname "wan0" numgen random mod 100 < {percent} drop
    oifname "wan0" numgen random mod 100 < {percent} drop
  }}
}}
"""
