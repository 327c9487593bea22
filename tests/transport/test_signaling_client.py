"""The client against a real server, and against servers that lie, vanish or say nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import msgpack
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from envlsp.domain.secret import SecretText
from envlsp.errors import LimitExceeded, Misuse, NotFound, SignalingUnreachable
from envlsp.transport import signaling_client
from envlsp.transport.signaling_client import (
    EVENTS_MAX,
    Connected,
    Disconnected,
    Event,
    SignalingClient,
)
from envlsp.transport.signaling_socket import open_socket
from envlsp.wire.signaling_messages import Message, Refusal, Refused, RoomId, Tag, Verb
from envlsp_signaling.limits import Limits
from envlsp_signaling.server import SignalingServer
from envlsp_signaling.turn import TurnService
from tests.support.signaling import serving

pytestmark = pytest.mark.slow  # sockets, threads, files, and waits for them

ROOM, OTHER_ROOM = RoomId(b"r" * 16), RoomId(b"o" * 16)
BLOB = b"b" * 1024
QUICK = (0.01, 0.05)
NOWHERE = "ws://127.0.0.1:1"


async def next_event(client: SignalingClient) -> Event:
    async with asyncio.timeout(60):
        async for event in client.messages():
            return event
    raise AssertionError("the client was closed")


@contextlib.asynccontextmanager
async def lying(talk: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """Yield the url of a server that does as it likes."""
    async with serve(
        talk, "127.0.0.1", 0, subprotocols=[Subprotocol("envlsp.1")], compression=None
    ) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def blob_of(text: bytes) -> bytes:
    return text.ljust(1024, b"\0")


def frame(*parts: object) -> bytes:
    packed = msgpack.packb(list(parts), use_bin_type=True)
    assert isinstance(packed, bytes)
    return packed


# --- rooms -----------------------------------------------------------------------------------


async def test_a_room_connects_its_members() -> None:
    async with serving() as url, SignalingClient(url) as alice, SignalingClient([url]) as bob:
        await alice.subscribe(ROOM)
        await bob.subscribe(ROOM)
        await bob.publish(ROOM, BLOB)
        heard = await next_event(alice)
        assert isinstance(heard, Message)
        assert (heard.room, heard.blob) == (ROOM, BLOB)
        await alice.send(heard.tag, b"a" * 4096)
        answer = await next_event(bob)
        assert isinstance(answer, Message)
        assert answer.blob == b"a" * 4096


async def test_after_unsubscribing_nothing_is_heard() -> None:
    async with serving() as url, SignalingClient(url) as alice, SignalingClient(url) as bob:
        for room in (ROOM, OTHER_ROOM):
            await alice.subscribe(room)
            await bob.subscribe(room)
        await alice.unsubscribe(ROOM)
        await alice.turn()  # the server has answered, so it has heard all before
        await bob.publish(ROOM, BLOB)
        await bob.publish(OTHER_ROOM, BLOB)
        heard = await next_event(alice)
        assert isinstance(heard, Message)
        assert heard.room == OTHER_ROOM


async def test_a_full_room_is_a_limit_and_not_remembered() -> None:
    async with (
        serving(SignalingServer(Limits(subscribers_per_room=1))) as url,
        SignalingClient(url) as alice,
        SignalingClient(url) as bob,
    ):
        await alice.subscribe(ROOM)
        with pytest.raises(LimitExceeded, match="room full"):
            await bob.subscribe(ROOM)
        assert ROOM not in bob._rooms


async def test_a_message_nobody_can_get_is_an_event() -> None:
    async with serving() as url, SignalingClient(url) as alice:
        await alice.send(Tag(bytes(16)), BLOB)
        assert await next_event(alice) == Refused(Refusal.NO_SUCH_TAG, Verb.TO)


async def test_blobs_of_another_size_are_not_sent() -> None:
    async with serving() as url, SignalingClient(url) as alice:
        with pytest.raises(LimitExceeded):
            await alice.publish(ROOM, b"short")


async def test_more_rooms_at_once_than_the_burst_allows() -> None:
    async with serving() as url, SignalingClient(url) as alice:
        rooms = [RoomId(number.to_bytes(16, "big")) for number in range(110)]
        await asyncio.gather(*(alice.subscribe(room) for room in rooms))


# --- mailboxes -------------------------------------------------------------------------------


async def test_a_mailbox_carries_messages_both_ways_in_order() -> None:
    async with serving() as url, SignalingClient(url) as alice, SignalingClient(url) as bob:
        inviter = await alice.allocate()
        assert len(inviter.number) == 6
        assert inviter.number.isdigit()
        early = asyncio.create_task(inviter.send(blob_of(b"before you came")))
        joiner = await bob.claim(inviter.number)
        assert await joiner.recv() == blob_of(b"before you came")
        await early
        await inviter.paired()
        for number in range(20):
            await joiner.send(blob_of(b"%d" % number))
        assert [await inviter.recv() for _ in range(20)] == [blob_of(b"%d" % number) for number in range(20)]
        await joiner.send(bytes(16 * 1024))
        assert await inviter.recv() == bytes(16 * 1024)
        with pytest.raises(LimitExceeded):
            await joiner.send(b"some other size")


async def test_nobody_enters_a_mailbox_twice() -> None:
    async with (
        serving() as url,
        SignalingClient(url) as alice,
        SignalingClient(url) as bob,
        SignalingClient(url) as eve,
    ):
        inviter = await alice.allocate()
        await bob.claim(inviter.number)
        with pytest.raises(NotFound):
            await eve.claim(inviter.number)


@pytest.mark.parametrize("number", ("", "12345", "1234567", "12345x", "١٢٣٤٥٦", "-12345"))
async def test_a_number_is_six_digits(number: str) -> None:
    async with serving() as url, SignalingClient(url) as alice:
        with pytest.raises(NotFound):
            await alice.claim(number)


async def test_either_end_closes_a_mailbox_and_what_arrived_can_still_be_read() -> None:
    async with serving() as url, SignalingClient(url) as alice, SignalingClient(url) as bob:
        inviter = await alice.allocate()
        joiner = await bob.claim(inviter.number)
        await joiner.send(blob_of(b"last words"))
        await joiner.close()
        await joiner.close()
        assert joiner.closed
        assert await inviter.recv() == blob_of(b"last words")
        with pytest.raises(SignalingUnreachable):
            await inviter.recv()
        with pytest.raises(SignalingUnreachable):
            await inviter.send(blob_of(b"too late"))
        assert inviter.closed


async def test_a_mailbox_ends_with_its_other_party() -> None:
    async with serving() as url, SignalingClient(url) as alice:
        inviter = await alice.allocate()
        async with SignalingClient(url) as bob:
            await bob.claim(inviter.number)
            await inviter.paired()
        with pytest.raises(SignalingUnreachable):
            async with asyncio.timeout(5):
                await inviter.recv()


async def test_waiting_for_a_party_ends_with_the_server() -> None:
    server = SignalingServer()
    async with serving(server) as url, SignalingClient(url, backoff_s=QUICK) as alice:
        inviter = await alice.allocate()
        waiting = asyncio.create_task(inviter.paired())
        await asyncio.sleep(0)
        await server.stop()
        with pytest.raises(SignalingUnreachable):
            await waiting


async def test_too_many_mailboxes_are_a_limit() -> None:
    async with (
        serving(SignalingServer(Limits(allocations_per_hour=1))) as url,
        SignalingClient(url) as alice,
    ):
        await alice.allocate()
        with pytest.raises(LimitExceeded, match="mailboxes"):
            await alice.allocate()


async def test_turn_credentials_for_company_only() -> None:
    turn = TurnService(b"north", ("turn:turn.example.org:3478",))
    async with (
        serving(SignalingServer(turn=turn)) as url,
        SignalingClient(url) as alice,
        SignalingClient(url) as bob,
    ):
        await alice.subscribe(ROOM)
        assert await alice.turn() is None
        await bob.subscribe(ROOM)
        credentials = await alice.turn()
        assert credentials is not None
        assert (credentials.ttl_s, credentials.urls) == (600, ("turn:turn.example.org:3478",))


async def test_no_turn_is_none() -> None:
    async with serving() as url, SignalingClient(url) as alice:
        assert await alice.turn() is None


# --- reaching a server -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    (
        NOWHERE,
        "",
        "http://127.0.0.1:1",
        "ws://",
        "ws://[",
        "ws://127.0.0.1:99999",
        "wss://127.0.0.1:1",
        "nonsense",
    ),
)
async def test_no_server_is_one_error(url: str) -> None:
    client = SignalingClient(url)
    with pytest.raises(SignalingUnreachable):
        await client.connect()
    with pytest.raises(SignalingUnreachable):
        await client.publish(ROOM, BLOB)
    await client.close()


async def test_no_server_configured() -> None:
    with pytest.raises(SignalingUnreachable, match="no server is configured"):
        await SignalingClient([]).connect()


@pytest.mark.parametrize(
    "answer", (b"", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", b"\x00" * 100, b"SSH-2.0-x\r\n")
)
async def test_another_kind_of_server_is_the_same_error(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SignalingUnreachable):
            await SignalingClient(f"ws://127.0.0.1:{port}").connect()


async def test_a_server_of_other_websockets_is_the_same_error() -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with serve(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SignalingUnreachable):
            await SignalingClient(f"ws://127.0.0.1:{port}").connect()


async def test_a_silent_server_times_out() -> None:
    done = asyncio.Event()

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await done.wait()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        started = time.monotonic()
        with pytest.raises(SignalingUnreachable, match="no answer within"):
            await SignalingClient(f"ws://127.0.0.1:{port}", connect_timeout_s=0.1).connect()
        assert time.monotonic() - started < 5
        done.set()


async def test_the_first_server_that_answers_is_used() -> None:
    async with serving() as url, SignalingClient([NOWHERE, url, "ws://127.0.0.1:2"]) as alice:
        await alice.subscribe(ROOM)
        assert alice.is_connected


async def test_the_operators_token() -> None:
    import hashlib

    server = SignalingServer(token_hash=hashlib.sha256(b"correct horse").digest())
    async with serving(server) as url:
        with pytest.raises(SignalingUnreachable, match="wants a token") as refused:
            await SignalingClient(url).connect()
        assert "ENVLSP_SIGNALING_TOKEN" in (refused.value.fix or "")
        with pytest.raises(SignalingUnreachable, match="wants another token") as refused:
            await SignalingClient(url, tokens=lambda _: SecretText("planted")).connect()
        assert "planted" not in f"{refused.value} {refused.value.fix}"
        async with SignalingClient(url, tokens=lambda _: SecretText("correct horse")) as alice:
            await alice.subscribe(ROOM)


async def heard_by_a_stranger(url: str, answer: bytes, port: int = 0) -> list[bytes]:
    """Return what somebody hears who answers like that, and is called by this URL."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", port) as server:
        at = server.sockets[0].getsockname()[1]
        with pytest.raises(SignalingUnreachable):
            await open_socket(url.replace("PORT", str(at)), token=SecretText("planted"), timeout_s=3)
    return heard


async def test_nobody_on_the_way_reads_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a proxy: without TLS it would be written as it is."""
    unauthorized = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    [shown] = await heard_by_a_stranger("ws://127.0.0.1:PORT", unauthorized)
    assert b"planted" in shown
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **named: resolve("127.0.0.1", *rest, **named)
    )
    [kept] = await heard_by_a_stranger("ws://signal.example.org:PORT", unauthorized)
    assert b"planted" not in kept
    assert b"Authorization" not in kept


async def test_a_redirect_is_not_followed() -> None:
    """A server that sends its clients elsewhere could have them knock anywhere in their network."""
    async with serving() as url:
        answer = f"HTTP/1.1 307 Elsewhere\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n"
        assert len(await heard_by_a_stranger("ws://127.0.0.1:PORT", answer.encode())) == 1


async def test_a_client_connects_once() -> None:
    async with serving() as url, SignalingClient(url) as alice:
        with pytest.raises(Misuse):
            await alice.connect()


async def test_no_address_with_a_password_in_an_error() -> None:
    with pytest.raises(SignalingUnreachable) as refused:
        await SignalingClient("ws://user:planted@127.0.0.1:1").connect()
    assert "planted" not in str(refused.value)


# --- losing a server -------------------------------------------------------------------------


async def test_after_a_restart_the_client_is_back_in_its_rooms() -> None:
    first = SignalingServer()
    port = await first.start("127.0.0.1", 0)
    url = f"ws://127.0.0.1:{port}"
    async with SignalingClient(url, backoff_s=QUICK) as alice, SignalingClient(url, backoff_s=QUICK) as bob:
        await alice.subscribe(ROOM)
        await bob.subscribe(ROOM)
        await first.stop()
        assert await next_event(alice) == Disconnected()
        assert not alice.is_connected
        with pytest.raises(SignalingUnreachable):
            await alice.publish(ROOM, BLOB)
        await alice.subscribe(OTHER_ROOM)  # remembered until there is a connection
        second = SignalingServer()
        await second.start("127.0.0.1", port)
        assert await next_event(alice) == Connected(url)
        assert await next_event(bob) == Disconnected()
        assert await next_event(bob) == Connected(url)
        await bob.subscribe(OTHER_ROOM)
        for room in (ROOM, OTHER_ROOM):
            await bob.publish(room, BLOB)
            heard = await next_event(alice)
            assert isinstance(heard, Message)
            assert heard.room == room
        await second.stop()


async def test_a_room_refused_after_a_restart_is_an_event() -> None:
    first = SignalingServer()
    port = await first.start("127.0.0.1", 0)
    url = f"ws://127.0.0.1:{port}"
    async with SignalingClient(url, backoff_s=QUICK) as alice:
        await alice.subscribe(ROOM)
        await alice.subscribe(OTHER_ROOM)
        await first.stop()
        assert await next_event(alice) == Disconnected()
        second = SignalingServer(Limits(rooms_per_connection=1))
        await second.start("127.0.0.1", port)
        assert await next_event(alice) == Refused(Refusal.TOO_MANY_ROOMS, Verb.SUB)
        assert await next_event(alice) == Connected(url)
        await second.stop()


async def test_without_reconnecting_the_end_is_the_end() -> None:
    server = SignalingServer()
    async with serving(server) as url, SignalingClient(url, reconnect=False) as alice:
        await server.stop()
        events = [event async for event in alice.messages()]
        assert events == [Disconnected()]
        with pytest.raises(SignalingUnreachable):
            await alice.subscribe(ROOM)


async def test_the_wait_grows_to_a_quarter_of_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[float] = []
    enough = asyncio.Event()

    def draw(low: float, high: float) -> float:
        assert low == 0
        bounds.append(high)
        if len(bounds) == 9:
            enough.set()
        return 0.0

    monkeypatch.setattr("random.uniform", draw)
    server = SignalingServer()
    async with serving(server) as url, SignalingClient(url):
        await server.stop()
        async with asyncio.timeout(60):
            await enough.wait()
    assert bounds[:9] == [1, 2, 4, 8, 16, 16, 16, 16, 16]


async def test_a_server_that_lets_us_in_and_throws_us_out_is_asked_less_and_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds: list[float] = []
    enough = asyncio.Event()

    def draw(_low: float, high: float) -> float:
        bounds.append(high)
        if len(bounds) == 5:
            enough.set()
        return 0.0

    async def talk(_socket: ServerConnection) -> None:
        """Hang up at once."""

    monkeypatch.setattr("random.uniform", draw)
    async with lying(talk) as url, SignalingClient(url):
        async with asyncio.timeout(60):
            await enough.wait()
    assert bounds[:5] == [1, 2, 4, 8, 16]


async def test_a_connection_that_lasted_makes_the_wait_short_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling_client, "STEADY_S", 0.0)
    async with serving() as url, SignalingClient(url) as alice:
        alice._servers._wait_s = 32.0
        alice._servers._backoff_s = QUICK
        assert alice._socket is not None
        await alice._socket.close()
        assert await next_event(alice) == Disconnected()
        assert await next_event(alice) == Connected(url)


async def test_closed_while_connecting() -> None:
    async with serving() as url:
        alice = SignalingClient(url)
        connecting = asyncio.create_task(alice.connect())
        await asyncio.sleep(0)
        await alice.close()
        with pytest.raises(Misuse):
            await connecting
        assert not alice.is_connected


async def test_closing_twice_and_while_reading() -> None:
    async with serving() as url:
        alice = SignalingClient(url)
        await alice.connect()

        async def read() -> list[Event]:
            return [event async for event in alice.messages()]

        reading = asyncio.create_task(read())
        await asyncio.sleep(0)
        await alice.close()
        await alice.close()
        assert await reading == [Disconnected()] or await reading == []


# --- servers that lie ------------------------------------------------------------------------


@pytest.mark.parametrize("junk", ("text", b"", b"junk", frame(99), frame(17, b"short", bytes(16), BLOB)))
async def test_a_server_that_talks_nonsense_is_left(junk: str | bytes) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send(junk)
        await socket.wait_closed()

    async with lying(talk) as url, SignalingClient(url, reconnect=False) as alice:
        assert await next_event(alice) == Disconnected()


async def test_a_frame_too_long_is_not_read() -> None:
    async def talk(socket: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(bytes(1 << 20))
        await socket.wait_closed()

    async with lying(talk) as url, SignalingClient(url, reconnect=False) as alice:
        assert await next_event(alice) == Disconnected()


async def test_what_was_not_asked_for_takes_no_memory() -> None:
    said = asyncio.Event()

    async def talk(socket: ServerConnection) -> None:
        await socket.recv()
        for number in range(500):
            await socket.send(frame(Verb.NUMBER, number))
            await socket.send(frame(Verb.PAIRED, number, number.to_bytes(16, "big")))
            await socket.send(frame(Verb.MSG, number.to_bytes(16, "big"), bytes(16), BLOB))
            await socket.send(frame(Verb.JOINED, bytes(16), bytes(16)))
            await socket.send(frame(Verb.CREDENTIALS, 600, "u", "p", []))
        for _ in range(EVENTS_MAX + 500):
            await socket.send(frame(Verb.MSG, ROOM, bytes(16), BLOB))
        await (await socket.ping())  # when it is answered, all but a few were read
        said.set()
        await socket.wait_closed()

    async with lying(talk) as url, SignalingClient(url) as alice:
        alice._rooms[ROOM] = None
        assert await alice.turn() is not None  # the first unasked answer passes for ours
        async with asyncio.timeout(60):
            await said.wait()
        assert len(alice._events) == EVENTS_MAX
        assert not alice._mailboxes
        assert not alice._pipes


async def test_a_mailbox_paired_twice_keeps_its_first_pipe() -> None:
    first, second = b"1" * 16, b"2" * 16

    async def talk(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(frame(Verb.NUMBER, 7))
        for room in (first, second):
            await socket.send(frame(Verb.PAIRED, 7, room))
        await socket.wait_closed()

    async with lying(talk) as url, SignalingClient(url) as alice:
        mailbox = await alice.allocate()
        await mailbox.paired()
        await asyncio.sleep(0.05)
        assert list(alice._pipes) == [first]


async def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling_client, "ANSWER_TIMEOUT_S", 0.05)

    async def talk(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with lying(talk) as url, SignalingClient(url) as alice:
        with pytest.raises(SignalingUnreachable, match="does not answer"):
            await alice.allocate()


async def test_a_late_answer_does_not_pass_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling_client, "ANSWER_TIMEOUT_S", 0.1)

    async def talk(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.recv()
        await socket.send(frame(Verb.CREDENTIALS, 600, "late", "p", []))
        await socket.send(frame(Verb.CREDENTIALS, 600, "mine", "p", []))
        await socket.wait_closed()

    async with lying(talk) as url, SignalingClient(url) as alice:
        with pytest.raises(SignalingUnreachable):
            await alice.turn()
        credentials = await alice.turn()
        assert credentials is not None
        assert credentials.username == "mine"


@contextlib.asynccontextmanager
async def dumb() -> AsyncIterator[str]:
    """Yield the url of a server that shakes hands, then falls silent for ever."""
    release = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import base64
        import hashlib

        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        [key] = [line.split(": ")[1] for line in request.splitlines() if line.startswith("Sec-WebSocket-Key")]
        accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: envlsp.1\r\nSec-WebSocket-Accept: "
            + base64.b64encode(accept)
            + b"\r\n\r\n"
        )
        await release.wait()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        release.set()


async def test_closing_is_bounded_whatever_the_server_does() -> None:
    async with dumb() as url:
        alice = SignalingClient(url)
        await alice.connect()
        started = time.monotonic()
        await alice.close()
        assert time.monotonic() - started < 10


# --- in doubt --------------------------------------------------------------------------------


async def test_a_connection_that_stands_survives_doubt() -> None:
    async with serving() as url, SignalingClient(url) as alice, SignalingClient(url) as bob:
        await alice.subscribe(ROOM)
        await bob.subscribe(ROOM)
        await alice.doubt({"192.0.2.7"})
        await bob.publish(ROOM, BLOB)
        assert isinstance(await next_event(alice), Message)


async def test_a_connection_from_an_address_that_is_gone_is_made_anew() -> None:
    async with serving() as url, SignalingClient(url, backoff_s=QUICK) as alice:
        await alice.doubt({"127.0.0.1"})
        assert await next_event(alice) == Disconnected()
        assert await next_event(alice) == Connected(url)


async def test_a_server_that_is_silent_in_doubt_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signaling_client, "DOUBT_S", 0.2)
    async with dumb() as url, SignalingClient(url, backoff_s=QUICK) as alice:
        await alice.doubt()
        assert await next_event(alice) == Disconnected()
        assert await next_event(alice) == Connected(url)


async def test_doubt_hurries_a_client_that_waits() -> None:
    server = SignalingServer()
    async with serving(server) as url, SignalingClient(url, backoff_s=(3_600, 3_600)) as alice:
        await server.stop()
        assert await next_event(alice) == Disconnected()
        again = SignalingServer()
        await again.start("127.0.0.1", urlsplit(url).port or 0)
        await asyncio.sleep(0.1)  # it has begun to wait, for half an hour or so
        await alice.doubt()
        assert await next_event(alice) == Connected(url)
        await again.stop()


def test_importing_the_client_loads_no_websockets() -> None:
    program = "import sys, envlsp.transport.signaling_client; sys.exit('websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert urlsplit(NOWHERE).port == 1
