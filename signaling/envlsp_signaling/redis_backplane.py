"""Several processes as one service, joined by Redis: pub/sub for what is said, keys for numbers.

One channel for each room that somebody here is in, and one for this process. Nothing is
stored but reserved mailbox numbers, which expire by themselves. When Redis cannot be reached,
rooms go on among those who are connected here, and this module comes back by itself, with
back-off; what was said meanwhile is lost, as it would be on a network.

Refuses to know what passes: `news` makes the bytes, `desk` judges them.

Spec: docs/signaling.md, "Several processes".
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from envlsp_signaling.backplane import BackplaneLost
from envlsp_signaling.logs import say
from envlsp_signaling.messages import Number
from envlsp_signaling.news import (
    SERVER_BYTES,
    BadNews,
    Beat,
    News,
    RoomName,
    RoomSaid,
    ServerId,
    decode_untrusted,
    encode,
    mailbox_name,
)

ROOM: Final = b"envlsp:r:"
SERVER: Final = b"envlsp:s:"
MAILBOX: Final = "envlsp:m:"
TAKEN: Final = b"-"

BEAT_S: Final = 2.0
SILENCE_S: Final = 8.0
"""Without our own beat for so long, the way there or back is lost, whatever TCP believes."""
ANSWER_S: Final = 3.0
LISTEN_S: Final = 2.0
BACKOFF_S: Final = (0.2, 10.0)
BATCH: Final = 256
QUEUE_MAX_BYTES: Final = 16 * 1024 * 1024
"""Waiting for Redis; beyond it news is dropped rather than kept without bound."""


@dataclass(frozen=True, slots=True)
class _Command:
    words: tuple[bytes | str, ...]
    server: ServerId | None = None
    """Whom it is for, where nobody listening means that process is gone."""

    @property
    def size(self) -> int:
        return sum(len(word) for word in self.words)


class RedisBackplane:
    """The way to the other processes."""

    def __init__(
        self,
        url: str,
        server: ServerId,
        *,
        password: str | None = None,
        reserved_s: float,
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            url: `redis://`, `rediss://` or `unix://`.
            server: this process.
            password: of Redis, where it wants one.
            reserved_s: how long a mailbox number is kept from being drawn again.
        """
        self._url, self._password = url, password
        self.server = server
        self._reserved_ms = int(reserved_s * 1000)
        self._hear: Callable[[ServerId, News], None] = lambda _server, _news: None
        self._lose: Callable[[ServerId | None], None] = lambda _server: None
        self._runner: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._redis: Redis | None = None
        self._wanted: dict[bytes, asyncio.Future[None]] = {}
        self._unconfirmed: dict[bytes, int] = {}
        self._changes: deque[tuple[str, bytes]] = deque()
        self._changed = asyncio.Event()
        self._queue: deque[_Command] = deque()
        self._queue_bytes = 0
        self._queued = asyncio.Event()
        self._heard_beat = 0.0
        self.is_up = False
        self.losses = self.published = self.received = self.dropped = 0

    async def start(
        self, hear: Callable[[ServerId, News], None], lose: Callable[[ServerId | None], None]
    ) -> None:
        """Connect, and stay connected.

        Args:
            hear: is given news of another process.
            lose: is told that a process is gone, or that all are out of reach (None).
        """
        self._hear, self._lose = hear, lose
        self._runner = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Disconnect."""
        self._is_stopping = True  # its client may turn the end that comes next into an error
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)

    # --- rooms and news -----------------------------------------------------------------------

    async def listen(self, room: RoomName) -> None:
        """Hear what is said in a room, and return when it is sure that nothing is missed.

        While Redis is out of reach the room is only remembered.
        """
        channel = _channel(room)
        if channel not in self._wanted:
            self._wanted[channel] = asyncio.get_running_loop().create_future()
            self._change("subscribe", channel)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LISTEN_S if self.is_up else 0):
                await asyncio.shield(self._wanted[channel])

    def unlisten(self, room: RoomName) -> None:
        """Hear no more of a room."""
        channel = _channel(room)
        if self._wanted.pop(channel, None) is not None:
            self._change("unsubscribe", channel)

    def tell(self, to: RoomName | ServerId, news: News) -> None:
        """Give news to a room, or to one process."""
        data = encode(self.server, news)
        if isinstance(news, RoomSaid):
            self._put(_Command(("PUBLISH", _channel(RoomName(to)), data)))
        else:
            self._put(_Command(("PUBLISH", SERVER + to.hex().encode(), data), ServerId(to)))

    # --- mailbox numbers ----------------------------------------------------------------------

    async def reserve(self, number: Number) -> bool:
        """Reserve a number for a mailbox here; False when it is taken anywhere.

        Raises:
            BackplaneLost: nobody knows.
        """
        name = MAILBOX + mailbox_name(number)
        return bool(
            await self._ask(lambda redis: redis.set(name, self.server, nx=True, px=self._reserved_ms))
        )

    async def take(self, number: Number) -> ServerId | None:
        """Let nobody else into a number, and return who reserved it, if it was still open.

        Raises:
            BackplaneLost: nobody knows.
        """
        # One step in Redis: of two who claim at the same moment, one sees the reservation.
        name = MAILBOX + mailbox_name(number)
        owner = await self._ask(lambda redis: redis.set(name, TAKEN, xx=True, get=True, keepttl=True))
        return ServerId(owner) if isinstance(owner, bytes) and len(owner) == SERVER_BYTES else None

    def release(self, number: Number) -> None:
        """Say that a reserved number is open no more; it stays reserved for its time."""
        self._put(_Command(("SET", MAILBOX + mailbox_name(number), TAKEN, "XX", "KEEPTTL")))

    # --- who is there -------------------------------------------------------------------------

    async def company(self, rooms: Iterable[RoomName]) -> bool:
        """Return whether another process is in one of these rooms; False when nobody knows."""
        try:
            return any(count > 1 for count in await self._ears_at([_channel(room) for room in rooms]))
        except BackplaneLost:
            return False

    async def gone(self, servers: set[ServerId]) -> list[ServerId]:
        """Return which of these processes no longer listen; none when nobody knows."""
        asked = sorted(servers)
        if not asked:
            return []
        try:
            counts = await self._ears_at([SERVER + server.hex().encode() for server in asked])
        except BackplaneLost:
            return []
        return [server for server, count in zip(asked, counts, strict=True) if not count]

    async def _ears_at(self, channels: list[bytes]) -> list[int]:
        answer = await self._ask(lambda redis: redis.pubsub_numsub(*channels))
        try:
            return [int(count) for _, count in answer]
        except (TypeError, ValueError) as exc:
            raise BackplaneLost from exc

    # --- the connection -----------------------------------------------------------------------

    async def _ask(self, question: Callable[[Redis], Awaitable[Any]]) -> Any:
        if self._redis is None or not self.is_up:
            raise BackplaneLost
        try:
            async with asyncio.timeout(ANSWER_S):
                return await question(self._redis)
        except (RedisError, OSError, TimeoutError) as exc:
            raise BackplaneLost from exc

    async def _run(self) -> None:
        wait_s = BACKOFF_S[0]
        while not self._is_stopping:
            began = asyncio.get_running_loop().time()
            try:
                await self._live()
            except Exception:  # noqa: BLE001 - of what is no Redis its client makes errors of many kinds
                self._down()
            if asyncio.get_running_loop().time() - began > BACKOFF_S[1]:
                wait_s = BACKOFF_S[0]
            # Jitter: the processes of a service lose Redis at the same moment.
            await asyncio.sleep(random.uniform(0, wait_s))  # noqa: S311 - no secret
            wait_s = min(BACKOFF_S[1], wait_s * 2)

    async def _live(self) -> None:
        redis = Redis.from_url(
            self._url,
            password=self._password,
            retry=Retry(NoBackoff(), 0),  # losing it must be seen, not hidden
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            protocol=2,
        )
        ears = redis.pubsub()
        tasks: list[asyncio.Task[None]] = []
        try:
            await ears.subscribe(SERVER + self.server.hex().encode())
            self._begin()
            work: tuple[Coroutine[Any, Any, None], ...] = (
                self._listen_for_ever(ears),
                self._change_for_ever(ears),
                self._publish_for_ever(redis),
                self._beat_for_ever(),
                self._come_up(redis),
            )
            tasks = [asyncio.create_task(one) for one in work]
            await _first_failure(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._redis = None
            with contextlib.suppress(Exception):  # an error here would hide that we are to stop
                await ears.aclose()  # type: ignore[no-untyped-call]
                await redis.aclose()

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._heard_beat = loop.time()
        self._changes.clear()
        self._unconfirmed.clear()
        for channel in self._wanted:
            self._wanted[channel] = loop.create_future()
            self._change("subscribe", channel)

    async def _come_up(self, redis: Redis) -> None:
        # Ready means that no room of ours is deaf.
        async with asyncio.timeout(ANSWER_S + len(self._wanted) / 1000):
            await asyncio.gather(*self._wanted.values())
        self._redis = redis
        self.is_up = True
        say("backplane up")
        await asyncio.Event().wait()

    def _down(self) -> None:
        if self.is_up:
            self.losses += 1
            say("backplane lost", level=30)
        self.is_up = False
        self.dropped += len(self._queue)
        self._queue.clear()
        self._queue_bytes = 0
        for future in self._wanted.values():
            if not future.done():
                future.set_result(None)  # whoever waits goes on alone
        self._lose(None)

    # --- ears ---------------------------------------------------------------------------------

    async def _listen_for_ever(self, ears: PubSub) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            message = await ears.get_message(timeout=1.0)
            if clock() - self._heard_beat > SILENCE_S:
                raise BackplaneLost
            if message is None:
                continue
            if message["type"] == "message":
                self._receive(message["data"])
            else:
                self._confirm(message["channel"])

    def _receive(self, data: bytes) -> None:
        try:
            server, news = decode_untrusted(data)
        except BadNews:
            return
        if isinstance(news, Beat) and server == self.server:
            self._heard_beat = asyncio.get_running_loop().time()
        elif server != self.server:  # what we published comes back to us
            self.received += 1
            self._hear(server, news)

    def _confirm(self, channel: bytes) -> None:
        left = self._unconfirmed.get(channel, 0) - 1
        if left > 0:
            self._unconfirmed[channel] = left
            return
        self._unconfirmed.pop(channel, None)
        future = self._wanted.get(channel)
        if future is not None and not future.done():
            future.set_result(None)

    def _change(self, what: str, channel: bytes) -> None:
        self._unconfirmed[channel] = self._unconfirmed.get(channel, 0) + 1
        self._changes.append((what, channel))
        self._changed.set()

    async def _change_for_ever(self, ears: PubSub) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._changes:
                what, _ = self._changes[0]
                channels: list[bytes] = []
                while self._changes and self._changes[0][0] == what and len(channels) < BATCH:
                    channels.append(self._changes.popleft()[1])
                await (ears.subscribe(*channels) if what == "subscribe" else ears.unsubscribe(*channels))

    # --- mouth --------------------------------------------------------------------------------

    def _put(self, command: _Command) -> None:
        if not self.is_up or self._queue_bytes + command.size > QUEUE_MAX_BYTES:
            self.dropped += 1
            return
        self._queue.append(command)
        self._queue_bytes += command.size
        self._queued.set()

    async def _publish_for_ever(self, redis: Redis) -> None:
        while True:
            await self._queued.wait()
            self._queued.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                self._queue_bytes -= sum(command.size for command in batch)
                heard = await self._publish(redis, batch)
                self.published += len(batch)
                for server in {command.server for command, ears in heard if not ears} - {None}:
                    self._lose(server)

    async def _publish(self, redis: Redis, batch: list[_Command]) -> list[tuple[_Command, Any]]:
        pipe = redis.pipeline(transaction=False)
        for command in batch:
            pipe.execute_command(*command.words)
        return list(zip(batch, await pipe.execute(), strict=True))

    async def _beat_for_ever(self) -> None:
        beat = _Command(("PUBLISH", SERVER + self.server.hex().encode(), encode(self.server, Beat())))
        while True:
            self._queue.append(beat)
            self._queue_bytes += beat.size
            self._queued.set()
            await asyncio.sleep(BEAT_S)


async def _first_failure(tasks: list[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _channel(room: RoomName) -> bytes:
    return ROOM + room.hex().encode()
