"""A client of a signaling server: rooms, mailboxes, TURN credentials.

    async with SignalingClient(["wss://signal.example.org"]) as client:
        await client.subscribe(room)
        async for event in client.messages():
            ...

Carries opaque blobs and refuses to know what is in them. The server is not
trusted: what it sends is bounded and checked, and the worst it can do is nothing.
After a lost connection the client comes back by itself, with the rooms it was in;
mailboxes do not survive that. All it raises is from `errors`.

Spec: docs/signaling.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeAlias, cast

from envlsp.errors import EnvlspError, LimitExceeded, Malformed, Misuse, NotFound, SignalingUnreachable
from envlsp.transport.mailbox import Mailbox
from envlsp.transport.signaling_servers import (
    BACKOFF_S,
    CONNECT_TIMEOUT_S,
    SignalingServers,
    TokenOf,
    no_token,
)
from envlsp.transport.signaling_socket import Pace, SignalingSocket
from envlsp.wire import signaling_messages as wire
from envlsp.wire.signaling_messages import (
    Allocated,
    Answer,
    Credentials,
    Gone,
    Joined,
    MailboxNumber,
    Message,
    Paired,
    Refusal,
    Refused,
    RoomId,
    Tag,
    Verb,
)

ANSWER_TIMEOUT_S: Final = 10.0
DOUBT_S: Final = 3.0
"""How long an answer may take where there is reason to think that the connection is dead; the
library by itself finds out after twenty to forty seconds."""
STEADY_S: Final = 10.0
"""A connection that lasted so long makes the next wait short again; a server that lets
us in and throws us out does not."""
EVENTS_MAX: Final = 1_024
"""Unread events; beyond it new ones are dropped, as a network would."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection is back, and in its rooms: announce again, nobody remembers us."""

    url: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is lost; `Connected` follows, unless reconnecting is off."""


Event: TypeAlias = Message | Connected | Disconnected | Refused


class SignalingClient:
    """A client of one of several servers: the first that answers, tried in order."""

    def __init__(
        self,
        urls: Sequence[str] | str,
        *,
        tokens: TokenOf = no_token,
        reconnect: bool = True,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        backoff_s: tuple[float, float] = BACKOFF_S,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            urls: `ws://` or `wss://` addresses, the preferred one first.
            tokens: what a server is shown where its operator wants that, by its URL.
            reconnect: come back after a lost connection, with the rooms it was in.
            connect_timeout_s: per server.
            backoff_s: the first and the longest wait before another attempt; the
                actual wait is drawn between zero and that.
        """
        self._servers = SignalingServers(
            (urls,) if isinstance(urls, str) else urls, tokens, connect_timeout_s, backoff_s
        )
        self._reconnect = reconnect
        self._socket: SignalingSocket | None = None
        self._runner: asyncio.Task[None] | None = None
        self._is_closed = False
        self._tried = asyncio.Event()
        self._rooms: dict[RoomId, None] = {}
        self._mailboxes: dict[MailboxNumber, Mailbox] = {}
        self._pipes: dict[RoomId, Mailbox] = {}
        self._waiting: dict[Verb, deque[asyncio.Future[Answer]]] = {}
        self._events: deque[Event] = deque()
        self._news = asyncio.Event()
        self._pace = Pace()

    # --- life ---------------------------------------------------------------------------------

    @property
    def is_connected(self) -> bool:
        """Whether there is a server to talk to right now."""
        return self._socket is not None

    async def connect(self) -> None:
        """Connect to the first server that answers, and stay connected.

        Raises:
            SignalingUnreachable: none answered; nothing is tried again.
        """
        if self._runner is not None or self._is_closed:
            raise Misuse("a signaling client connects once")
        socket, _ = await self._servers.dial()
        if self._is_closed:  # while we were dialling
            await socket.close()
            raise Misuse("the signaling client was closed")
        self._socket = socket
        self._runner = asyncio.create_task(self._run(socket))

    async def begin(self, wait_s: float) -> None:
        """Connect as soon as a server answers, however long that takes; `Connected` tells.

        Args:
            wait_s: how long to wait here, in case one answers at once.
        """
        if self._runner is not None or self._is_closed:
            raise Misuse("a signaling client connects once")
        self._runner = asyncio.create_task(self._run(None))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._tried.wait()

    def hurry(self) -> None:
        """Try to reconnect at once, if the client waits between two attempts: a person is waiting."""
        self._servers.hurry()

    async def doubt(self, gone: Collection[str] = ()) -> None:
        """See whether the connection still stands, and let go of it if not: the machine slept, or moved.

        Where there is none, it is tried for at once. Returns after three seconds at most.

        Args:
            gone: addresses of ours that are no more; a connection from one of them is not asked.
        """
        self.hurry()
        socket = self._socket
        if socket is not None and (socket.local_host in gone or not await socket.answers(DOUBT_S)):
            socket.abort()

    async def close(self) -> None:
        """Leave, within seconds, whatever the server does. Twice is harmless."""
        self._is_closed = True
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        self._news.set()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def messages(self) -> AsyncIterator[Event]:
        """Yield what happens, until the client is closed or gives up; meant for one reader."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._is_closed or (self._runner is not None and self._runner.done()):
                return
            self._news.clear()
            await self._news.wait()

    # --- rooms --------------------------------------------------------------------------------

    async def subscribe(self, room: RoomId) -> None:
        """Enter a room, and be in it again after every reconnection.

        While the client is between connections the room is only remembered.

        Raises:
            LimitExceeded: too many rooms, or too many in this one.
            SignalingUnreachable: no answer, or no connection and no reconnecting.
        """
        self._rooms[room] = None
        if self._socket is None and self._reconnect and not self._is_closed:
            return
        try:
            await self._ask(Verb.SUB, wire.subscribe(room))
        except LimitExceeded:
            self._rooms.pop(room, None)
            raise

    async def unsubscribe(self, room: RoomId) -> None:
        """Leave a room; never fails."""
        self._rooms.pop(room, None)
        with contextlib.suppress(SignalingUnreachable):
            await self._send(wire.unsubscribe(room))

    async def publish(self, room: RoomId, blob: bytes) -> None:
        """Send a blob of 1, 4 or 16 KiB to everybody else in a room.

        Nobody says whether anybody was there.

        Raises:
            SignalingUnreachable: there is no connection now.
            LimitExceeded: the blob has another size.
        """
        await self._send(wire.publish(room, blob))

    async def send(self, tag: Tag, blob: bytes) -> None:
        """Send a blob of 1, 4 or 16 KiB to whoever sent a message under this tag.

        Raises:
            SignalingUnreachable: there is no connection now.
            LimitExceeded: the blob has another size.
        """
        await self._send(wire.direct(tag, blob))

    # --- mailboxes and TURN -------------------------------------------------------------------

    async def allocate(self) -> Mailbox:
        """Return a mailbox under a fresh number, still without its second party.

        Raises:
            LimitExceeded: too many of them from this address.
            SignalingUnreachable: no answer.
        """
        answer = cast("Allocated", await self._ask(Verb.ALLOC, wire.allocate()))
        return self._take_mailbox(answer.number)

    async def claim(self, number: str) -> Mailbox:
        """Enter the mailbox with that number, paired at once.

        Args:
            number: six digits, as the other party read them out.

        Raises:
            NotFound: no such mailbox: mistyped, expired, or somebody else was first.
            LimitExceeded: too many wrong numbers from this address.
            SignalingUnreachable: no answer.
        """
        if len(number) != 6 or not number.isascii() or not number.isdigit():
            raise NotFound("a mailbox number has six digits")
        wanted = MailboxNumber(int(number))
        await self._ask(Verb.CLAIM, wire.claim(wanted))
        return self._take_mailbox(wanted)

    async def turn(self) -> Credentials | None:
        """Return fresh TURN credentials, or None where the server offers none to us now.

        It offers them only to whoever shares a room or a mailbox with somebody.

        Raises:
            SignalingUnreachable: no answer.
        """
        try:
            return cast("Credentials", await self._ask(Verb.TURN, wire.ask_turn()))
        except NotFound:
            return None

    async def _leave(self, number: MailboxNumber) -> None:
        self._end(number)
        with contextlib.suppress(SignalingUnreachable):
            await self._send(wire.leave(number))

    def _take_mailbox(self, number: MailboxNumber) -> Mailbox:
        mailbox = self._mailboxes.get(number)
        if mailbox is None:  # it ended before we looked
            raise SignalingUnreachable("the mailbox has ended")
        return mailbox

    # --- asking -------------------------------------------------------------------------------

    async def _ask(self, verb: Verb, frame: bytes) -> Answer:
        future = await self._send_request(verb, frame)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await future
        except TimeoutError as exc:
            raise SignalingUnreachable("the server does not answer") from exc
        if isinstance(answer, Refused):
            raise _refusal(answer.refusal)
        return answer

    async def _send_request(self, verb: Verb, frame: bytes) -> asyncio.Future[Answer]:
        await self._pace.wait()
        socket = self._connected()
        # Answers come in the order of the requests, so the place in the queue is the match:
        # nothing may come between taking the place and sending.
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(verb, deque()).append(future)
        await socket.send(frame)
        return future

    async def _send(self, frame: bytes) -> None:
        await self._pace.wait()
        await self._connected().send(frame)

    def _connected(self) -> SignalingSocket:
        if self._socket is None:
            raise SignalingUnreachable("not connected")
        return self._socket

    # --- the connection -----------------------------------------------------------------------

    async def _run(self, socket: SignalingSocket | None) -> None:
        url: str | None = None  # of a connection that nobody waited for
        clock = asyncio.get_running_loop().time
        try:
            if socket is None:
                socket, url = await self._servers.dial_first(self._tried.set)
            while True:
                since = clock()
                await self._live(socket, url)
                self._tell(Disconnected())
                if not self._reconnect:
                    return
                if clock() - since >= STEADY_S:
                    self._servers.was_steady()
                    if socket.was_sent_away:
                        socket, url = await self._servers.dial_elsewhere(socket.url)
                        continue
                socket, url = await self._servers.dial_again()
        finally:
            self._news.set()

    async def _live(self, socket: SignalingSocket, url: str | None) -> None:
        self._socket, self._pace = socket, Pace()
        self._tried.set()
        entering = asyncio.create_task(self._enter_rooms(url))
        try:
            # A server that talks nonsense is left like one that is gone.
            with contextlib.suppress(Malformed):
                async for frame in socket.frames():
                    self._receive(frame)
        finally:
            self._lost()
            entering.cancel()
            await asyncio.gather(entering, socket.close(), return_exceptions=True)

    async def _enter_rooms(self, url: str | None) -> None:
        answers = [await self._send_request(Verb.SUB, wire.subscribe(room)) for room in tuple(self._rooms)]
        for answer in await asyncio.gather(*answers):
            if isinstance(answer, Refused):
                self._tell(answer)
        if url is not None:
            self._tell(Connected(url))

    def _lost(self) -> None:
        self._socket = None
        for queue in self._waiting.values():
            for future in queue:
                if not future.done():
                    future.set_exception(SignalingUnreachable("the connection was lost"))
                    future.exception()  # whoever asked may be gone as well
        self._waiting.clear()
        for number in tuple(self._mailboxes):
            self._end(number)

    # --- what arrives -------------------------------------------------------------------------

    def _receive(self, frame: bytes) -> None:
        match wire.decode_answer_untrusted(frame):
            case Message() as message:
                self._deliver(message)
            case Refused(_, verb) as refused:
                if not self._answer(verb, refused):
                    self._tell(refused)
            case Joined() | Credentials() as answer:
                self._answer(Verb.SUB if isinstance(answer, Joined) else Verb.TURN, answer)
            case Allocated(number) as allocated:
                if self._answer(Verb.ALLOC, allocated):
                    self._add_mailbox(number)
            case Paired(number, room) as paired:
                self._pair(number, room, paired)
            case Gone(number):
                self._end(number)

    def _deliver(self, message: Message) -> None:
        if message.room in self._pipes:
            self._pipes[message.room].deliver(message.blob)
        elif message.room in self._rooms:
            self._tell(message)

    def _pair(self, number: MailboxNumber, room: RoomId, paired: Paired) -> None:
        # The pipe exists before the next frame is read, so no message is lost.
        mailbox = self._mailboxes.get(number)
        if mailbox is None:
            if not self._answer(Verb.CLAIM, paired):
                return  # we neither wait there nor asked to come in
            mailbox = self._add_mailbox(number)
        if not mailbox.is_paired:
            mailbox.open_pipe(room)
            self._pipes[room] = mailbox

    def _answer(self, verb: Verb, answer: Answer) -> bool:
        queue = self._waiting.get(verb)
        if not queue:
            return False
        future = queue.popleft()
        if not future.done():
            future.set_result(answer)
        return True

    def _add_mailbox(self, number: MailboxNumber) -> Mailbox:
        mailbox = self._mailboxes[number] = Mailbox(number, self.publish, self._leave)
        return mailbox

    def _end(self, number: MailboxNumber) -> None:
        mailbox = self._mailboxes.pop(number, None)
        if mailbox is not None:
            mailbox.end()
            self._pipes = {room: pipe for room, pipe in self._pipes.items() if pipe is not mailbox}

    def _tell(self, event: Event) -> None:
        if len(self._events) < EVENTS_MAX:
            self._events.append(event)
        self._news.set()


def _refusal(refusal: Refusal) -> EnvlspError:
    text = refusal.name.lower().replace("_", " ")
    match refusal:
        case Refusal.TOO_FAST | Refusal.TOO_MANY_ROOMS | Refusal.ROOM_FULL | Refusal.TOO_MANY_MAILBOXES:
            return LimitExceeded(f"the signaling server says: {text}")
        case Refusal.NO_SUCH_MAILBOX | Refusal.NO_TURN | Refusal.NOT_IN_ROOM | Refusal.NO_SUCH_TAG:
            return NotFound(f"the signaling server says: {text}")
        case Refusal.OTHER:
            return SignalingUnreachable("the server refuses")
