"""Finding a path to a peer: what aioice 0.13 lacks, in one subclass.

* every STUN and TURN server is asked at once, not the first of each kind;
* trickle: our own addresses are there at once, servers' answers follow as they
  come (stock gathering waits five seconds for a server that is silent);
* direct paths get a head start over relayed ones (stock takes the first pair
  that works, and a relay often works before a hole is punched);
* a check that a router has swallowed is repeated as soon as the peer's comes
  through (stock waits half a second);
* consent expires by time since the last answer, and an answer may be slow
  (stock closes every path slower than half a second, though it works);
* `close` does not hang for a minute when the TURN server has vanished;
* addresses are chosen: containers' and tunnels' interfaces are left out, and
  127.0.0.1 is offered last, so that two processes on a machine without any
  network still meet.

It uses private names of aioice, hence the pin; tests/transport/test_ice.py has
one test per point. It refuses to know who the peer is and what is sent.

Spec: docs/protocol.md, "G. Signaling".
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
import socket
import time
from collections.abc import Coroutine
from typing import Any

import aioice.ice
import aioice.stun
import aioice.turn
from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, StunProtocol, TransportPolicy

from envlsp.transport.addresses import host_addresses, is_loopback
from envlsp.transport.api import IceServers, LinkOptions, StunServer, TurnServer, Via
from envlsp.transport.asking import Names, reflexive, refusal_code, relayed
from envlsp.transport.params import is_candidate

log = logging.getLogger(__name__)
logging.getLogger("aioice").setLevel(logging.WARNING)  # at INFO it writes down addresses

DATAGRAMS_MAX = 1024  # waiting to be read; more would be a stranger's flood, and UDP may lose
REMOTES_MAX = 64
HOSTS_MAX = SEEN_MAX = 12
"""Addresses of ours, and of those as servers see them. With one relay from each of eight servers
that is what a peer takes in one dial (`CANDIDATES_MAX`); a machine may have dozens."""
CONSENT_RETRANSMISSIONS = 2  # 0.5 s + 1 s + 2 s: room for a slow path or a lost packet
COMPONENT = 1
FULL_PREFERENCE = 65535
SITE_BITS = 64  # an IPv6 network of one place
RELAY_STEP_S = 0.15  # the head start of a faster relay: a round trip to it, twice
PREFERENCE = {"udp": FULL_PREFERENCE, "tcp": 40_000, "tls": 20_000}  # the fastest relay first


class _QuietStun(StunProtocol):
    """A socket of ours. A stranger's datagram that breaks the parser is dropped, not logged."""

    def __init__(self, receiver: IceConnection) -> None:
        super().__init__(receiver)
        self._repeated: set[bytes] = set()

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        try:
            super().datagram_received(data, addr)
        except Exception:  # noqa: BLE001 - aioice's parser raises many kinds, and logging them is a gift to a flood
            return

    def repeat(self, addr: tuple[str, int]) -> None:
        """Send what waits for an answer from there again, once, and not only when half a second is over."""
        asked: Any
        for number, asked in self.transactions.items():
            if asked._Transaction__addr == addr and number not in self._repeated:  # noqa: SLF001
                self._repeated.add(number)
                self.send_stun(asked._Transaction__request, addr)  # noqa: SLF001


class IceConnection(Connection):
    """One attempt to reach one peer; used once."""

    def __init__(self, *, controlling: bool, servers: IceServers, options: LinkOptions) -> None:
        policy = TransportPolicy.RELAY if options.relay_only else TransportPolicy.ALL
        super().__init__(ice_controlling=controlling, transport_policy=policy)
        self.trickled: asyncio.Queue[Candidate | None] = asyncio.Queue()
        """Candidates found after `gather_candidates`; None once, after the last."""
        self._servers, self._options = servers, options
        self._asking: set[asyncio.Task[None]] = set()
        self._names = Names()
        self._refusals: set[int] = set()
        """The codes by which servers have refused to answer."""
        self._gathered = False
        self._relay_from: float | None = None
        self._relays: dict[int, Via] = {}
        """How we reach each relay that answered, by the id of its socket."""
        self._closing_task: asyncio.Task[None] | None = None

    # --- gathering -------------------------------------------------------------------------

    async def gather_candidates(self) -> None:
        """Open our sockets, ask every server, and wait a moment for the quick ones."""
        if self._local_candidates_start:
            return
        self._local_candidates_start = True
        if not self._options.relay_only:
            hosts = host_addresses() if self._options.hosts is None else self._options.hosts
            for host in (*hosts[: HOSTS_MAX - 1], *hosts[HOSTS_MAX - 1 :][-1:]):  # the last one is loopback
                await self._open_host(host)
        self._local_candidates_end = True
        self._ask_servers()
        if self._asking:
            await asyncio.wait(set(self._asking), timeout=self._options.gather_wait_s)
        self._gathered = True
        if not self._asking:
            self._end_gathering()

    async def _open_host(self, host: str) -> None:
        try:
            transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _QuietStun(self), local_addr=(host, 0)
            )
        except OSError:
            return  # an address that has just gone
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, aioice.turn.UDP_SOCKET_BUFFER_SIZE
        )
        address, port = transport.get_extra_info("sockname")[:2]
        preference = 0 if is_loopback(address) else FULL_PREFERENCE
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", address),
            component=COMPONENT,
            transport="udp",
            priority=candidate_priority(COMPONENT, "host", preference),
            host=address,
            port=port,
            type="host",
        )
        self._local_candidates.append(protocol.local_candidate)
        self._protocols.append(protocol)

    def _ask_servers(self) -> None:
        for protocol in list(self._protocols):
            for stun in self._servers.stun:
                if self._can_ask(protocol, stun):
                    self._ask(reflexive(protocol, stun, self._names), FULL_PREFERENCE)
        for turn in self._servers.turn:
            self._ask(self._allocate(turn), PREFERENCE[turn.transport], turn.transport)

    def _can_ask(self, protocol: StunProtocol, stun: StunServer) -> bool:
        return not is_loopback(protocol.local_candidate.host) or is_loopback(stun.host)

    def _allocate(self, turn: TurnServer) -> Coroutine[Any, Any, tuple[Candidate, StunProtocol]]:
        return relayed(turn, self._names, lambda: _QuietStun(self), hides_us=self._options.relay_only)

    def _ask(
        self, question: Coroutine[Any, Any, tuple[Candidate, Any]], preference: int, via: Via = ""
    ) -> None:
        task = asyncio.create_task(self._wait_for_answer(question, preference, via))
        self._asking.add(task)
        task.add_done_callback(self._answered)

    async def _wait_for_answer(
        self, question: Coroutine[Any, Any, tuple[Candidate, Any]], preference: int, via: Via
    ) -> None:
        try:
            candidate, relay = await asyncio.wait_for(question, self._options.server_timeout_s)
        except aioice.stun.TransactionFailed as refusal:
            self._refusals.add(refusal_code(refusal))
            return
        except Exception:  # noqa: BLE001 - whatever a server answers or not, it is one candidate less
            return
        candidate.priority = candidate_priority(COMPONENT, candidate.type, preference)
        if relay is not None:
            self._relays[relay.id] = via
            self._protocols.append(relay)  # also while closing: close gives the allocation back
        if self._closing or self._is_known(candidate) or not self._is_worth_telling(candidate):
            return
        self._local_candidates.append(candidate)
        if relay is not None:
            for remote in self._remote_candidates:
                self._pair_remote_candidate(remote)
            self.sort_check_list()
        if self._gathered:
            self.trickled.put_nowait(candidate)

    def _is_known(self, candidate: Candidate) -> bool:
        address = (candidate.host, candidate.port)
        return any((each.host, each.port) == address for each in self._local_candidates)

    def _is_worth_telling(self, candidate: Candidate) -> bool:
        seen = [each for each in self._local_candidates if each.type == "srflx"]
        is_one_too_many = candidate.type == "srflx" and len(seen) >= SEEN_MAX
        return not is_one_too_many and is_candidate(candidate.to_sdp())  # a server may say anything

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if self._asking or not self._gathered or self._closing:
            return
        self._end_gathering()
        if self._early_checks_done and not self._check_list_maybe_complete():
            self._check_list_maybe_fail()

    def _end_gathering(self) -> None:
        self.trickled.put_nowait(None)
        if self._servers.turn and not any(each.type == "relay" for each in self._local_candidates):
            # Wrong or expired credentials are no error in aioice: this line is the only trace.
            if self._refusals:
                codes = ", ".join(map(str, sorted(self._refusals)))
                log.warning("no TURN server lets us in (%s): direct paths only", codes)
            else:
                log.info("no TURN server has answered: direct paths only")

    def _stop_asking(self) -> list[asyncio.Task[None]]:
        stopped = list(self._asking)
        for task in stopped:
            task.cancel()
        return stopped

    # --- checks ----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Check pairs until one works.

        Raises:
            ConnectionError: none does, and no further candidate can come.
        """
        await super().connect()
        self._stop_asking()

    def _remote_candidates_expected(self) -> bool:
        # Of ours, too: stock does not know that local candidates can come late.
        return bool(self._asking) or super()._remote_candidates_expected()

    def _pair_remote_candidate(self, remote_candidate: Candidate) -> None:
        super()._pair_remote_candidate(remote_candidate)
        # Loopback reaches loopback only; without this every remote address would be
        # tried from 127.0.0.1 and fail slowly.
        fresh = CandidatePair.State.FROZEN
        self._check_list[:] = [pair for pair in self._check_list if pair.state != fresh or _same_world(pair)]

    def check_incoming(
        self, message: aioice.stun.Message, addr: tuple[str, int], protocol: StunProtocol
    ) -> None:
        """Answer a check, unless the peer has already come from too many addresses.

        Our own first one may have met a router that the peer had not yet opened from inside.
        """
        if len(self._remote_candidates) < REMOTES_MAX:
            super().check_incoming(message, addr, protocol)
            if isinstance(protocol, _QuietStun):
                protocol.repeat(addr)

    def check_start_task(self, pair: CandidatePair) -> None:
        """Start a check; one over a relay only when better ones have had their head start."""
        wait_s = self._wait_s(pair) if pair.task is None and _is_relayed(pair) else 0.0
        if wait_s > 0:
            # In progress as far as the check list is concerned, but not sent yet.
            self.check_state(pair, CandidatePair.State.IN_PROGRESS)
            pair.task = asyncio.create_task(self._check_later(pair, wait_s))
        else:
            super().check_start_task(pair)

    def _wait_s(self, pair: CandidatePair) -> float:
        """Return how long a relayed pair waits: for direct ones, then for those over faster relays."""
        now = time.monotonic()
        if self._relay_from is None:
            self._relay_from = now + (0.0 if self._options.relay_only else self._options.relay_hold_s)
        own = _relay_preference(pair)
        faster = {_relay_preference(each) for each in self._check_list if _is_relayed(each)}
        return max(self._relay_from - now, 0.0) + RELAY_STEP_S * sum(each > own for each in faster)

    async def _check_later(self, pair: CandidatePair, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        await self.check_start(pair)

    @property
    def chosen(self) -> CandidatePair | None:
        """The pair in use, None before there is one."""
        return self._nominated.get(COMPONENT)

    @property
    def via(self) -> Via:
        """What makes the pair in use work."""
        pair = self.chosen
        if pair is None:
            return ""
        if _is_relayed(pair):  # a relay that is the peer's is reached by plain UDP
            return self._relays.get(pair.protocol.id, "udp")
        if (pair.local_candidate.type, pair.remote_candidate.type) != ("host", "host"):
            return "stun"
        return "lan" if _is_near(pair.local_candidate.host, pair.remote_candidate.host) else ""

    # --- data and consent ------------------------------------------------------------------

    def data_received(self, data: bytes, component: int) -> None:
        """Queue a datagram; drop it when nobody reads."""
        if data and self._queue.qsize() < DATAGRAMS_MAX:
            super().data_received(data, component)

    async def query_consent(self) -> None:
        """Close when the peer has not answered for `consent_timeout_s` (RFC 7675)."""
        answered = time.monotonic()
        while time.monotonic() - answered <= self._options.consent_timeout_s:
            await asyncio.sleep(self._options.consent_interval_s * (0.8 + 0.4 * random.random()))  # noqa: S311
            if await self._has_consent():
                answered = time.monotonic()
        self._query_consent_task = None  # close would cancel it, and that is us
        await self.close()

    async def _has_consent(self) -> bool:
        pair = self.chosen
        if pair is None or self.remote_password is None:
            return False
        try:
            await pair.protocol.request(
                self.build_request(pair, nominate=False),
                pair.remote_addr,
                integrity_key=self.remote_password.encode(),
                retransmissions=CONSENT_RETRANSMISSIONS,
            )
        except aioice.stun.TransactionError:
            return False
        return True

    # --- closing ---------------------------------------------------------------------------

    async def close(self) -> None:
        """Close every socket and give allocations back, within `relay_close_s` or so."""
        if self._closing_task is None:
            self._closing_task = asyncio.create_task(self._close_once())
        await asyncio.shield(self._closing_task)

    async def _close_once(self) -> None:
        self._closing = True
        self._queue.put_nowait(None)  # whoever reads learns it first
        if stopped := self._stop_asking():
            await asyncio.wait(stopped, timeout=self._options.relay_close_s)
        relays = [each for each in self._protocols if each.local_candidate.type == "relay"]
        self._protocols = [each for each in self._protocols if each not in relays]
        await super().close()
        if relays:
            endings = [asyncio.create_task(each.close()) for each in relays]
            await asyncio.wait(endings, timeout=self._options.relay_close_s)
            for relay in relays:
                _abandon(relay)
            await asyncio.wait(endings, timeout=self._options.relay_close_s)


def _is_relayed(pair: CandidatePair) -> bool:
    return "relay" in (pair.local_candidate.type, pair.remote_candidate.type)


def _relay_preference(pair: CandidatePair) -> int:
    """Return the preference of the slower of a pair's relays, as `PREFERENCE` has it."""
    ends = (pair.local_candidate, pair.remote_candidate)
    return min(each.priority >> 8 & FULL_PREFERENCE for each in ends if each.type == "relay")


def _same_world(pair: CandidatePair) -> bool:
    return is_loopback(pair.local_candidate.host) == is_loopback(pair.remote_candidate.host)


def _is_near(local: str, remote: str) -> bool:
    """Return whether two host addresses belong to one network, as far as addresses can tell."""
    here, there = ipaddress.ip_address(local), ipaddress.ip_address(remote)
    if there.version == 6 and not there.is_loopback:
        return there in ipaddress.ip_network((here, SITE_BITS), strict=False)
    return not there.is_global


def _abandon(relay: StunProtocol) -> None:
    """Drop an allocation whose server does not answer: aioice would ask for 64 seconds."""
    transport: Any = relay.transport
    ending = transport._TurnTransport__close_task  # noqa: SLF001 - there is no public way
    for task in (ending, *transport._TurnTransport__send_tasks):  # noqa: SLF001
        if task is not None:
            task.cancel()
    transport._TurnTransport__inner_protocol.transport.abort()  # noqa: SLF001
