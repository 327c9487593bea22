"""Where a team meets: through a signaling server, on the LAN, or both at once.

Both carry blobs for opaque rooms and give each sender a tag. This joins them, so that whoever
meets others need not know by which way: what is published goes every way, and an answer goes
the way of the tag. Either may be down, come and go; the other is not disturbed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final, Protocol, TypeAlias

from envlsp.crypto.primitives import random_bytes
from envlsp.errors import NobodyReachable, SignalingUnreachable
from envlsp.transport.lan import Arrived, LanPoint, ShownRoom
from envlsp.transport.signaling_client import Connected, Disconnected, SignalingClient
from envlsp.transport.signaling_client import Event as ServerEvent
from envlsp.wire.signaling_messages import TAG_BYTES, Credentials, Message, RoomId, Tag

TAGS_MAX: Final = 4_096
"""Tags remembered; the one not heard of for longest is forgotten first."""
SERVER_S: Final = 1.5
"""How long a LAN that is up waits for a server to answer; it goes on trying afterwards."""

UNREAD_MAX: Final = 64
"""Events between a way and who reads them; beyond it the ways keep them, and drop what is too much."""

Event: TypeAlias = ServerEvent | Arrived
_Way: TypeAlias = SignalingClient | LanPoint


class MeetingPoint(Protocol):
    """Rooms in which blobs reach whoever else is there."""

    @property
    def is_connected(self) -> bool:
        """Whether blobs reach anybody right now."""
        ...

    async def connect(self) -> None:
        """Come; raises `SignalingUnreachable` where there is no way at all."""
        ...

    def hurry(self) -> None:
        """Try at once what is only tried from time to time: a person is waiting."""
        ...

    async def doubt(self, gone: Collection[str] = ()) -> None:
        """See whether what connects us still stands; see `SignalingClient`."""
        ...

    async def close(self) -> None:
        """Leave, within seconds. Twice is harmless."""
        ...

    def messages(self) -> AsyncIterator[Event]:
        """Yield what happens until closed; meant for one reader."""
        ...

    async def subscribe(self, room: RoomId) -> None:
        """Enter a room; see `SignalingClient`."""
        ...

    async def unsubscribe(self, room: RoomId) -> None:
        """Leave a room; never fails."""
        ...

    async def show(self, rooms: Sequence[ShownRoom]) -> None:
        """Say all rooms of now, for a LAN, where neighbours have to know each other by them."""
        ...

    async def publish(self, room: RoomId, blob: bytes) -> None:
        """Send a blob to everybody else in a room; raises `SignalingUnreachable`."""
        ...

    async def send(self, tag: Tag, blob: bytes) -> None:
        """Send a blob to who sent under this tag; raises `SignalingUnreachable` or `NobodyReachable`."""
        ...

    async def turn(self) -> Credentials | None:
        """Return fresh TURN credentials, if there are any; raises `SignalingUnreachable`."""
        ...


class Everywhere:
    """Signaling servers and the LAN as one meeting point."""

    def __init__(self, client: SignalingClient | None, lan: LanPoint | None) -> None:
        """Prepare.

        Args:
            client: not connected yet; None where no server is configured.
            lan: not started yet; None where the LAN is not to be used.
        """
        self._client = client
        self._lan = lan
        self._tags: OrderedDict[Tag, tuple[_Way, Tag]] = OrderedDict()
        self._known: dict[tuple[_Way, Tag], Tag] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(UNREAD_MAX)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    # --- life ------------------------------------------------------------------------------------

    @property
    def is_connected(self) -> bool:
        """Whether the server is there; where none is configured, whether there is a LAN."""
        return self._client.is_connected if self._client is not None else self._is_on_lan

    @property
    def _is_on_lan(self) -> bool:
        return self._lan is not None and self._lan.is_up

    async def connect(self) -> None:
        """Come to the LAN, and to the first server that answers.

        Raises:
            SignalingUnreachable: there is no server, and no LAN to wait for one on.
        """
        if self._lan is not None:
            await self._lan.start()
            self._tasks.append(asyncio.create_task(self._hear(self._lan)))
        if self._client is None:
            if not self._is_on_lan:
                raise SignalingUnreachable("no signaling server is configured")
        elif self._is_on_lan:
            await self._client.begin(SERVER_S)
        else:
            await self._client.connect()
        if self._client is not None:
            self._tasks.append(asyncio.create_task(self._hear(self._client)))

    def hurry(self) -> None:
        """Try to reach the server at once, if it is away: a person is waiting."""
        if self._client is not None:
            self._client.hurry()

    async def doubt(self, gone: Collection[str] = ()) -> None:
        """See whether the server is still there, and greet neighbours anew."""
        if self._lan is not None:
            await self._lan.doubt()
        if self._client is not None:
            await self._client.doubt(gone)

    async def close(self) -> None:
        """Leave. Twice is harmless."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for way in (self._lan, self._client):
            if way is not None:
                await way.close()
        with contextlib.suppress(asyncio.QueueFull):
            self._events.put_nowait(None)

    async def messages(self) -> AsyncIterator[Event]:
        """Yield what happens anywhere until closed; meant for one reader."""
        while not self._is_closed and (event := await self._events.get()) is not None:
            yield event

    async def _hear(self, way: _Way) -> None:
        async for event in way.messages():
            match event:
                case Message(room, tag, blob):
                    await self._events.put(Message(room, self._to_own(way, tag), blob))
                case Arrived(room, tag):
                    await self._events.put(Arrived(room, self._to_own(way, tag)))
                case Connected() | Disconnected():
                    self._forget(way)
                    await self._events.put(event)
                case _:
                    await self._events.put(event)

    # --- rooms -----------------------------------------------------------------------------------

    async def subscribe(self, room: RoomId) -> None:
        """Enter a room at the server."""
        if self._client is not None:
            await self._client.subscribe(room)

    async def unsubscribe(self, room: RoomId) -> None:
        """Leave a room at the server; never fails."""
        if self._client is not None:
            await self._client.unsubscribe(room)

    async def show(self, rooms: Sequence[ShownRoom]) -> None:
        """Say all rooms of now to the LAN."""
        if self._lan is not None:
            await self._lan.show(rooms)

    async def publish(self, room: RoomId, blob: bytes) -> None:
        """Send a blob to everybody else in a room, every way.

        Raises:
            SignalingUnreachable: there is no server now, and no LAN.
            LimitExceeded: the blob has another size than 1, 4 or 16 KiB.
        """
        if self._lan is not None:
            await self._lan.publish(room, blob)
        if self._client is not None:
            try:
                await self._client.publish(room, blob)
            except SignalingUnreachable:
                if not self._is_on_lan:
                    raise

    async def send(self, tag: Tag, blob: bytes) -> None:
        """Send a blob to whoever sent under this tag, the way it came.

        Raises:
            SignalingUnreachable: the server is away.
            NobodyReachable: nobody has that tag any more.
            LimitExceeded: the blob has another size.
        """
        if tag not in self._tags:
            raise NobodyReachable
        way, theirs = self._tags[tag]
        await way.send(theirs, blob)

    async def turn(self) -> Credentials | None:
        """Return fresh TURN credentials of the server, if there is one and it offers them.

        Raises:
            SignalingUnreachable: no answer.
        """
        return None if self._client is None else await self._client.turn()

    # --- tags ------------------------------------------------------------------------------------

    def _to_own(self, way: _Way, theirs: Tag) -> Tag:
        """Return our tag for one of theirs: two ways may not speak of two senders by one tag."""
        own = self._known.get((way, theirs))
        if own is None:
            own = self._known[way, theirs] = Tag(random_bytes(TAG_BYTES))
            self._tags[own] = way, theirs
        self._tags.move_to_end(own)
        if len(self._tags) > TAGS_MAX:
            _, gone = self._tags.popitem(last=False)
            del self._known[gone]
        return own

    def _forget(self, way: _Way) -> None:
        """Take every sender there for a new one: the connection is another, or gone."""
        for own, (known, theirs) in list(self._tags.items()):
            if known is way:
                del self._tags[own], self._known[known, theirs]
