"""The LAN as a meeting place: teammates find each other there without any server.

It carries what a signaling server would carry, blobs for opaque rooms, from neighbour to
neighbour; so beacons, dials and handshakes stay as they are. `Lan` is this device on all its
LANs, `LanPoint` one team there. Neither knows who a neighbour is, nor what is in a blob.

Nothing here raises for what a neighbour or the network does.

Spec: docs/protocol.md, "F.6 Transport".
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from envlsp.crypto.lan import PERIOD_S, LanKey, make_poster, recognise
from envlsp.crypto.primitives import random_bytes
from envlsp.errors import NobodyReachable, SignalingUnreachable
from envlsp.transport.lan_discovery import Discovery, Sighting
from envlsp.transport.lan_door import NEIGHBOURS_MAX, NEIGHBOURS_PER_ADDRESS_MAX, Door, Neighbour, knock
from envlsp.transport.lan_networks import Network, networks
from envlsp.transport.lan_plan import Plan, addresses_differ
from envlsp.wire.lan import SLOTS
from envlsp.wire.signaling_messages import TAG_BYTES, Message, RoomId, Tag

LOOK_S: Final = 15.0
"""How often to look by ourselves whether the machine has moved; who knows it says so (`doubt`)."""
ROTATE_S: Final = (0.8 * PERIOD_S, 1.2 * PERIOD_S)
"""How long a poster hangs."""
EVENTS_MAX: Final = 256
"""Unread events; beyond it new ones are dropped, as a network would."""
DOORS_PER_NEIGHBOUR: Final = 2
"""Connections to one door: the one in use, and the one that takes over when rooms change."""


@dataclass(frozen=True, slots=True)
class ShownRoom:
    """A room, as far as a LAN has to know it.

    Attributes:
        id: names it to whoever reads the messages.
        key: by which its members know each other.
        announces: whether this device is to be found by it; else it only looks for others.
    """

    id: RoomId
    key: LanKey = field(repr=False)
    announces: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """There is one more neighbour in a room: say that we are there, if we do so in this room."""

    room: RoomId
    tag: Tag


Event: TypeAlias = Message | Arrived


class Lan:
    """The device on its LANs, for all its teams. Make it inside the running loop."""

    def __init__(
        self,
        look: Callable[[], tuple[Network, ...]] = networks,
        discover: Callable[[Network], Discovery] = Discovery,
    ) -> None:
        """Prepare; it begins with the first team.

        Args:
            look: tells the LANs of now.
            discover: makes what finds others on one.
        """
        self._look = look
        self._discover = discover
        self._found: dict[Network, Discovery] = {}
        self._points: list[LanPoint] = []
        self._watching: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()

    @property
    def is_up(self) -> bool:
        """Whether there is a LAN."""
        return bool(self._found)

    async def add(self, point: LanPoint) -> None:
        """Let a team be found on every LAN."""
        async with self._changing:
            self._points.append(point)
            if self._watching is None:
                self._watching = asyncio.create_task(self._watch())
            await self._follow()

    async def remove(self, point: LanPoint) -> None:
        """Let it be found no more; with the last team all of it ends."""
        async with self._changing:
            if point in self._points:
                self._points.remove(point)
            if not self._points:
                await self._end()

    async def look_again(self) -> None:
        """See at once where we are: the machine may have slept, or moved."""
        async with self._changing:
            if self._watching is not None:
                await self._follow()

    async def _end(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        for discovery in self._found.values():
            await discovery.close()
        self._found.clear()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            async with self._changing:
                await self._follow()

    async def _follow(self) -> None:
        """Be on the LANs of now, and on no other."""
        now = self._look()
        for network in self._found.keys() - set(now):
            discovery = self._found.pop(network)
            for point in self._points:
                await point.leave(discovery)
            await discovery.close()
        for network in now:
            if network not in self._found:
                await self._begin(network)
        for discovery in self._found.values():
            for point in self._points:
                await point.enter(discovery)  # where it could not a moment ago, too

    async def _begin(self, network: Network) -> None:
        discovery = self._discover(network)
        try:
            await discovery.start()
        except (OSError, RuntimeError):  # it has just gone, or another program keeps it: at the next look
            await discovery.close()
            return
        self._found[network] = discovery


class LanPoint:
    """One team on the LANs of this device."""

    def __init__(self, lan: Lan, clock: Callable[[], float] = time.time) -> None:
        """Prepare; `start` begins.

        Args:
            lan: shared by all teams.
            clock: unix seconds; what is shown depends on it.
        """
        self._lan = lan
        self._clock = clock
        self._rooms: dict[RoomId, ShownRoom] = {}
        self._corners: dict[Discovery, _Corner] = {}
        self._neighbours: list[Neighbour] = []
        self._tags: dict[Tag, tuple[Neighbour, int]] = {}
        self._events: deque[Event] = deque()
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def is_up(self) -> bool:
        """Whether there is a LAN to be found on."""
        return bool(self._corners)

    async def start(self) -> None:
        """Be found, and find others."""
        await self._lan.add(self)

    async def close(self) -> None:
        """Leave every LAN. Twice is harmless."""
        self._is_closed = True
        self._news.set()
        for corner in (*self._corners,):
            await self.leave(corner)
        for neighbour in self._neighbours:
            neighbour.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._lan.remove(self)

    async def doubt(self) -> None:
        """Greet every neighbour anew: the machine slept, or moved, and who was one may be so no more."""
        await self._lan.look_again()
        for neighbour in list(self._neighbours):
            neighbour.close()

    async def messages(self) -> AsyncIterator[Event]:
        """Yield what happens until the point is closed; meant for one reader."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._is_closed:
                return
            self._news.clear()
            await self._news.wait()

    # --- rooms -----------------------------------------------------------------------------------

    def unix_s(self) -> int:
        """Return the time by which posters are made and read."""
        return int(self._clock())

    @property
    def keys(self) -> Mapping[RoomId, LanKey]:
        """The rooms we are in now."""
        return {room.id: room.key for room in self._rooms.values()}

    @property
    def shown(self) -> list[ShownRoom]:
        """Those by which we are found."""
        return [room for room in self._rooms.values() if room.announces][:SLOTS]

    async def show(self, rooms: Sequence[ShownRoom]) -> None:
        """Be in these rooms from now on, and in no other."""
        before, self._rooms = self._rooms, {room.id: room for room in rooms}
        if before == self._rooms:
            return
        for neighbour in list(self._neighbours):
            if self._rooms.keys().isdisjoint(neighbour.rooms.values()):
                neighbour.close()
        for corner in list(self._corners.values()):
            await corner.turn()

    async def publish(self, room: RoomId, blob: bytes) -> None:
        """Send a blob to every neighbour in a room."""
        for neighbour in list(self._neighbours):
            for slot, shared in neighbour.rooms.items():
                if shared == room:
                    with contextlib.suppress(SignalingUnreachable):
                        neighbour.send(slot, blob)

    async def send(self, tag: Tag, blob: bytes) -> None:
        """Send a blob to whoever sent a message under this tag.

        Raises:
            NobodyReachable: it is no neighbour of ours any more.
        """
        if tag not in self._tags:
            raise NobodyReachable
        neighbour, slot = self._tags[tag]
        try:
            neighbour.send(slot, blob)
        except SignalingUnreachable as exc:
            raise NobodyReachable from exc

    # --- neighbours ------------------------------------------------------------------------------

    async def enter(self, discovery: Discovery) -> None:
        """Be found on one more LAN."""
        if self._is_closed or discovery in self._corners:
            return
        corner = _Corner(self, discovery)
        with contextlib.suppress(OSError):
            await corner.open()
            self._corners[discovery] = corner

    async def leave(self, discovery: Discovery) -> None:
        """Be found no more on a LAN."""
        if (corner := self._corners.pop(discovery, None)) is not None:
            await corner.close()

    def is_neighbour(self, sighting: Sighting, rooms: Sequence[RoomId]) -> bool:
        """Return whether we are connected to the device behind a poster, in all these rooms."""
        return any(
            neighbour.port == sighting.port
            and not addresses_differ(sighting, (neighbour.address,))
            and set(rooms) <= set(neighbour.rooms.values())
            for neighbour in self._neighbours
        )

    def welcome(self, neighbour: Neighbour) -> None:
        """Talk to a neighbour from now on, if there are not too many."""
        here = [one for one in self._neighbours if one.address == neighbour.address]
        same = [one for one in here if one.port == neighbour.port]
        if self._is_closed or len(self._neighbours) >= NEIGHBOURS_MAX:
            neighbour.close()
            return
        if len(same) >= DOORS_PER_NEIGHBOUR:
            same[0].close()
        elif len(here) >= NEIGHBOURS_PER_ADDRESS_MAX:
            here[0].close()
        self._neighbours.append(neighbour)
        self.spawn(self._hear(neighbour))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside, until we close."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _hear(self, neighbour: Neighbour) -> None:
        tags = {slot: Tag(random_bytes(TAG_BYTES)) for slot in neighbour.rooms}
        for slot, tag in tags.items():
            self._tags[tag] = neighbour, slot
            self._tell(Arrived(neighbour.rooms[slot], tag))
        try:
            async for slot, blob in neighbour.frames():
                self._tell(Message(neighbour.rooms[slot], tags[slot], blob))
        finally:
            neighbour.close()
            self._neighbours.remove(neighbour)
            for tag in tags.values():
                del self._tags[tag]
            for corner in self._corners.values():
                corner.left(neighbour)

    def _tell(self, event: Event) -> None:
        if len(self._events) < EVENTS_MAX:
            self._events.append(event)
        self._news.set()


class _Corner:
    """One team on one LAN: its door, its poster, and whom it knocks at."""

    def __init__(self, point: LanPoint, discovery: Discovery) -> None:
        self._point = point
        self._discovery = discovery
        self._door = Door(discovery.network, lambda: point.keys, point.welcome)
        self._plan = Plan()
        self._name = ""
        self._stirred = asyncio.Event()
        self._work: list[asyncio.Task[None]] = []
        self._posting = asyncio.Lock()

    async def open(self) -> None:
        """Listen, show ourselves, look around.

        Raises:
            OSError: there is no address to listen at.
        """
        await self._door.open()
        self._discovery.saw.append(self._saw)
        self._discovery.lost.append(self._lost)
        await self.turn()
        self._work = [self._point.spawn(self._rotate()), self._point.spawn(self._knock_around())]

    async def close(self) -> None:
        """Be gone."""
        self._discovery.saw.remove(self._saw)
        self._discovery.lost.remove(self._lost)
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._door.close()
        async with self._posting:
            await self._discovery.post(self, 0, None)

    async def turn(self) -> None:
        """Show a fresh poster, and look at those of others again: our rooms may have changed."""
        keys = [room.key for room in self._point.shown]
        async with self._posting:
            poster = make_poster(keys, self._point.unix_s()) if keys else None
            name = await self._discovery.post(self, self._door.port, poster)
            self._name = name if poster else ""  # whom nobody sees, nobody comes to: knock at once
        for sighting in self._discovery.seen():
            self._saw(sighting)

    def left(self, neighbour: Neighbour) -> None:
        """Knock again where somebody was lost."""
        self._plan.left((neighbour.address,), neighbour.port, _now())
        self._stirred.set()

    def _saw(self, sighting: Sighting) -> None:
        rooms = recognise(sighting.poster, self._point.keys, self._point.unix_s())
        self._plan.saw(sighting, rooms, self._name, _now())
        self._stirred.set()

    def _lost(self, name: str) -> None:
        self._plan.lost(name)

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(*ROTATE_S))  # noqa: S311 (jitter, not a secret)
            await self.turn()

    async def _knock_around(self) -> None:
        while True:
            self._stirred.clear()
            for sighting, rooms in self._plan.due(_now()):
                if not self._point.is_neighbour(sighting, rooms):
                    self._point.spawn(self._knock(sighting, rooms))
            due_s = self._plan.next_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due_s):
                    await self._stirred.wait()

    async def _knock(self, sighting: Sighting, rooms: Sequence[RoomId]) -> None:
        keys = self._point.keys
        wanted = dict.fromkeys((*rooms, *(room.id for room in self._point.shown)))
        offered = [room for room in wanted if room in keys]
        for address in sighting.addresses:
            if self._is_own(address, sighting.port):
                continue
            with contextlib.suppress(NobodyReachable):
                self._point.welcome(await knock(address, sighting.port, self._door.port, offered, keys))
                return
        self._plan.failed(sighting.name, _now())
        self._stirred.set()

    def _is_own(self, address: str, port: int) -> bool:
        return port == self._door.port and address.partition("%")[0] in self._discovery.network.addresses


def _now() -> float:
    return asyncio.get_running_loop().time()
