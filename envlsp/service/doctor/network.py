"""What the probes of `transport.probing` found, as sentences. Pure: reports in, findings out.

No sentence holds an address of this machine, a credential or a whole URL.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from envlsp.service.doctor.findings import Finding, fail, ok, skipped, warn
from envlsp.service.signaling_tokens import TOKEN_VARIABLE
from envlsp.wire.attest import FUTURE_MAX_S

if TYPE_CHECKING:
    from envlsp.transport.probing.meeting_server import ServerReport
    from envlsp.transport.probing.neighbours import LanReport
    from envlsp.transport.probing.relays import RelayReport
    from envlsp.transport.probing.router import RouterReport

SKEW_WARN_S: Final = 60.0
CERTIFICATE_WARN_S: Final = 14 * 86_400.0
PACKET_MIN_BYTES: Final = 1280
"""No packet of ours is longer: every IPv6 link carries that."""
_DAY_S: Final = 86_400.0
_SET_CLOCK: Final = "timedatectl set-ntp true, or set the clock by hand"
_ASK_OPERATOR: Final = "tell whoever runs it"

_TROUBLES: Final = {
    "unknown": ("no such name", "check `signaling` in ev.yaml, and the network's DNS"),
    "refused": ("nobody listens there", "start it, or check `signaling` in ev.yaml"),
    "silent": ("no answer", "check the network and its firewall; is the server running?"),
    "expired": ("its certificate is not valid now", f"{_ASK_OPERATOR}, or check this machine's date"),
    "other-name": ("its certificate is for another name", "check `signaling` in ev.yaml"),
    "untrusted": (
        "its certificate is signed by nobody this machine trusts",
        f"{_ASK_OPERATOR}; for a CA of your own: SSL_CERT_FILE=ca.pem",
    ),
    "token": (
        "it wants a token that is not here",
        f"ask whoever runs it, and set {TOKEN_VARIABLE}=HOST=TOKEN",
    ),
    "crowded": ("too many connections from this address", "close some of them, or wait a minute"),
    "foreign": ("something else answers there", "check `signaling` in ev.yaml"),
}

_SIGHTS: Final = {
    "keeps": "it handed out what was said before we came: it keeps what passes",
    "alters": "what passed it came out changed",
    "asks": "it said something that nobody had asked for",
    "unseen": "it stopped answering in the middle",
}


def servers(reports: Sequence[ServerReport], now_s: float) -> Iterator[Finding]:
    """Tell whether each signaling server can be used, and what it sees."""
    for report in reports:
        yield from _server(report, now_s)
    yield from _clock(reports)


def _server(report: ServerReport, now_s: float) -> Iterator[Finding]:
    facts = {"host": report.host, "trouble": report.trouble.value if report.trouble else None}
    if report.trouble is not None:
        says, fix = _TROUBLES[report.trouble.value]
        yield fail("signaling", f"{report.host}: {says}", fix, **facts)
        return
    said = f"{report.host} answers in {max(1, round(report.round_trip_s * 1000))} ms"
    ends = report.certificate_ends_s
    if ends is None and is_this_machine(report.host):
        yield ok("signaling", f"{said}, on this machine", **facts, tls=False)
    elif ends is None:
        said += " without TLS: others on the way see who is there"
        yield warn("signaling", said, f"{_ASK_OPERATOR}: wss:// instead of ws://", **facts, tls=False)
    elif (left := ends - now_s) < CERTIFICATE_WARN_S:
        days = f"{left / _DAY_S:.0f} days"
        fix = f"{_ASK_OPERATOR} to renew its certificate"
        yield warn("signaling", f"{said}, its certificate ends in {days}", fix, **facts, tls=True)
    else:
        yield ok("signaling", f"{said}, certificate good for {left / _DAY_S:.0f} days", **facts, tls=True)
    if report.sight == "blind":
        yield ok("blindness", f"{report.host} passes sealed bytes on as they are, and keeps none", blind=True)
    else:
        yield fail("blindness", f"{report.host}: {_SIGHTS[report.sight]}", "use another server", blind=False)


def is_this_machine(host: str) -> bool:
    """Return whether what is said to a host leaves no network card."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _clock(reports: Iterable[ServerReport]) -> Iterator[Finding]:
    skews = [report.skew_s for report in reports if report.skew_s is not None]
    if not skews:
        return
    skew = min(skews, key=abs)  # a server whose own clock is wrong is outvoted by a better one
    seconds = round(abs(skew))
    way = "behind" if skew > 0 else "ahead of"
    if abs(skew) > FUTURE_MAX_S:
        said = f"this machine's is {_span(seconds)} {way} the server's: nobody believes it any more"
        yield fail("clock", said, _SET_CLOCK, skew_s=-round(skew))
    elif abs(skew) > SKEW_WARN_S:
        said = f"this machine's is {_span(seconds)} {way} the server's"
        yield warn("clock", said, _SET_CLOCK, skew_s=-round(skew))
    else:
        said = "agrees with the server's" if seconds <= 2 else f"{seconds} s {way} the server's"
        yield ok("clock", said, skew_s=-round(skew))


def _span(seconds: int) -> str:
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * _DAY_S else f"{seconds // int(_DAY_S)} days"


# --- the way out -------------------------------------------------------------------------------


def router(report: RouterReport, relayed: Sequence[RelayReport]) -> Iterator[Finding]:
    """Tell what stands between us and the internet, and how long a packet may be."""
    has_relay = any(each.way == "open" for each in relayed)
    facts = {"nat": report.kind.value, "views": report.views}
    match report.kind:
        case "open":
            yield ok("nat", "open: no router changes our address", **facts)
        case "cone":
            yield ok("nat", "cone (endpoint-independent): direct paths work", **facts)
        case "router":
            yield ok("nat", "a router of one kind or the other: one server alone cannot tell", **facts)
        case "symmetric" if has_relay:
            yield ok("nat", "symmetric: a relay is needed, and there is one", **facts)
        case "symmetric":
            yield fail("nat", "symmetric: a relay is needed, and none answers", _NEED_RELAY, **facts)
        case _ if has_relay:
            said = "no UDP gets out: teammates elsewhere are met over a relay"
            yield warn("nat", said, "ask for UDP port 3478 to be let out; it is faster", **facts)
        case _:
            said = "no UDP gets out, and no relay answers"
            yield fail("nat", said, "ask for UDP 3478 or TCP 443 to the TURN server to be let out", **facts)
    yield from _packets(report)


_NEED_RELAY: Final = "ask whoever runs the signaling server for TURN (docs/signaling.md)"


def _packets(report: RouterReport) -> Iterator[Finding]:
    longest = report.packet_bytes
    if not longest:
        return
    if longest < PACKET_MIN_BYTES:
        said = f"only packets of up to {longest} bytes pass, and envlsp's have {PACKET_MIN_BYTES}"
        yield warn("mtu", said, "raise the MTU of the tunnel or the router", at_least=longest)
    else:
        stopped = f", {report.stopped_bytes} are lost" if report.stopped_bytes else ""
        yield ok("mtu", f"packets of at least {longest} bytes pass{stopped}", at_least=longest)


def relays(reports: Sequence[RelayReport]) -> Iterator[Finding]:
    """Tell which ways to a relay work: one that does not matters only where no other does."""
    is_any_open = any(report.way == "open" for report in reports)
    for report in reports:
        name, facts = f"turn {report.transport}", {"way": report.way.value}
        if report.way == "open":
            yield ok(name, f"a relay was had in {max(1, round(report.took_s * 1000))} ms", **facts)
            continue
        says, fix = _WAYS[report.way]
        if report.way == "silent" and is_any_open:
            fix += "; another way will do"
        is_fault_of_servers = report.way in {"credentials", "certificate", "foreign"}
        judged = fail if is_fault_of_servers or not is_any_open else warn
        yield judged(name, says, fix, **facts)


_WAYS: Final = {
    "silent": ("no answer", "a firewall on the way, or the TURN server is down"),
    "unknown": ("no such name", "correct the TURN URLs of the signaling server"),
    "credentials": (
        "it refuses the credentials that the signaling server gives out",
        "give both servers one secret: static-auth-secret, and --turn-secret-file",
    ),
    "certificate": (
        "its certificate does not verify",
        "renew it, or trust its CA: SSL_CERT_FILE=ca.pem",
    ),
    "full": ("it has no room left", "raise user-quota and total-quota of the TURN server"),
    "foreign": ("something else answers there", "correct the TURN URLs of the signaling server"),
}


def no_relays(*, has_server: bool) -> Iterator[Finding]:
    """Tell that nothing about the way out could be asked."""
    if has_server:
        said = "the signaling server offers no STUN and no TURN: only one LAN works for sure"
        yield warn("nat", said, _NEED_RELAY, nat=None)
    else:
        yield skipped("nat", "no signaling server could be asked for STUN and TURN")


# --- the LAN -----------------------------------------------------------------------------------


def lan(report: LanReport) -> Iterator[Finding]:
    """Tell whether teammates on one LAN find each other without a server."""
    facts = {"lans": report.lans, "working": report.working, "others": report.others}
    if not report.lans:
        yield ok("lan", "this machine is on none: no private address", **facts)
    elif report.working < report.lans:
        said = f"mDNS does not come back on {report.lans - report.working} of {report.lans}"
        fix = "let UDP 5353 multicast pass in this machine's firewall; a guest network may forbid it"
        yield warn("lan", said, fix, **facts)
    else:
        others = f", {report.others} other devices there" if report.others else ""
        yield ok("lan", f"devices of one network find each other by mDNS{others}", **facts)
