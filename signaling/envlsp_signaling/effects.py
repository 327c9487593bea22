"""What a desk wants done: frames to send, connections to close, others to be asked. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from envlsp_signaling.messages import Number
from envlsp_signaling.news import News, RoomName, ServerId
from envlsp_signaling.rooms import ConnectionId


class Reason(Enum):
    """Why a connection is closed: the WebSocket close code."""

    GOING_AWAY = 1001
    MALFORMED = 4400
    IDLE = 4408
    TOO_SLOW = 4413
    TOO_FAST = 4429


@dataclass(frozen=True, slots=True)
class Send:
    """Give a frame to connections; a frame for somebody who just left is lost."""

    to: tuple[ConnectionId, ...]
    frame: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendTurn:
    """Give fresh TURN credentials to a connection."""

    to: ConnectionId


@dataclass(frozen=True, slots=True)
class Close:
    """Close a connection, then call `Desk.closed`."""

    who: ConnectionId
    reason: Reason


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear from other processes what is said in a room, before anything else is done."""

    room: RoomName


@dataclass(frozen=True, slots=True)
class Unlisten:
    """Nobody here is in that room any more."""

    room: RoomName


@dataclass(frozen=True, slots=True)
class Tell:
    """Give news to every other process in a room, or to one process."""

    to: RoomName | ServerId
    news: News


@dataclass(frozen=True, slots=True)
class Reserve:
    """Reserve a number among all processes, then call `Desk.reserved`."""

    who: ConnectionId
    number: Number
    tries: int = 5


@dataclass(frozen=True, slots=True)
class Take:
    """Let nobody else into a number, then call `Desk.taken` with the process that reserved it."""

    who: ConnectionId
    number: Number


@dataclass(frozen=True, slots=True)
class Release:
    """A reserved number is open no more; it stays reserved for its time."""

    number: Number


@dataclass(frozen=True, slots=True)
class SeekCompany:
    """Ask whether another process is in one of these rooms, then call `Desk.company`."""

    who: ConnectionId
    rooms: tuple[RoomName, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """Read nothing more of the connection that just spoke for so many seconds."""

    seconds: float


Asking: TypeAlias = Listen | Reserve | Take | SeekCompany | Rest
"""Effects that are waited for; only `receive`, `reserved` and `taken` return them."""
Effect: TypeAlias = Send | SendTurn | Close | Unlisten | Tell | Release | Asking
