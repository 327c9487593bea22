"""One test for each thing stock aioice lacks: an upgrade that changes private names fails here.

| with the stock method | a test fails below |
|---|---|
| only the first server of each kind is asked | every server is asked |
| gathering waits five seconds for who is silent | a silent server, an address from which none is reached |
| all candidates at once | late answers, a relay that comes after all of the peer's candidates |
| the first pair that works is taken | a relayed path waits, a relay over TLS waits |
| consent is a count of answers within half a second | a slow path that works is kept |
| `close` waits for the TURN server | a relay that has vanished |
| a broken datagram raises, and nothing bounds what waits | strangers' datagrams |

What is queued at `close`, and the window, are in test_webrtc.py; datagrams that are too
long in test_path_mtu.py; servers over IPv6, names and certificates in test_asking.py.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aioice.stun
import pytest
from aioice import Candidate
from aioice.candidate import candidate_priority
from aioice.ice import StunProtocol

from envlsp.transport import addresses, ice
from envlsp.transport.api import IceServers, LinkOptions, StunServer, TurnServer
from envlsp.transport.ice import IceConnection
from envlsp.wire.signals import CANDIDATES_MAX
from tests.support.links import LOOPBACK, NO_SERVERS, close_all, dial_pair
from tests.support.turn import FakeServer, fake_server

pytestmark = pytest.mark.slow  # real sockets and their waits

SOON = 4.0  # stock aioice needs five seconds or more in each of these tests

QUICK_CLOSE = dataclasses.replace(LOOPBACK, relay_close_s=0.1)
made: list[IceConnection] = []


@pytest.fixture(autouse=True)
async def close_what_was_made(clean_loop: None) -> AsyncIterator[None]:
    yield
    while made:
        await made.pop().close()


def connection(
    *, controlling: bool = True, servers: IceServers = NO_SERVERS, options: LinkOptions = QUICK_CLOSE
) -> IceConnection:
    made.append(IceConnection(controlling=controlling, servers=servers, options=options))
    return made[-1]


def servers(*, stun: tuple[FakeServer, ...] = (), turn: tuple[FakeServer, ...] = ()) -> IceServers:
    return IceServers(
        stun=tuple(StunServer("127.0.0.1", each.port) for each in stun),
        turn=tuple(TurnServer("127.0.0.1", each.port, "user", "password") for each in turn),
    )


def types(found: list[Candidate]) -> list[str]:
    return sorted(each.type for each in found)


async def meet(a: IceConnection, b: IceConnection) -> None:
    """Gather and connect two ends, each told everything about the other."""
    await asyncio.gather(a.gather_candidates(), b.gather_candidates())
    for here, there in ((a, b), (b, a)):
        here.remote_username, here.remote_password = there.local_username, there.local_password
        for candidate in there.local_candidates:
            await here.add_remote_candidate(candidate)
        await here.add_remote_candidate(None)
    await asyncio.gather(a.connect(), b.connect())


# --- gathering ---------------------------------------------------------------------------------


async def test_every_server_is_asked_and_a_silent_first_one_hides_no_other() -> None:
    async with (
        fake_server(silent=True) as deaf_stun,
        fake_server() as stun,
        fake_server(silent=True) as deaf_turn,
        fake_server() as turn,
    ):
        conn = connection(servers=servers(stun=(deaf_stun, stun), turn=(deaf_turn, turn)))
        await conn.gather_candidates()
        assert types(conn.local_candidates) == ["host", "relay", "srflx"]
        assert all(each.asked for each in (deaf_stun, stun, deaf_turn, turn))


async def test_a_silent_server_does_not_hold_up_our_own_addresses() -> None:
    async with fake_server(silent=True) as deaf:
        conn = connection(servers=servers(stun=(deaf,), turn=(deaf,)))
        started = time.monotonic()
        await conn.gather_candidates()
        assert time.monotonic() - started < SOON
        assert types(conn.local_candidates) == ["host"]
        assert conn.trickled.empty()


async def test_an_address_from_which_no_server_is_reached_does_not_hold_up_the_others() -> None:
    """As that of a tunnel, or of a bridge of containers."""
    options = dataclasses.replace(QUICK_CLOSE, hosts=("127.0.0.1", "127.0.0.3"))
    async with fake_server() as stun:
        stun.deaf_to = {"127.0.0.3"}
        conn = connection(servers=servers(stun=(stun,)), options=options)
        started = time.monotonic()
        await conn.gather_candidates()
        assert time.monotonic() - started < SOON
        assert types(conn.local_candidates) == ["host", "host", "srflx"]


@pytest.mark.parametrize("nonsense", (("127.0.0.2", 0), ("0.0.0.0", 9), ("224.0.0.251", 5353)))
async def test_nonsense_from_a_server_does_not_cost_the_dial(nonsense: tuple[str, int]) -> None:
    async with fake_server() as stun:
        stun.mapped = nonsense
        options = dataclasses.replace(QUICK_CLOSE, gather_wait_s=SOON)
        a, b = dial_pair(options, servers=servers(stun=(stun,)))
        links = await asyncio.gather(a.open(), b.open())
        assert stun.asked
        await close_all(*links)


async def test_late_answers_are_trickled_and_end_with_none() -> None:
    options = dataclasses.replace(QUICK_CLOSE, gather_wait_s=0.0)
    async with fake_server() as server:
        conn = connection(servers=servers(stun=(server,), turn=(server,)), options=options)
        await conn.gather_candidates()
        assert types(conn.local_candidates) == ["host"]
        late = [await asyncio.wait_for(conn.trickled.get(), SOON) for _ in range(3)]
        assert late[-1] is None
        assert types([each for each in late if each is not None]) == ["relay", "srflx"]


async def test_a_server_that_stays_silent_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    options = dataclasses.replace(LOOPBACK, gather_wait_s=0.0, server_timeout_s=0.05)
    async with fake_server(silent=True) as deaf:
        conn = connection(servers=servers(stun=(deaf,), turn=(deaf,)), options=options)
        await conn.gather_candidates()
        assert await asyncio.wait_for(conn.trickled.get(), SOON) is None
    assert "no TURN server has answered" in caplog.text
    assert "127.0.0.1" not in caplog.text


async def test_servers_that_do_not_exist_are_no_error() -> None:
    nowhere = IceServers(
        stun=(StunServer("no.such.host.invalid"),),
        turn=(
            TurnServer("127.0.0.1", 9, "u", "p", "tcp"),
            TurnServer("127.0.0.1", 9, "u", "p", "tls"),
            TurnServer("", 9, "u", "p"),
        ),
    )
    conn = connection(servers=nowhere, options=dataclasses.replace(LOOPBACK, gather_wait_s=0.05))
    await conn.gather_candidates()
    assert types(conn.local_candidates) == ["host"]


async def test_without_servers_gathering_is_over_at_once() -> None:
    conn = connection()
    await conn.gather_candidates()
    assert conn.trickled.get_nowait() is None


# --- addresses ---------------------------------------------------------------------------------


class Adapter:
    def __init__(self, name: str, *ips: Any) -> None:
        self.nice_name = name
        self.ips = [type("IP", (), {"ip": ip})() for ip in ips]


@pytest.mark.parametrize(
    ("adapters", "expected"),
    (
        ([], ["127.0.0.1"]),
        ([Adapter("lo", "127.0.0.1", ("::1", 0, 0))], ["127.0.0.1"]),
        ([Adapter("eth0", "192.0.2.7", ("fe80::1", 0, 2))], ["192.0.2.7", "127.0.0.1"]),
        ([Adapter("wlan0", ("2001:db8::7", 0, 0))], ["2001:db8::7", "127.0.0.1"]),
        (
            [Adapter(name, "172.17.0.1") for name in ("docker0", "br-1a2b", "veth9", "tun0")],
            ["127.0.0.1"],
        ),
    ),
)
def test_which_addresses_are_offered(
    monkeypatch: pytest.MonkeyPatch, adapters: list[Adapter], expected: list[str]
) -> None:
    monkeypatch.setattr("ifaddr.get_adapters", lambda: adapters)
    assert addresses.host_addresses() == expected


async def test_given_hosts_replace_our_own_and_loopback_comes_last() -> None:
    given = connection(options=LinkOptions(hosts=("127.0.0.2",)))
    await given.gather_candidates()
    assert [each.host for each in given.local_candidates] == ["127.0.0.2"]
    own = connection(options=LinkOptions())
    await own.gather_candidates()
    last = min(own.local_candidates, key=lambda each: each.priority)
    assert last.host == "127.0.0.1"


async def test_a_machine_with_very_many_addresses_offers_some_and_is_reached() -> None:
    many = tuple(f"127.0.0.{last}" for last in range(1, 61))
    options = dataclasses.replace(QUICK_CLOSE, hosts=many, gather_wait_s=0.0)
    async with fake_server() as server:
        both = servers(stun=(server,), turn=(server,))
        dials = dial_pair(options, servers=both)
        links = await asyncio.gather(*(dial.open() for dial in dials))
        offered = dials[0]._link.ice.local_candidates
        assert [each.host for each in offered[:: ice.HOSTS_MAX - 1]][:2] == ["127.0.0.1", "127.0.0.60"]
        assert len(offered) <= CANDIDATES_MAX
        await close_all(*links)


async def test_loopback_is_paired_with_loopback_alone() -> None:
    conn = connection()
    await conn.gather_candidates()
    await conn.add_remote_candidate(Candidate.from_sdp("f 1 udp 1 192.0.2.1 9 typ host"))
    assert conn._check_list == []
    await conn.add_remote_candidate(Candidate.from_sdp("f 1 udp 1 127.0.0.1 9 typ host"))
    assert len(conn._check_list) == 1


async def test_relay_only_shows_no_address_of_ours() -> None:
    options = dataclasses.replace(QUICK_CLOSE, relay_only=True, gather_wait_s=SOON)
    async with fake_server() as server:
        conn = connection(servers=servers(stun=(server,), turn=(server,)), options=options)
        await conn.gather_candidates()
        (relay,) = conn.local_candidates
        assert (relay.type, relay.related_address) == ("relay", "0.0.0.0")


# --- checks ------------------------------------------------------------------------------------


async def test_a_relayed_path_waits_for_direct_ones() -> None:
    options = dataclasses.replace(LOOPBACK, relay_hold_s=0.3)
    async with fake_server() as turn, fake_server(silent=True) as peer:
        conn = connection(servers=servers(turn=(turn,)), options=options)
        await conn.gather_candidates()
        conn.remote_username, conn.remote_password = "abcd", "p" * 22
        await conn.add_remote_candidate(Candidate.from_sdp(f"f 1 udp 1 127.0.0.1 {peer.port} typ host"))
        trying = asyncio.create_task(conn.connect())
        await until(lambda: aioice.stun.Method.CHANNEL_BIND in turn.methods())
        direct = peer.asked[0][0]
        relayed = next(at for at, method in turn.asked if method == aioice.stun.Method.CHANNEL_BIND)
        assert relayed - direct > 0.25
        await conn.close()
        with pytest.raises(ConnectionError):
            await trying


async def test_a_relay_over_tls_waits_for_one_over_udp() -> None:
    options = dataclasses.replace(LOOPBACK, relay_hold_s=0.0)
    async with fake_server(silent=True) as slow, fake_server(silent=True) as fast:
        conn = connection(options=options)
        await conn.gather_candidates()
        conn.remote_username, conn.remote_password = "abcd", "p" * 22
        for way, peer in (("tls", slow), ("udp", fast)):
            priority = candidate_priority(1, "relay", ice.PREFERENCE[way])
            line = f"{way} 1 udp {priority} 127.0.0.1 {peer.port} typ relay"
            await conn.add_remote_candidate(Candidate.from_sdp(line))
        trying = asyncio.create_task(conn.connect())
        await until(lambda: bool(slow.asked))
        assert slow.asked[0][0] - fast.asked[0][0] > ice.RELAY_STEP_S / 2
        await conn.close()
        with pytest.raises(ConnectionError):
            await trying


async def test_a_check_that_was_swallowed_is_repeated_when_the_peers_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aioice.stun.RETRY_RTO", 30.0)
    a, b = connection(), connection(controlling=False)
    await asyncio.gather(a.gather_candidates(), b.gather_candidates())
    swallow_first(b)
    started = time.monotonic()
    await meet(a, b)
    assert time.monotonic() - started < SOON


async def test_a_direct_path_wins_though_a_relay_works() -> None:
    async with fake_server() as turn:
        both = servers(turn=(turn,))
        a, b = connection(servers=both), connection(controlling=False, servers=both)
        await meet(a, b)
        assert a.chosen is not None
        assert b.chosen is not None
        assert [a.chosen.local_candidate.type, a.chosen.remote_candidate.type] == ["host", "host"]


async def test_a_link_over_a_relay_opens_and_says_so() -> None:
    options = dataclasses.replace(LOOPBACK, relay_only=True)
    async with fake_server() as turn:
        a, b = dial_pair(options, servers=servers(turn=(turn,)))
        links = await asyncio.gather(a.open(), b.open())
        await links[0].send(b"by relay")
        assert await links[1].receive() == b"by relay"
        assert [(link.path.kind, link.path.via) for link in links] == [("relay", "udp")] * 2
        await close_all(*links)


async def test_a_relay_that_comes_after_all_of_the_peers_candidates_is_waited_for() -> None:
    options = dataclasses.replace(QUICK_CLOSE, relay_only=True, gather_wait_s=0.0)
    async with fake_server() as slow, fake_server() as turn:
        slow.think_s = 0.2
        a = connection(servers=servers(turn=(slow,)), options=options)
        b = connection(controlling=False, servers=servers(turn=(turn,)), options=options)
        await asyncio.gather(a.gather_candidates(), b.gather_candidates())
        for here, there in ((a, b), (b, a)):
            here.remote_username, here.remote_password = there.local_username, there.local_password
        await pass_on(b, a)
        assert a.local_candidates == []
        connecting = asyncio.create_task(a.connect())
        await pass_on(a, b)
        await asyncio.gather(connecting, b.connect())
        assert a.via == b.via == "udp"


async def test_a_relay_that_is_found_late_still_connects() -> None:
    options = dataclasses.replace(LOOPBACK, relay_only=True, gather_wait_s=0.0)
    async with fake_server() as turn:
        a, b = dial_pair(options, servers=servers(turn=(turn,)))
        links = await asyncio.gather(a.open(), b.open())
        assert a._own_params().candidates == b._own_params().candidates == () or links
        assert links[0].path.kind == "relay"
        await close_all(*links)


@pytest.mark.parametrize(
    ("local", "remote", "is_near"),
    (
        ("192.168.1.7", "192.168.1.9", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "::1", True),
        ("2a00:1450:1::7", "2a00:1450:1::9", True),
        ("2a00:1450:1::7", "2a00:1450:2::9", False),
        ("8.8.8.8", "9.9.9.9", False),
    ),
)
def test_what_counts_as_one_network(local: str, remote: str, is_near: bool) -> None:
    assert ice._is_near(local, remote) is is_near


# --- consent -----------------------------------------------------------------------------------

QUICK = dataclasses.replace(LOOPBACK, consent_interval_s=0.02, consent_timeout_s=1.0)


async def test_a_slow_path_that_works_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.stun.RETRY_RTO", 0.05)
    a, b = connection(options=QUICK), connection(controlling=False, options=QUICK)
    await meet(a, b)
    slow_down(b, 0.07)  # answers come after the first repetition is due: stock counts a failure
    await asyncio.sleep(1.6)  # long enough to be closed, had no answer counted
    assert not a._closed


async def test_a_path_that_is_silent_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.stun.RETRY_RTO", 0.02)
    a, b = connection(options=QUICK), connection(controlling=False, options=QUICK)
    await meet(a, b)
    await b.close()
    await until(lambda: a._closed)


# --- strangers ---------------------------------------------------------------------------------


async def test_strangers_datagrams_are_bounded_and_never_logged() -> None:
    conn = connection()
    await conn.gather_candidates()
    protocol = conn._protocols[0]
    broken = bytes.fromhex("000300042112a442") + bytes(12) + bytes.fromhex("80280000")
    protocol.datagram_received(broken, ("127.0.0.1", 9))  # aioice's parser raises struct.error
    protocol.datagram_received(b"", ("127.0.0.1", 9))
    for _ in range(2 * ice.DATAGRAMS_MAX):
        protocol.datagram_received(b"\x17" * 1200, ("127.0.0.1", 9))
    assert conn._queue.qsize() == ice.DATAGRAMS_MAX


# --- closing -----------------------------------------------------------------------------------


async def test_close_does_not_wait_for_a_relay_that_has_vanished() -> None:
    options = dataclasses.replace(LOOPBACK, relay_close_s=0.2)
    async with fake_server() as turn:
        conn = connection(servers=servers(turn=(turn,)), options=options)
        await conn.gather_candidates()
        assert types(conn.local_candidates) == ["host", "relay"]
        turn.silent = True
        started = time.monotonic()
        await conn.close()
        assert time.monotonic() - started < SOON


async def test_close_gives_allocations_back() -> None:
    async with fake_server() as turn:
        conn = connection(servers=servers(turn=(turn,)))
        await conn.gather_candidates()
        await asyncio.gather(conn.close(), conn.close())
        assert turn.methods() == [aioice.stun.Method.ALLOCATE, aioice.stun.Method.REFRESH]


async def test_a_link_over_a_relay_that_has_vanished_closes_in_time() -> None:
    options = dataclasses.replace(LOOPBACK, relay_only=True, linger_s=0.1, relay_close_s=0.3)
    async with fake_server() as turn:
        a, b = dial_pair(options, servers=servers(turn=(turn,)))
        links = await asyncio.gather(a.open(), b.open())
        turn.silent = True
        await links[0].send(b"into the void")
        started = time.monotonic()
        await close_all(*links)
        assert time.monotonic() - started < 5


# --- helpers -----------------------------------------------------------------------------------


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what happens is inside a library
            await asyncio.sleep(0.005)


def swallow_first(conn: IceConnection) -> None:
    """Let the first datagram to each socket vanish, as in a router that is not open yet."""
    for protocol in conn._protocols:

        def hear(data: bytes, addr: Any, protocol: StunProtocol = protocol) -> None:
            del protocol.datagram_received

        protocol.datagram_received = hear  # type: ignore[method-assign,assignment]


async def pass_on(here: IceConnection, there: IceConnection) -> None:
    """Tell one end what the other finds, to the last candidate."""
    async with asyncio.timeout(60):
        found = await here.trickled.get()
        while found is not None:
            await there.add_remote_candidate(found)
            found = await here.trickled.get()
        await there.add_remote_candidate(None)


def slow_down(conn: IceConnection, delay_s: float) -> None:
    """Let this end answer checks late, as over a satellite."""
    loop = asyncio.get_running_loop()
    for protocol in conn._protocols:
        send: Callable[[Any, Any], None] = protocol.send_stun

        def send_if_open(message: Any, addr: Any, send: Callable[[Any, Any], None] = send) -> None:
            if not conn._closing:
                send(message, addr)

        def late(message: Any, addr: Any, send: Callable[[Any, Any], None] = send_if_open) -> None:
            loop.call_later(delay_s, send, message, addr)

        assert isinstance(protocol, StunProtocol)
        protocol.send_stun = late  # type: ignore[method-assign]
