"""What is asked of STUN and TURN servers, over both families, and whom we believe."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aioice import Candidate

from envlsp.transport import asking
from envlsp.transport.api import IceServers, LinkOptions, StunServer, TurnServer
from envlsp.transport.ice import IceConnection
from tests.support.certificates import certificate, shown
from tests.support.links import LOOPBACK, close_all, dial_pair
from tests.support.turn import FakeServer, fake_server

pytestmark = [pytest.mark.usefixtures("clean_loop"), pytest.mark.slow]  # real sockets and their waits

PATIENT = dataclasses.replace(LOOPBACK, gather_wait_s=3.0, relay_close_s=0.1)
OVER_IPV6 = dataclasses.replace(PATIENT, hosts=("::1",))
NAME = "turn.test"


@asynccontextmanager
async def gathered(servers: IceServers, options: LinkOptions = PATIENT) -> AsyncIterator[list[Candidate]]:
    """Yield the candidates that are found, and let go of everything."""
    connection = IceConnection(controlling=True, servers=servers, options=options)
    try:
        await connection.gather_candidates()
        yield connection.local_candidates
    finally:
        await connection.close()


def turn(server: FakeServer, host: str = "") -> IceServers:
    return IceServers(turn=(TurnServer(host or server.host, server.port, "user", "password"),))


def types(found: list[Candidate]) -> list[str]:
    return sorted(each.type for each in found)


def no_protocol() -> Any:
    raise AssertionError("nothing is received here")


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names, each time one is looked up; all lead to this machine, IPv6 first."""
    asked: list[str] = []

    def getaddrinfo(host: str, *_args: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        rows = ((socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.9"))
        return [(family, socket.SOCK_DGRAM, 17, "", (address, 0)) for family, address in rows]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return asked


# --- families ----------------------------------------------------------------------------------


async def test_a_stun_server_is_asked_over_ipv6() -> None:
    async with (
        fake_server(host="::1") as server,
        gathered(IceServers(stun=(StunServer("::1", server.port),)), OVER_IPV6) as found,
    ):
        assert types(found) == ["host", "srflx"]
        seen = next(each for each in found if each.type == "srflx")
        assert (seen.host, seen.related_address) == ("2001:db8::2", "::1")


async def test_a_name_is_looked_up_once_and_asked_in_each_sockets_own_family(resolved: list[str]) -> None:
    options = dataclasses.replace(PATIENT, hosts=("::1", "127.0.0.1"))
    async with fake_server(host="::1") as one, fake_server() as other:
        servers = IceServers(stun=(StunServer("localhost", one.port), StunServer("localhost", other.port)))
        dead = dataclasses.replace(options, server_timeout_s=1.0)
        async with gathered(servers, dead) as found:
            assert {each.host for each in found if each.type == "srflx"} == {"2001:db8::2", "127.0.0.2"}
    assert resolved == ["localhost"]


async def test_a_server_without_ipv4_gives_an_ipv6_relay() -> None:
    async with fake_server(host="::1", only_ipv6=True) as server:
        async with gathered(turn(server), OVER_IPV6) as found:
            assert [each.host for each in found if each.type == "relay"] == ["::1"]
        options = dataclasses.replace(OVER_IPV6, relay_only=True)
        links = await asyncio.gather(*(dial.open() for dial in dial_pair(options, servers=turn(server))))
        await links[0].send(b"over an IPv6 relay")
        assert await links[1].receive() == b"over an IPv6 relay"
        await close_all(*links)


async def test_a_server_that_is_deaf_over_ipv6_is_reached_over_ipv4(resolved: list[str]) -> None:
    async with fake_server() as server, gathered(turn(server, NAME)) as found:
        assert types(found) == ["host", "relay"]
    assert resolved == [NAME]


async def test_a_server_that_answers_over_both_gives_one_relay(
    resolved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FAMILY_STEP_S", 0.0)
    async with fake_server(host="::1") as over6:
        both = FakeServer()
        endpoint = asyncio.get_running_loop().create_datagram_endpoint(
            lambda: both, local_addr=("127.0.0.1", over6.port)
        )
        await endpoint
        async with gathered(turn(over6, NAME)) as found:
            assert types(found) == ["host", "relay"]
        both.close()
    assert resolved == [NAME]


class Relay:
    """What a server gave us, and whether it has it back."""

    def __init__(self) -> None:
        self.transport = self
        self.closed = False

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return ("192.0.2.1", 9)

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("steps", range(12))
async def test_who_stops_asking_at_any_moment_leaves_no_relay_open(
    steps: int, resolved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Relay] = []

    async def open_relay(*_args: object) -> Relay:
        await asyncio.sleep(0)
        given.append(Relay())
        return given[-1]

    monkeypatch.setattr(asking, "open_relay", open_relay)
    monkeypatch.setattr(asking, "FAMILY_STEP_S", 0.0)
    names = asking.Names()
    await names.addresses(NAME)
    server = TurnServer(NAME, 3478, "user", "password")
    question = asyncio.create_task(asking.relayed(server, names, no_protocol, hides_us=False))
    for _ in range(steps):
        await asyncio.sleep(0)
    question.cancel()
    kept = await asyncio.gather(question, return_exceptions=True)
    await asyncio.sleep(0.01)
    wanted: list[Any] = [] if isinstance(kept[0], BaseException) else [kept[0][1]]
    assert [relay for relay in given if not relay.closed] == wanted


async def test_slow_names_hold_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def getaddrinfo(*_args: Any, **_more: Any) -> list[Any]:
        answer.wait(20)
        return []

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    started = time.monotonic()
    servers = IceServers((StunServer(NAME),), (TurnServer(NAME, 3478, "user", "password"),))
    async with gathered(servers, dataclasses.replace(PATIENT, gather_wait_s=0.1)) as found:
        assert types(found) == ["host"]
    await asyncio.get_running_loop().shutdown_default_executor()  # as at the end of a program
    assert time.monotonic() - started < 5
    answer.set()


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", (401, 403, 486))
async def test_wrong_credentials_are_told_once_and_without_names(
    code: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with fake_server(refusal=code) as server, gathered(turn(server)) as found:
        assert types(found) == ["host"]
    (line,) = [record for record in caplog.records if record.name.startswith("envlsp")]
    assert line.levelname == "WARNING"
    assert line.getMessage() == f"no TURN server lets us in ({code}): direct paths only"


# --- TLS ---------------------------------------------------------------------------------------


class Listener(asyncio.Protocol):
    """Notes what comes out of TLS."""

    def __init__(self, heard: list[bytes]) -> None:
        self.heard = heard

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)


@asynccontextmanager
async def over_tls(file: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve TLS under a certificate; yield the port and what is heard."""
    heard: list[bytes] = []
    loop = asyncio.get_running_loop()
    loop_handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, _context: None)  # a client that hangs up on us is the point
    server = await loop.create_server(lambda: Listener(heard), "127.0.0.1", 0, ssl=shown(file))
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await asyncio.sleep(0.05)
        loop.set_exception_handler(loop_handler)


@pytest.mark.parametrize(
    ("certified", "asked", "is_trusted", "is_believed"),
    (
        ("turn.test", "turn.test", True, True),
        ("127.0.0.1", "127.0.0.1", True, True),
        ("turn.test", "turn.test", False, False),
        ("other.test", "turn.test", True, False),
        ("127.0.0.2", "127.0.0.1", True, False),
    ),
)
async def test_only_the_named_server_with_a_trusted_certificate_hears_us(
    certified: str,
    asked: str,
    is_trusted: bool,
    is_believed: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    resolved: list[str],
) -> None:
    file = certificate(tmp_path, certified)
    async with over_tls(file) as (port, heard):
        if is_trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(file))
        asking.trust.cache_clear()
        options = dataclasses.replace(PATIENT, server_timeout_s=1.0)
        servers = IceServers(turn=(TurnServer(asked, port, "user", "password", "tls"),))
        async with gathered(servers, options) as found:
            assert types(found) == ["host"]  # it speaks no TURN
        asking.trust.cache_clear()
        assert bool(heard) is is_believed
    assert resolved == ([] if asked == "127.0.0.1" else [asked])
