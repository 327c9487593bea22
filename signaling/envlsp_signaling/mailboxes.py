"""Numbers under which two strangers meet once. Pure, like `rooms`.

Refuses to know what passes: the pairing protects itself. Rules:

- The server draws the number; whoever allocated it waits, the first to claim it is the other.
- Once both are in, nobody can claim it again, for as long as the number is remembered.
- It dies with either party, by LEAVE, by age, or when its frames are used up.
- A dead number is not drawn again before it would have expired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from envlsp_signaling.limits import MAILBOX_NUMBERS, ROOM_BYTES, Limits
from envlsp_signaling.messages import Code, Number, RoomId
from envlsp_signaling.rooms import ConnectionId, Refused


@dataclass(slots=True)
class _Mailbox:
    """One number, from its allocation until it may be drawn again."""

    number: Number
    parties: tuple[ConnectionId, ...]  # one while open, two once paired, none when dead
    expires: float
    room: RoomId | None = None
    frames_left: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A mailbox that just died, and who has to be told."""

    number: Number
    parties: tuple[ConnectionId, ...]


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
        if len(self._boxes) >= self._limits.mailboxes:
            raise Refused(Code.TOO_MANY_MAILBOXES)
        number = self._fresh_number()
        self._boxes[number] = _Mailbox(number, (who,), now + self._limits.mailbox_s)
        self._held.setdefault(who, set()).add(number)
        return number

    def claim(self, who: ConnectionId, number: Number, now: float) -> tuple[RoomId, ConnectionId]:
        """Pair this connection with the one that waits, and return their room and the other one.

        Raises:
            Refused: NO_SUCH_MAILBOX: never drawn, taken, expired or one's own; one answer for all.
        """
        box = self._boxes.get(number)
        if box is None or len(box.parties) != 1 or box.expires <= now or box.parties[0] == who:
            raise Refused(Code.NO_SUCH_MAILBOX)
        other = box.parties[0]
        box.parties = (other, who)
        box.room = RoomId(self._draw(ROOM_BYTES))
        box.expires = now + self._limits.mailbox_s
        box.frames_left = self._limits.mailbox_frames
        self._paired[box.room] = box
        self._held.setdefault(who, set()).add(number)
        return box.room, other

    def relay(self, who: ConnectionId, room: RoomId) -> tuple[ConnectionId, Ended | None] | None:
        """Count a frame of `who` and return where it goes, and the end if it was the last.

        Returns None when `room` is no mailbox of theirs.
        """
        box = self._paired.get(room)
        if box is None or who not in box.parties:
            return None
        first, second = box.parties
        box.frames_left -= 1
        ended = None if box.frames_left > 0 else self._end(box)
        return (second if who == first else first), ended

    def leave(self, who: ConnectionId, number: Number) -> Ended | None:
        """End a mailbox of this connection, if it has one of that number."""
        box = self._boxes.get(number)
        return self._end(box) if box is not None and who in box.parties else None

    def drop(self, who: ConnectionId) -> list[Ended]:
        """End every mailbox of a connection that is gone; only the other parties are named."""
        ended = [self._end(self._boxes[number]) for number in tuple(self._held.get(who, ()))]
        return [Ended(end.number, tuple(party for party in end.parties if party != who)) for end in ended]

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

    def _fresh_number(self) -> Number:
        # At most one number in a hundred is taken, so this ends soon.
        while True:
            number = Number(int.from_bytes(self._draw(8), "big") % MAILBOX_NUMBERS)
            if number not in self._boxes:
                return number

    def _end(self, box: _Mailbox) -> Ended:
        ended = Ended(box.number, box.parties)
        for party in box.parties:
            self._held[party].discard(box.number)
            if not self._held[party]:
                del self._held[party]
        if box.room is not None:
            del self._paired[box.room]
        box.parties, box.room = (), None
        return ended
