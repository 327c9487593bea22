"""Numbers under which two strangers meet once. Pure, like `rooms`.

Refuses to know what passes: the pairing protects itself. Rules:

- The server draws the number; whoever allocated it waits, the first to claim it is the other.
- Once both are in, nobody can claim it again, for as long as the number is remembered.
- It dies with either party, by LEAVE, by age, or when its frames are used up.
- A dead number is not drawn again before it would have expired.
- The other party may be at another process. Which of several processes may let it in is
  not decided here: `desk` asks the one place that they all share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from envlsp_signaling.limits import MAILBOX_NUMBERS, ROOM_BYTES, Limits
from envlsp_signaling.messages import Code, Number, RoomId
from envlsp_signaling.news import ServerId
from envlsp_signaling.rooms import ConnectionId, Refused


@dataclass(slots=True)
class _Mailbox:
    """One number, from its allocation until it may be drawn again."""

    number: Number
    parties: tuple[ConnectionId, ...]  # those here: one while open, two once paired, none when dead
    expires: float
    room: RoomId | None = None
    frames_left: int = 0
    away: ServerId | None = None  # where the other party is, if not here


@dataclass(frozen=True, slots=True)
class Ended:
    """A mailbox that just died, and who has to be told."""

    number: Number
    parties: tuple[ConnectionId, ...]
    room: RoomId | None = None
    """The pipe, if it was paired."""
    away: ServerId | None = None
    """The process of the other party, if it has to be told too."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """Where a frame goes, and the end if it was the last one."""

    to: ConnectionId | None
    away: ServerId | None
    ended: Ended | None


class Mailboxes:
    """All mailboxes of this process."""

    def __init__(self, limits: Limits, draw: Callable[[int], bytes]) -> None:
        self._limits = limits
        self._draw = draw
        self._boxes: dict[Number, _Mailbox] = {}
        self._paired: dict[RoomId, _Mailbox] = {}
        self._held: dict[ConnectionId, set[Number]] = {}

    def allocate(self, who: ConnectionId, now: float) -> Number:
        """Return a fresh number that waits for its second party.

        Raises:
            Refused: TOO_MANY_MAILBOXES, of the whole server.
        """
        number = self.draw_number()
        self.open(who, number, now)
        return number

    def draw_number(self) -> Number:
        """Return a number that is free here.

        Raises:
            Refused: TOO_MANY_MAILBOXES, of the whole server.
        """
        if len(self._boxes) >= self._limits.mailboxes:
            raise Refused(Code.TOO_MANY_MAILBOXES)
        # At most one number in a hundred is taken, so this ends soon.
        while True:
            number = Number(int.from_bytes(self._draw(8), "big") % MAILBOX_NUMBERS)
            if number not in self._boxes:
                return number

    def open(self, who: ConnectionId, number: Number, now: float) -> bool:
        """Let a connection wait under a number; False when it was taken here meanwhile."""
        if number in self._boxes:
            return False
        self._boxes[number] = _Mailbox(number, (who,), now + self._limits.mailbox_s)
        self._held.setdefault(who, set()).add(number)
        return True

    def claim(self, who: ConnectionId, number: Number, now: float) -> tuple[RoomId, ConnectionId]:
        """Pair this connection with the one that waits, and return their room and the other one.

        Raises:
            Refused: NO_SUCH_MAILBOX: never drawn, taken, expired or one's own; one answer for all.
        """
        box = self._boxes.get(number)
        if box is None or not _waits(box, now) or box.parties[0] == who:
            raise Refused(Code.NO_SUCH_MAILBOX)
        other = box.parties[0]
        self._pair(box, (other, who), RoomId(self._draw(ROOM_BYTES)), now)
        self._held.setdefault(who, set()).add(number)
        assert box.room is not None
        return box.room, other

    def is_own(self, who: ConnectionId, number: Number) -> bool:
        """Return whether this connection is a party of that number."""
        return number in self._held.get(who, ())

    def waiting(self, number: Number) -> ConnectionId | None:
        """Return who waits under that number."""
        box = self._boxes.get(number)
        return box.parties[0] if box is not None and box.parties and box.room is None else None

    def claim_away(self, who: ConnectionId, number: Number, away: ServerId, now: float) -> RoomId:
        """Pair this connection with one that waits at another process, and return their pipe.

        Raises:
            Refused: NO_SUCH_MAILBOX: that number lives here, so it cannot live there.
        """
        if number in self._boxes and self._boxes[number].parties:
            raise Refused(Code.NO_SUCH_MAILBOX)
        box = self._boxes[number] = _Mailbox(number, (), now)
        pipe = RoomId(self._draw(ROOM_BYTES))
        self._pair(box, (who,), pipe, now)
        box.away = away
        self._held.setdefault(who, set()).add(number)
        return pipe

    def claimed_away(self, number: Number, pipe: RoomId, away: ServerId, now: float) -> ConnectionId | None:
        """Pair the connection that waits here with one of another process, and return it."""
        box = self._boxes.get(number)
        if box is None or not _waits(box, now):
            return None
        self._pair(box, box.parties, pipe, now)
        box.away = away
        return box.parties[0]

    def relay(self, who: ConnectionId, room: RoomId) -> Relayed | None:
        """Count a frame of `who` and return where it goes.

        Returns None when `room` is no mailbox of theirs.
        """
        box = self._paired.get(room)
        if box is None or who not in box.parties:
            return None
        others = [party for party in box.parties if party != who]
        away = box.away
        return Relayed(others[0] if others else None, away, self._count(box))

    def heard(self, room: RoomId, away: ServerId) -> Relayed | None:
        """Count a frame of the other party, which is at that process, and return whom it is for."""
        box = self._paired.get(room)
        if box is None or box.away != away:
            return None
        return Relayed(box.parties[0], None, self._count(box))

    def ended_away(self, room: RoomId, away: ServerId) -> Ended | None:
        """End a mailbox whose other party, at that process, is gone."""
        box = self._paired.get(room)
        return _told(self._end(box)) if box is not None and box.away == away else None

    def lose(self, away: ServerId | None) -> list[Ended]:
        """End every mailbox with a party at that process, or at any other one."""
        lost = [box for box in self._paired.values() if box.away is not None and away in {None, box.away}]
        return [_told(self._end(box)) for box in lost]

    def servers(self) -> set[ServerId]:
        """Return the processes at which parties of our mailboxes are."""
        return {box.away for box in self._paired.values() if box.away is not None}

    def counts(self) -> tuple[int, int]:
        """Return how many mailboxes are open, and how many paired."""
        paired = len(self._paired)
        return sum(bool(box.parties) for box in self._boxes.values()) - paired, paired

    def leave(self, who: ConnectionId, number: Number) -> Ended | None:
        """End a mailbox of this connection, if it has one of that number."""
        box = self._boxes.get(number)
        return self._end(box) if box is not None and who in box.parties else None

    def drop(self, who: ConnectionId) -> list[Ended]:
        """End every mailbox of a connection that is gone; only the other parties are named."""
        ended = [self._end(self._boxes[number]) for number in tuple(self._held.get(who, ()))]
        return [replace(end, parties=tuple(party for party in end.parties if party != who)) for end in ended]

    def sweep(self, now: float) -> list[Ended]:
        """End what has expired and free the numbers."""
        expired = [box for box in self._boxes.values() if box.expires <= now]
        ended = [self._end(box) for box in expired if box.parties]
        for box in expired:
            del self._boxes[box.number]
        return ended

    def holds(self, who: ConnectionId) -> bool:
        """Return whether this connection has a mailbox, open or paired."""
        return who in self._held

    def is_paired(self, who: ConnectionId) -> bool:
        """Return whether this connection is in a pairing."""
        return any(self._boxes[number].room is not None for number in self._held.get(who, ()))

    def _pair(self, box: _Mailbox, parties: tuple[ConnectionId, ...], room: RoomId, now: float) -> None:
        box.parties, box.room = parties, room
        box.expires = now + self._limits.mailbox_s
        box.frames_left = self._limits.mailbox_frames
        self._paired[room] = box

    def _count(self, box: _Mailbox) -> Ended | None:
        box.frames_left -= 1
        return None if box.frames_left > 0 else self._end(box)

    def _end(self, box: _Mailbox) -> Ended:
        ended = Ended(box.number, box.parties, box.room, box.away)
        for party in box.parties:
            self._held[party].discard(box.number)
            if not self._held[party]:
                del self._held[party]
        if box.room is not None:
            del self._paired[box.room]
        box.parties, box.room, box.away = (), None, None
        return ended


def _waits(box: _Mailbox, now: float) -> bool:
    return len(box.parties) == 1 and box.room is None and box.expires > now


def _told(ended: Ended) -> Ended:
    # Who told us, or cannot be told any more, is not told.
    return replace(ended, away=None)
