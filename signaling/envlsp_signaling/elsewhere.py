"""What a process knows of members who are connected to another one. Pure, like `rooms`.

A tag is as random there as here, so it says nothing of where it is. But nobody can answer a
tag that was never heard, so it is enough to remember which process it was heard from: the
newest of each room, and only while somebody here is in that room.
"""

from __future__ import annotations

from envlsp_signaling.messages import RoomId, Tag
from envlsp_signaling.news import RoomName, ServerId, room_name


class Elsewhere:
    """Rooms by the name they have between processes, and the tags heard in them."""

    def __init__(self, tags_per_room: int) -> None:
        """Know nobody yet.

        Args:
            tags_per_room: of how many members of a room the place is remembered.
        """
        self._limit = tags_per_room
        self._rooms: dict[RoomName, RoomId] = {}
        self._heard: dict[RoomName, dict[Tag, ServerId]] = {}
        self._places: dict[Tag, RoomName] = {}

    def enter(self, room: RoomId) -> None:
        """Remember that somebody here is in this room."""
        self._rooms[room_name(room)] = room

    def leave(self, room: RoomId) -> None:
        """Forget a room that nobody here is in, and whom we heard in it."""
        name = room_name(room)
        self._rooms.pop(name, None)
        for tag in self._heard.pop(name, {}):
            del self._places[tag]

    def room(self, name: RoomName) -> RoomId | None:
        """Return the room of that name, if somebody here is in it."""
        return self._rooms.get(name)

    def hear(self, name: RoomName, tag: Tag, server: ServerId) -> None:
        """Remember from where a tag was heard."""
        if name not in self._rooms or self._places.get(tag, name) != name:
            return
        heard = self._heard.setdefault(name, {})
        heard.pop(tag, None)  # to the end: the newest are kept
        heard[tag] = server
        self._places[tag] = name
        if len(heard) > self._limit:
            oldest = next(iter(heard))
            del heard[oldest], self._places[oldest]

    def find(self, tag: Tag) -> tuple[RoomId, ServerId] | None:
        """Return the room and the process of a tag that was heard."""
        name = self._places.get(tag)
        return None if name is None else (self._rooms[name], self._heard[name][tag])

    def lose(self, server: ServerId) -> None:
        """Forget everybody at a process that is gone."""
        for heard in self._heard.values():
            for tag in [tag for tag, place in heard.items() if place == server]:
                del heard[tag], self._places[tag]
