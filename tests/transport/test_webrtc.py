from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import time
from pathlib import Path

import pytest

from envlsp.crypto.labels import hash32
from envlsp.errors import DialFailed, LinkClosed, Misuse, SignalingUnreachable
from envlsp.transport.api import MESSAGE_MAX_BYTES, IceServers, LinkOptions, SignalKind
from envlsp.transport.sctp import OneChannelSctp
from envlsp.transport.webrtc import CLOSE_TIMEOUT_S, Dial, WebRtcLink
from envlsp.wire.canonical import Value
from tests.support.links import LOOPBACK, LocalPipe, close_all, loopback_pair, pipe_pair

pytestmark = [pytest.mark.usefixtures("clean_loop"), pytest.mark.slow]  # real sockets and their waits

BRISK = dataclasses.replace(LOOPBACK, dial_timeout_s=8.0)


async def test_two_ends_meet_and_talk() -> None:
    a, b = await loopback_pair()
    await a.send(b"ping")
    assert await b.receive() == b"ping"
    await b.send(b"")
    await b.send(b"pong")
    assert [await a.receive(), await a.receive()] == [b"", b"pong"]
    assert (a.path.local, a.path.remote, a.path.kind) == ("host", "host", "direct")
    assert a.path.via == b.path.via == "lan"
    assert abs(a.path.since_s - time.time()) < 5
    assert 0 < a.path.took_s < 5
    await close_all(a, b)


async def test_binding_covers_both_certificates_a_first() -> None:
    pipe_a, pipe_b = pipe_pair()
    a, b = await asyncio.gather(
        Dial(controlling=True, servers=IceServers(), signals=pipe_a, options=LOOPBACK).open(),
        Dial(controlling=False, servers=IceServers(), signals=pipe_b, options=LOOPBACK).open(),
    )
    prints = [sent_fingerprint(pipe_a), sent_fingerprint(pipe_b)]
    assert a.binding == b.binding == hash32("cb", prints[0] + prints[1])
    await close_all(a, b)


async def test_every_link_has_its_own_certificate() -> None:
    a, b = await loopback_pair()
    c, d = await loopback_pair()
    assert len({a.binding, c.binding}) == 2
    await close_all(a, b, c, d)


async def test_no_candidate_leaves_loopback() -> None:
    pipe_a, pipe_b = pipe_pair()
    links = await asyncio.gather(
        Dial(controlling=True, servers=IceServers(), signals=pipe_a, options=LOOPBACK).open(),
        Dial(controlling=False, servers=IceServers(), signals=pipe_b, options=LOOPBACK).open(),
    )
    for pipe in (pipe_a, pipe_b):
        lines = sent_params(pipe)[3]
        assert isinstance(lines, list)
        assert lines
        assert all(str(line).split()[4] == "127.0.0.1" for line in lines)
    await close_all(*links)


async def test_real_addresses_work_too() -> None:
    a, b = await loopback_pair(LinkOptions())
    await a.send(b"x")
    assert await b.receive() == b"x"
    await close_all(a, b)


async def test_a_megabyte_both_ways_does_not_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stall is a retransmission timer (a second at least) that fires on a path that loses nothing."""
    stalls: list[object] = []
    retransmit = OneChannelSctp._t3_expired

    def stalled(sctp: OneChannelSctp) -> None:
        stalls.append(sctp)
        retransmit(sctp)

    monkeypatch.setattr(OneChannelSctp, "_t3_expired", stalled)
    a, b = await loopback_pair()
    messages = [os.urandom(MESSAGE_MAX_BYTES) for _ in range(64)]

    async def give(link: WebRtcLink) -> None:
        for message in messages:
            await link.send(message)

    async def take(link: WebRtcLink) -> list[bytes]:
        return [await link.receive() for _ in messages]

    counts = []
    for _ in range(3):
        stalls.clear()
        _, _, at_a, at_b = await asyncio.gather(give(a), give(b), take(a), take(b))
        assert at_a == at_b == messages
        counts.append(len(stalls))
    assert min(counts) == 0, counts  # not all: a machine at its limit delays acknowledgements itself
    await close_all(a, b)


async def test_send_waits_while_a_window_is_unacknowledged() -> None:
    window = 4 * MESSAGE_MAX_BYTES
    a, b = await loopback_pair(dataclasses.replace(LOOPBACK, window_bytes=window, linger_s=0.05))
    deaf(b)  # nothing is confirmed from now on
    for _ in range(4):
        await asyncio.wait_for(a.send(bytes(MESSAGE_MAX_BYTES)), 60)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(a.send(b""), 0.2)
    await close_all(a, b)


async def test_a_blocked_sender_learns_of_the_end() -> None:
    a, b = await loopback_pair(dataclasses.replace(LOOPBACK, window_bytes=1, linger_s=0.05))
    deaf(b)
    await a.send(b"fills the window")
    blocked = asyncio.create_task(a.send(b"waits"))
    await asyncio.sleep(0.01)
    await a.close()
    with pytest.raises(LinkClosed):
        await blocked
    await b.close()


async def test_what_was_sent_before_close_arrives() -> None:
    a, b = await loopback_pair()
    for number in range(20):
        await a.send(b"%d" % number)
    await a.close()
    got = [await b.receive() for _ in range(20)]
    assert got == [b"%d" % number for number in range(20)]
    with pytest.raises(LinkClosed):
        await b.receive()
    with pytest.raises(LinkClosed):
        await b.send(b"late")
    await b.close()


async def test_what_is_queued_at_close_arrives() -> None:
    """Seven messages of the full length are far more than SCTP puts on its way at once."""
    a, b = await loopback_pair()
    messages = [os.urandom(MESSAGE_MAX_BYTES) for _ in range(7)]
    for message in messages:
        await a.send(message)
    await a.close()
    assert [await b.receive() for _ in messages] == messages
    await b.close()


async def test_close_is_quick_repeatable_and_wakes_both_ends() -> None:
    a, b = await loopback_pair()
    reading = asyncio.create_task(b.receive())
    started = time.monotonic()
    await a.close()
    await asyncio.wait_for(b.wait_closed(), 60)
    with pytest.raises(LinkClosed):
        await reading
    await asyncio.gather(a.close(), b.close(), b.close())
    assert time.monotonic() - started < CLOSE_TIMEOUT_S


async def test_sending_too_much_at_once_is_misuse() -> None:
    a, b = await loopback_pair()
    with pytest.raises(Misuse):
        await a.send(bytes(MESSAGE_MAX_BYTES + 1))
    await a.send(bytes(MESSAGE_MAX_BYTES))
    assert len(await b.receive()) == MESSAGE_MAX_BYTES
    await close_all(a, b)


@pytest.mark.parametrize("excess", (1, 100_000))
async def test_a_peer_that_sends_too_much_at_once_loses_the_link(excess: int) -> None:
    a, b = await loopback_pair()
    force(a, bytes(MESSAGE_MAX_BYTES + excess))
    with pytest.raises(LinkClosed, match="too long"):
        await asyncio.wait_for(b.receive(), 60)
    assert b._sctp._get_inbound_stream(0).reassembly == [] or held_bytes(b) < MESSAGE_MAX_BYTES + 1200
    await close_all(a, b)


async def test_a_peer_that_sends_text_loses_the_link() -> None:
    a, b = await loopback_pair()
    a._channel.send("text")
    with pytest.raises(LinkClosed):
        await asyncio.wait_for(b.receive(), 60)
    await close_all(a, b)


async def test_a_peer_that_opens_another_channel_loses_the_link() -> None:
    from aiortc import RTCDataChannel, RTCDataChannelParameters

    a, b = await loopback_pair()
    RTCDataChannel(a._sctp, RTCDataChannelParameters(label="more"))
    with pytest.raises(LinkClosed, match="another channel"):
        await asyncio.wait_for(b.receive(), 60)
    await close_all(a, b)


async def test_a_malformed_packet_ends_the_link_and_nothing_else() -> None:
    from aiortc.rtcsctptransport import InitChunk, serialize_packet

    a, b = await loopback_pair()

    class Twice:
        def __bytes__(self) -> bytes:
            return bytes(InitChunk()) * 2

    await a._dtls._send_data(serialize_packet(5000, 5000, 0, Twice()))  # type: ignore[arg-type]
    with pytest.raises(LinkClosed, match="malformed"):
        await asyncio.wait_for(b.receive(), 60)
    await close_all(a, b)


async def test_a_peer_that_runs_ahead_of_a_slow_reader_loses_the_link() -> None:
    a, b = await loopback_pair()

    async def flood() -> None:
        while True:
            await a.send(bytes(MESSAGE_MAX_BYTES))

    with pytest.raises(LinkClosed):
        await asyncio.wait_for(flood(), 60)
    assert b._inbox_bytes <= 1024 * 1024
    await close_all(a, b)


@pytest.mark.parametrize("liar", (0, 1))
async def test_wrong_fingerprint_fails_on_both_sides(liar: int) -> None:
    pipes = pipe_pair()
    lying = Lying(pipes[liar])
    ends: list[LocalPipe | Lying] = [*pipes]
    ends[liar] = lying
    a = Dial(controlling=True, servers=IceServers(), signals=ends[0], options=BRISK)
    b = Dial(controlling=False, servers=IceServers(), signals=ends[1], options=BRISK)
    started = time.monotonic()
    outcomes = await asyncio.gather(a.open(), b.open(), return_exceptions=True)
    assert [type(each) for each in outcomes] == [DialFailed, DialFailed]
    assert time.monotonic() - started < BRISK.dial_timeout_s / 2  # the one that notices says bye


async def test_nobody_answers() -> None:
    started = time.monotonic()
    pipe, _ = pipe_pair()
    options = dataclasses.replace(LOOPBACK, dial_timeout_s=0.2)
    with pytest.raises(DialFailed, match="within"):
        await Dial(controlling=True, servers=IceServers(), signals=pipe, options=options).open()
    assert time.monotonic() - started < 20
    assert [kind for kind, _ in pipe.sent] == ["params", "end", "bye"]


async def test_params_but_no_path() -> None:
    pipe, _ = pipe_pair()
    nowhere: list[Value] = ["f 1 udp 1 127.0.0.1 9 typ host"]
    pipe.inbox.put_nowait(("params", ["abcd", "p" * 22, bytes(32), nowhere]))
    options = dataclasses.replace(LOOPBACK, dial_timeout_s=0.4)
    with pytest.raises(DialFailed):
        await Dial(controlling=True, servers=IceServers(), signals=pipe, options=options).open()


@pytest.mark.parametrize(
    ("kind", "params"),
    (
        ("params", []),
        ("params", ["u", "p", b"", []]),
        ("params", 7),
        ("candidates", ["nonsense"]),
        ("candidates", ["f 1 udp 1 printer.local 9 typ host"]),
        ("candidates", ["f 1 udp 1 127.0.0.1 9 typ host"] * 33),
        ("bye", []),
    ),
)
async def test_a_peer_that_talks_nonsense_fails_the_dial_at_once(kind: SignalKind, params: Value) -> None:
    pipe, _ = pipe_pair()
    pipe.inbox.put_nowait((kind, params))
    started = time.monotonic()
    with pytest.raises(DialFailed):
        await Dial(controlling=True, servers=IceServers(), signals=pipe, options=LOOPBACK).open()
    assert time.monotonic() - started < 4


async def test_losing_the_signaling_server_fails_the_dial() -> None:
    pipe, _ = pipe_pair()
    pipe.broken = True
    with pytest.raises(SignalingUnreachable):
        await Dial(controlling=True, servers=IceServers(), signals=pipe, options=LOOPBACK).open()


async def test_cancelling_a_dial_cleans_up() -> None:
    pipe, _ = pipe_pair()
    dial = Dial(controlling=True, servers=IceServers(), signals=pipe, options=LOOPBACK)
    opening = asyncio.create_task(dial.open())
    await asyncio.sleep(0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert dial._link.ice._closed


async def test_silence_of_a_vanished_peer_ends_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.stun.RETRY_RTO", 0.05)
    options = dataclasses.replace(LOOPBACK, consent_interval_s=0.05, consent_timeout_s=0.3, linger_s=0.05)
    a, b = await loopback_pair(options)
    deaf(b)
    started = time.monotonic()
    with pytest.raises(LinkClosed, match="path"):
        await asyncio.wait_for(a.receive(), 60)
    assert time.monotonic() - started < 10
    await close_all(a, b)


async def test_an_idle_link_costs_little() -> None:
    a, b = await loopback_pair()
    before = time.process_time()
    await asyncio.sleep(0.5)
    assert time.process_time() - before < 0.05
    await close_all(a, b)


async def test_opening_and_closing_leaves_no_descriptor() -> None:
    await close_all(*await loopback_pair())
    before = open_descriptors()
    for _ in range(5):
        await close_all(*await loopback_pair())
    assert open_descriptors() <= before


async def test_no_address_and_no_credential_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pipe_a, pipe_b = pipe_pair()
    links = await asyncio.gather(
        Dial(controlling=True, servers=IceServers(), signals=pipe_a, options=LOOPBACK).open(),
        Dial(controlling=False, servers=IceServers(), signals=pipe_b, options=LOOPBACK).open(),
    )
    await close_all(*links)
    assert "127.0.0.1" not in caplog.text
    assert str(sent_params(pipe_a)[1]) not in caplog.text


# --- ways to misbehave -------------------------------------------------------------------------


class Lying:
    """A pipe on which our fingerprint is not the one of our certificate."""

    def __init__(self, pipe: LocalPipe) -> None:
        self.pipe = pipe

    async def send(self, kind: SignalKind, params: Value) -> None:
        if kind == "params":
            assert isinstance(params, list)
            params = [params[0], params[1], bytes(32), params[3]]
        await self.pipe.send(kind, params)

    async def receive(self) -> tuple[SignalKind, Value]:
        return await self.pipe.receive()


def sent_params(pipe: LocalPipe) -> list[Value]:
    params = next(params for kind, params in pipe.sent if kind == "params")
    assert isinstance(params, list)
    return params


def sent_fingerprint(pipe: LocalPipe) -> bytes:
    fingerprint = sent_params(pipe)[2]
    assert isinstance(fingerprint, bytes)
    return fingerprint


def deaf(link: WebRtcLink) -> None:
    """Let this end neither hear nor answer anything, as a machine that has lost its network."""
    for protocol in link.ice._protocols:
        protocol.datagram_received = lambda *_: None  # type: ignore[method-assign]


def force(link: WebRtcLink, message: bytes) -> None:
    """Send whatever is said, as a peer with another program would."""
    link._sctp._remote_max_message_size = 0
    link._channel.send(message)


def open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def held_bytes(link: WebRtcLink) -> int:
    return sum(len(chunk.user_data) for chunk in link._sctp._get_inbound_stream(0).reassembly)
