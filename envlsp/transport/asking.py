"""Asking STUN and TURN servers what a dial needs to know of them, over IPv4 and IPv6.

What aioice lacks: it looks names up for IPv4 alone and waits for that in a pool of
threads that the program's end waits for in turn, and it allocates IPv4 relays alone.
Here a name is looked up once in a dial, for both families; a server with addresses of
both is asked at both, and its first answer counts; and a server without IPv4 is asked
for an IPv6 relay. TURN over TLS counts only with a certificate that the system trusts
(or `SSL_CERT_FILE`), for the name in the URL.

Private names of aioice are used, hence the pin; tests/transport/test_asking.py fails
when they change.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from typing import Any, TypeVar

import aioice.stun
from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol
from aioice.stun import ATTRIBUTES_BY_NAME, ATTRIBUTES_BY_TYPE, Class, Message, Method, TransactionFailed
from aioice.turn import (
    DEFAULT_ALLOCATION_LIFETIME,
    DEFAULT_CHANNEL_REFRESH_TIME,
    UDP_SOCKET_BUFFER_SIZE,
    TurnClientMixin,
    TurnClientTcpProtocol,
    TurnClientUdpProtocol,
    TurnTransport,
)

from envlsp.transport.api import StunServer, TurnServer

COMPONENT = 1
FAMILY_STEP_S = 0.25  # RFC 8305: how long the first address of a server is left alone
FAMILY_NOT_SUPPORTED = 440  # RFC 8656, section 7.2
IPV6_FAMILY = 0x02000000
_FAMILY = "REQUESTED-ADDRESS-FAMILY"
_ENTRY = (0x0017, _FAMILY, aioice.stun.pack_unsigned, aioice.stun.unpack_unsigned)
ATTRIBUTES_BY_NAME[_FAMILY] = ATTRIBUTES_BY_TYPE[_ENTRY[0]] = _ENTRY

MakeProtocol = Callable[[], StunProtocol]
P = TypeVar("P", bound=asyncio.DatagramProtocol)


class Names:
    """The addresses of servers. Each name is looked up once."""

    def __init__(self) -> None:
        self._asked: dict[str, asyncio.Future[tuple[str, ...]]] = {}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return one address of each family at most, the system's favourite first.

        Raises:
            OSError: there is none.
        """
        with contextlib.suppress(ValueError):
            return (str(ipaddress.ip_address(host)),)
        if host not in self._asked:
            self._asked[host] = _look_up(host)
        if found := await asyncio.shield(self._asked[host]):
            return found
        raise OSError("a server's name is not known")


def _look_up(host: str) -> asyncio.Future[tuple[str, ...]]:
    """Look a name up aside; empty if that fails. Nobody waits for the thread, however slow DNS is."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def tell(found: tuple[str, ...]) -> None:
        if not future.done():
            future.set_result(found)

    def work() -> None:
        found = _resolve(host)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, found)

    threading.Thread(target=work, name="envlsp-names", daemon=True).start()
    return future


def _resolve(host: str) -> tuple[str, ...]:
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ()
    first: dict[int, str] = {}
    for family, _type, _proto, _name, address in rows:
        first.setdefault(family, str(address[0]))
    return tuple(first.values())


# --- STUN --------------------------------------------------------------------------------------


async def reflexive(protocol: StunProtocol, stun: StunServer, names: Names) -> tuple[Candidate, None]:
    """Return the address under which a STUN server sees one of our sockets.

    Raises:
        OSError: the server has no address of the socket's family.
        TransactionError: it does not answer.
    """
    own = protocol.local_candidate
    version = ipaddress.ip_address(own.host).version
    found = [
        each for each in await names.addresses(stun.host) if ipaddress.ip_address(each).version == version
    ]
    if not found:
        raise OSError("another family")
    question = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
    answer, _ = await protocol.request(question, (found[0], stun.port))
    host, port = answer.attributes["XOR-MAPPED-ADDRESS"]
    return _candidate("srflx", (host, port), own.host, related=(own.host, own.port)), None


# --- TURN --------------------------------------------------------------------------------------


async def relayed(
    turn: TurnServer, names: Names, make_protocol: MakeProtocol, *, hides_us: bool
) -> tuple[Candidate, StunProtocol]:
    """Return the address that a TURN server has given us, and the socket that it stands for.

    Args:
        turn: the server.
        names: where its addresses are known.
        make_protocol: makes what receives.
        hides_us: say nothing of our own address in the candidate.

    Raises:
        OSError: it cannot be reached, or is not who it should be.
        TransactionError: it does not answer, or refuses.
    """
    found = await names.addresses(turn.host)
    protocol = await _first([_allocate(turn, address, make_protocol, n) for n, address in enumerate(found)])
    host, port = protocol.transport.get_extra_info("sockname")
    related = protocol.transport.get_extra_info("related_address")
    if hides_us:  # RFC 8839, section 5.1
        related = ("::" if ":" in host else "0.0.0.0", 9)  # noqa: S104 (an address of nobody)
    protocol.local_candidate = _candidate("relay", (host, port), host, related=related)
    return protocol.local_candidate, protocol


async def _first(openings: Sequence[Coroutine[Any, Any, StunProtocol]]) -> StunProtocol:
    """Return what opens first; end the others. Cancelled at any moment, it leaves none open."""
    tasks = {asyncio.create_task(opening) for opening in openings}
    waiting, winner = set(tasks), None
    try:
        while waiting and winner is None:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            winner = next((task for task in done if task.exception() is None), None)
        if winner is None:
            await asyncio.gather(*tasks)  # raises what the first of them has met
            raise AssertionError
        return winner.result()
    finally:  # without waiting: to be cancelled here would be to forget the winner
        for task in tasks - {winner}:
            task.cancel()
            task.add_done_callback(_give_back)


def _give_back(task: asyncio.Task[StunProtocol]) -> None:
    """Close what has opened though nobody waits for it any more."""
    if not task.cancelled() and task.exception() is None:
        task.result().transport.close()


async def _allocate(turn: TurnServer, address: str, make_protocol: MakeProtocol, turns: int) -> StunProtocol:
    await asyncio.sleep(turns * FAMILY_STEP_S)
    return await open_relay(turn, address, make_protocol)


async def open_relay(turn: TurnServer, address: str, make_protocol: Callable[[], P]) -> P:
    """Have a TURN server at an address give us a relay, and return what receives there.

    Raises:
        OSError: it cannot be reached, or is not who it should be.
        Exception: whatever else its answers make of aioice.
    """
    transport, client = await _connect(turn, address)
    try:
        protocol = make_protocol()
        await TurnTransport(client)._connect(protocol)  # noqa: SLF001 - as aioice's own factory does
    except BaseException:
        transport.close()
        raise
    return protocol


async def _connect(turn: TurnServer, address: str) -> tuple[asyncio.BaseTransport, Any]:
    loop = asyncio.get_running_loop()
    made = _OverUdp if turn.transport == "udp" else _OverTcp

    def make() -> Any:
        server = (address, turn.port)
        return made(
            server, turn.username, turn.password, DEFAULT_ALLOCATION_LIFETIME, DEFAULT_CHANNEL_REFRESH_TIME
        )

    if turn.transport == "udp":
        endpoint = await loop.create_datagram_endpoint(make, remote_addr=(address, turn.port))
        buffer = (socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_SOCKET_BUFFER_SIZE)
        endpoint[0].get_extra_info("socket").setsockopt(*buffer)
        return endpoint
    if turn.transport == "tls":
        return await loop.create_connection(make, address, turn.port, ssl=trust(), server_hostname=turn.host)
    return await loop.create_connection(make, address, turn.port)


@cache
def trust() -> ssl.SSLContext:
    """Return whom this machine trusts. Reading that takes 20 ms, which would be lost in every dial."""
    return ssl.create_default_context()


class _AnyFamily(TurnClientMixin):
    """Asks for an IPv6 relay where the server has no other. Drops what breaks the parser: a log is for us."""

    _asks_ipv6 = False

    def datagram_received(self, data: bytes | str, addr: tuple[str, int]) -> None:
        try:
            super().datagram_received(data, addr)
        except Exception:  # noqa: BLE001 - of a stranger's bytes it raises many kinds
            return

    async def connect(self) -> tuple[str, int]:
        try:
            return await super().connect()
        except TransactionFailed as refusal:
            if refusal_code(refusal) != FAMILY_NOT_SUPPORTED:
                raise
        self._asks_ipv6 = True
        return await super().connect()

    async def request_with_retry(self, request: Message) -> tuple[Message, tuple[str, int]]:
        if self._asks_ipv6 and request.message_method == Method.ALLOCATE:
            request.attributes[_FAMILY] = IPV6_FAMILY
        return await super().request_with_retry(request)


class _OverUdp(_AnyFamily, TurnClientUdpProtocol):
    pass


class _OverTcp(_AnyFamily, TurnClientTcpProtocol):
    pass


def refusal_code(refusal: TransactionFailed) -> int:
    """Return the number by which a server refuses; 0 if it gives none."""
    code, _reason = refusal.response.attributes.get("ERROR-CODE", (0, ""))
    return int(code)


def _candidate(kind: str, address: tuple[str, int], base: str, *, related: tuple[str, int]) -> Candidate:
    return Candidate(
        foundation=candidate_foundation(kind, "udp", base),
        component=COMPONENT,
        transport="udp",
        priority=candidate_priority(COMPONENT, kind),
        host=address[0],
        port=address[1],
        type=kind,
        related_address=related[0],
        related_port=related[1],
    )
