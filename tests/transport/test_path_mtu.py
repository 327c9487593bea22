"""No datagram is longer than the narrowest path carries: neither of a handshake nor of a transfer."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from typing import Any

import pytest
from aioice.turn import TurnClientUdpProtocol
from aiortc import RTCCertificate

from envlsp.transport.api import MESSAGE_MAX_BYTES, IceServers, TurnServer
from envlsp.transport.dtls import DATAGRAM_MAX_BYTES, PATH_MTU_BYTES, datagrams
from tests.support.certificates import self_signed
from tests.support.links import LOOPBACK, close_all, dial_pair, loopback_pair
from tests.support.turn import fake_server

pytestmark = pytest.mark.usefixtures("clean_loop")

IPV6_AND_UDP = 48
CHANNEL_DATA = 4
MANY_BYTES = 200_000


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of every datagram that leaves a socket of this process."""
    lengths: list[int] = []
    endpoint = asyncio.selector_events._SelectorDatagramTransport  # type: ignore[attr-defined]
    send = endpoint.sendto

    def sendto(self: Any, data: bytes, addr: Any = None) -> None:
        lengths.append(len(data))
        send(self, data, addr)

    monkeypatch.setattr(endpoint, "sendto", sendto)
    return lengths


async def carry(giver: Any, taker: Any) -> None:
    """Send many bytes in messages of the full length."""
    messages = [os.urandom(MESSAGE_MAX_BYTES) for _ in range(MANY_BYTES // MESSAGE_MAX_BYTES + 1)]

    async def give() -> None:
        for message in messages:
            await giver.send(message)

    _, taken = await asyncio.gather(give(), take(taker, len(messages)))
    assert taken == messages


async def take(link: Any, count: int) -> list[bytes]:
    return [await link.receive() for _ in range(count)]


@pytest.mark.slow
async def test_a_transfer_fits_the_narrowest_path(sent: list[int]) -> None:
    a, b = await loopback_pair()
    await carry(a, b)
    await close_all(a, b)
    assert 1000 < max(sent) <= DATAGRAM_MAX_BYTES


@pytest.mark.slow
async def test_over_a_relay_too_with_what_turn_adds(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    to_server: list[int] = []
    write = TurnClientUdpProtocol._send

    def send(self: TurnClientUdpProtocol, data: bytes) -> None:
        to_server.append(len(data))
        write(self, data)

    monkeypatch.setattr(TurnClientUdpProtocol, "_send", send)
    async with fake_server() as turn:
        servers = IceServers(turn=(TurnServer("127.0.0.1", turn.port, "user", "password"),))
        dials = dial_pair(dataclasses.replace(LOOPBACK, relay_only=True), servers=servers)
        a, b = await asyncio.gather(*(dial.open() for dial in dials))
        await carry(a, b)
        await close_all(a, b)
    assert 1000 < max(to_server) <= DATAGRAM_MAX_BYTES + CHANNEL_DATA
    assert max(sent) + IPV6_AND_UDP <= PATH_MTU_BYTES


@pytest.mark.slow
async def test_a_handshake_with_a_long_certificate_fits_too(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("envlsp.transport.webrtc.fresh_certificate", long_certificate)
    a, b = await loopback_pair()
    await a.send(b"made it")
    assert await b.receive() == b"made it"
    await close_all(a, b)
    assert 1000 < max(sent) <= DATAGRAM_MAX_BYTES


def long_certificate() -> RTCCertificate:
    """Return one that no single datagram can hold."""
    return RTCCertificate(*self_signed(*(f"{'long.' * 20}{n}.test" for n in range(30))))


def record(kind: int, size: int) -> bytes:
    return bytes([kind]) + b"\xfe\xfd" + bytes(8) + size.to_bytes(2) + bytes(size)


HANDSHAKE, DATA = 22, 23


@pytest.mark.parametrize(
    ("records", "lengths"),
    (
        ([], []),
        ([record(HANDSHAKE, 100)], [113]),
        ([record(HANDSHAKE, 100)] * 3, [339]),
        ([record(HANDSHAKE, 500)] * 3, [1026, 513]),
        ([record(HANDSHAKE, 1000), record(HANDSHAKE, 200)], [1013, 213]),
        ([record(DATA, 10), record(DATA, 10)], [23, 23]),
        ([record(HANDSHAKE, 10), record(DATA, 10), record(HANDSHAKE, 10)], [23, 23, 23]),
    ),
)
def test_records_stay_whole(records: list[bytes], lengths: list[int]) -> None:
    cut = list(datagrams(b"".join(records)))
    assert [len(each) for each in cut] == lengths
    assert b"".join(cut) == b"".join(records)


def test_a_record_that_is_cut_off_goes_as_it_is() -> None:
    assert list(datagrams(record(HANDSHAKE, 10)[:15])) == [record(HANDSHAKE, 10)[:15]]
