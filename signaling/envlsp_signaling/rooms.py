"""Who is in which room, and under which tag. Pure: no sockets, no clock, no randomness of its own.

Refuses to know what a room stands for or what is said in it. Rules:

- A connection has one tag per room, drawn when it enters; tags of one connection
  in two rooms cannot be linked by other members.
- Nothing is kept for who comes later, and an empty room leaves no trace.
- Only a member of a room reaches its members.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType

from envlsp_signaling.limits import TAG_BYTES, Limits
from envlsp_signaling.messages import Code, RoomId, Tag

ConnectionId = NewType("ConnectionId", int)
"""One WebSocket, for as long as it lives."""


class Refused(Exception):
    """A request that has no effect; its sender is told why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


class Rooms:
    """All rooms of this process."""

    def __init__(self, limits: Limits, draw: Callable[[int], bytes]) -> None:
        """Start with no rooms.

        Args:
            limits: how many rooms and members.
            draw: returns that many unpredictable bytes.
        """
        self._limits = limits
        self._draw = draw
        self._members: dict[RoomId, dict[ConnectionId, Tag]] = {}
        self._rooms: dict[ConnectionId, set[RoomId]] = {}
        self._tags: dict[Tag, tuple[RoomId, ConnectionId]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def enter(self, who: ConnectionId, room: RoomId) -> Tag:
        """Put a connection into a room and return its tag there; entering twice changes nothing.

        Raises:
            Refused: TOO_MANY_ROOMS, ROOM_FULL.
        """
        members = self._members.get(room, {})
        if who in members:
            return members[who]
        rooms = self._rooms.get(who, set())
        if len(rooms) >= self._limits.rooms_per_connection:
            raise Refused(Code.TOO_MANY_ROOMS)
        if len(members) >= self._limits.subscribers_per_room:
            raise Refused(Code.ROOM_FULL)
        tag = Tag(self._draw(TAG_BYTES))
        self._members.setdefault(room, members)[who] = tag
        self._rooms.setdefault(who, rooms).add(room)
        self._tags[tag] = (room, who)
        return tag

    def leave(self, who: ConnectionId, room: RoomId) -> None:
        """Take a connection out of a room, if it is in it."""
        tag = self._members.get(room, {}).pop(who, None)
        if tag is None:
            return
        del self._tags[tag]
        if not self._members[room]:
            del self._members[room]
        self._rooms[who].discard(room)
        if not self._rooms[who]:
            del self._rooms[who]

    def drop(self, who: ConnectionId) -> list[RoomId]:
        """Take a connection out of every room; return those that nobody is in any more."""
        rooms = tuple(self._rooms.get(who, ()))
        for room in rooms:
            self.leave(who, room)
        return [room for room in rooms if room not in self._members]

    def members(self, room: RoomId) -> tuple[ConnectionId, ...]:
        """Return everybody in a room."""
        return tuple(self._members.get(room, ()))

    def own_tag(self, who: ConnectionId, room: RoomId) -> Tag | None:
        """Return the tag of a connection in a room, if it is in it."""
        return self._members.get(room, {}).get(who)

    def holder(self, tag: Tag, room: RoomId) -> ConnectionId | None:
        """Return who has that tag in that room."""
        place, who = self._tags.get(tag, (None, None))
        return who if place == room else None

    def of(self, who: ConnectionId) -> tuple[RoomId, ...]:
        """Return the rooms that a connection is in."""
        return tuple(self._rooms.get(who, ()))

    def seats(self) -> int:
        """Return how many memberships there are in all."""
        return len(self._tags)

    def audience(self, who: ConnectionId, room: RoomId) -> tuple[Tag, tuple[ConnectionId, ...]]:
        """Return the sender's tag in that room, and everybody else there.

        Raises:
            Refused: NOT_IN_ROOM.
        """
        members = self._members.get(room, {})
        tag = members.get(who)
        if tag is None:
            raise Refused(Code.NOT_IN_ROOM)
        return tag, tuple(member for member in members if member != who)

    def find(self, who: ConnectionId, tag: Tag) -> tuple[RoomId, Tag, ConnectionId]:
        """Return the room in which `tag` stands, the sender's own tag there, and who `tag` is.

        Raises:
            Refused: NO_SUCH_TAG, also for a room the sender is not in: no probing.
        """
        room, target = self._tags.get(tag, (None, None))
        own = self._members[room].get(who) if room is not None else None
        if room is None or target is None or own is None:
            raise Refused(Code.NO_SUCH_TAG)
        return room, own, target

    def is_member(self, who: ConnectionId) -> bool:
        """Return whether this connection is in any room."""
        return who in self._rooms

    def has_company(self, who: ConnectionId) -> bool:
        """Return whether this connection shares any room with another."""
        return any(len(self._members[room]) > 1 for room in self._rooms.get(who, ()))
