"""The server's decisions: frames in, effects out. Pure, with time as an argument.

Joins rooms, mailboxes and limits. Knows no sockets: `server` reads, feeds and obeys.
Every request that has an answer gets exactly one, in order, so that a client can
match answers to requests by counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from envlsp_signaling import messages
from envlsp_signaling.limits import TAG_BYTES, Bucket, Hourly, Limits
from envlsp_signaling.mailboxes import Ended, Mailboxes
from envlsp_signaling.messages import (
    VERBS,
    Allocate,
    AskTurn,
    BadFrame,
    Claim,
    Code,
    Direct,
    Leave,
    Publish,
    Request,
    Subscribe,
    Tag,
    Unsubscribe,
)
from envlsp_signaling.rooms import ConnectionId, Refused, Rooms

NO_TAG = Tag(bytes(TAG_BYTES))
"""The sender of a message in a mailbox: there is only one other party."""


class Reason(Enum):
    """Why a connection is closed: the WebSocket close code."""

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


Effect: TypeAlias = Send | SendTurn | Close


@dataclass(slots=True)
class _Connection:
    address: str
    bucket: Bucket
    last_frame: float
    refusals: int = 0


class Desk:
    """All that is known about everybody connected. One per process."""

    def __init__(self, limits: Limits, draw: Callable[[int], bytes], *, offers_turn: bool) -> None:
        self.limits = limits
        self.refusals: Counter[str] = Counter()
        self._offers_turn = offers_turn
        self._rooms = Rooms(limits, draw)
        self._mailboxes = Mailboxes(limits, draw)
        self._connections: dict[ConnectionId, _Connection] = {}
        self._per_address: Counter[str] = Counter()
        self._allocations = Hourly(limits.allocations_per_hour)
        self._missed_claims = Hourly(limits.missed_claims_per_hour)
        self._last_id = 0

    def admits(self, address: str) -> bool:
        """Return whether one more connection from there is allowed; a refusal is counted."""
        admitted = (
            len(self._connections) < self.limits.connections
            and self._per_address[address] < self.limits.connections_per_address
        )
        if not admitted:
            self.refusals["connection"] += 1
        return admitted

    def opened(self, address: str, now: float) -> ConnectionId | None:
        """Return the id of a new connection, or None when it is one too many."""
        if not self.admits(address):
            return None
        self._last_id += 1
        who = ConnectionId(self._last_id)
        bucket = Bucket(self.limits.frames_per_s, self.limits.frames_burst, now)
        self._connections[who] = _Connection(address, bucket, now)
        self._per_address[address] += 1
        return who

    def closed(self, who: ConnectionId) -> list[Effect]:
        """Forget a connection; its mailbox partners are told."""
        connection = self._connections.pop(who, None)
        if connection is None:
            return []
        self._per_address[connection.address] -= 1
        if not self._per_address[connection.address]:
            del self._per_address[connection.address]
        self._rooms.drop(who)
        return [_gone(ended) for ended in self._mailboxes.drop(who)]

    def receive(self, who: ConnectionId, frame: bytes, now: float) -> list[Effect]:
        """Return what one frame of a connection leads to."""
        connection = self._connections.get(who)
        if connection is None:
            return []
        connection.last_frame = now
        try:
            request = messages.decode_untrusted(frame)
        except BadFrame:
            self.refusals["malformed"] += 1
            return [Close(who, Reason.MALFORMED)]
        try:
            _check_pace(connection, now)
            return self._handle(who, request, now)
        except Refused as refused:
            return self._refuse(who, connection, request, refused.code)

    def sweep(self, now: float) -> list[Effect]:
        """Return what the passing of time leads to. Call it every few seconds."""
        self._allocations.sweep(now)
        self._missed_claims.sweep(now)
        effects: list[Effect] = [_gone(ended) for ended in self._mailboxes.sweep(now)]
        for who, connection in self._connections.items():
            busy = self._rooms.is_member(who) or self._mailboxes.holds(who)
            allowed = self.limits.idle_in_room_s if busy else self.limits.idle_s
            if now - connection.last_frame >= allowed:
                effects.append(Close(who, Reason.IDLE))
        return effects

    def sizes(self) -> dict[str, int]:
        """Return counts for the operator: how many, never who or where."""
        return {"connections": len(self._connections), "rooms": len(self._rooms), **self.refusals}

    def _refuse(
        self, who: ConnectionId, connection: _Connection, request: Request, code: Code
    ) -> list[Effect]:
        self.refusals[code.name.lower()] += 1
        connection.refusals += 1
        if connection.refusals > self.limits.refusals_max:
            return [Close(who, Reason.TOO_FAST)]
        return [Send((who,), messages.refused(code, VERBS[type(request)]))]

    def _handle(self, who: ConnectionId, request: Request, now: float) -> list[Effect]:  # noqa: PLR0911 - as in messages
        match request:
            case Subscribe(room):
                return [Send((who,), messages.joined(room, self._rooms.enter(who, room)))]
            case Unsubscribe(room):
                self._rooms.leave(who, room)
                return []
            case Publish():
                return self._publish(who, request)
            case Direct(tag, blob):
                room, own, target = self._rooms.find(who, tag)
                return [Send((target,), messages.message(room, own, blob))]
            case Allocate():
                return self._allocate(who, now)
            case Claim():
                return self._claim(who, request, now)
            case Leave(number):
                ended = self._mailboxes.leave(who, number)
                return [_gone(ended)] if ended else []
            case AskTurn():
                return self._turn(who)

    def _publish(self, who: ConnectionId, request: Publish) -> list[Effect]:
        relayed = self._mailboxes.relay(who, request.room)
        if relayed is None:
            tag, audience = self._rooms.audience(who, request.room)
            return [Send(audience, messages.message(request.room, tag, request.blob))] if audience else []
        other, ended = relayed
        effects: list[Effect] = [Send((other,), messages.message(request.room, NO_TAG, request.blob))]
        return [*effects, _gone(ended)] if ended else effects

    def _allocate(self, who: ConnectionId, now: float) -> list[Effect]:
        address = self._connections[who].address
        if self._allocations.spent(address, now):
            raise Refused(Code.TOO_MANY_MAILBOXES)
        number = self._mailboxes.allocate(who, now)
        self._allocations.count(address, now)
        return [Send((who,), messages.number(number))]

    def _claim(self, who: ConnectionId, request: Claim, now: float) -> list[Effect]:
        address = self._connections[who].address
        if self._missed_claims.spent(address, now):
            raise Refused(Code.TOO_MANY_MAILBOXES)
        try:
            room, other = self._mailboxes.claim(who, request.number, now)
        except Refused:
            self._missed_claims.count(address, now)
            raise
        return [Send((other, who), messages.paired(request.number, room))]

    def _turn(self, who: ConnectionId) -> list[Effect]:
        if not self._offers_turn:
            raise Refused(Code.NO_TURN)
        if not (self._rooms.has_company(who) or self._mailboxes.is_paired(who)):
            raise Refused(Code.NOT_IN_ROOM)
        return [SendTurn(who)]


def _check_pace(connection: _Connection, now: float) -> None:
    if not connection.bucket.take(now):
        raise Refused(Code.TOO_FAST)


def _gone(ended: Ended) -> Send:
    return Send(ended.parties, messages.gone(ended.number))
