"""The server's decisions: frames in, effects out. Pure, with time as an argument.

Joins rooms, mailboxes and limits. Knows no sockets: `server` reads, feeds and obeys.
Every request that has an answer gets exactly one, in order, so that a client can
match answers to requests by counting.

A desk may be one of several, in processes of their own. Then some requests cannot be
answered here alone: the effects `Listen`, `Reserve`, `Take` and `SeekCompany` ask the place
that all of them share, and whoever obeys them feeds nothing more from that connection before
the answer is back, which keeps the order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from envlsp_signaling import messages
from envlsp_signaling.effects import (
    Close,
    Effect,
    Listen,
    Reason,
    Release,
    Reserve,
    Rest,
    SeekCompany,
    Send,
    SendTurn,
    Take,
    Tell,
    Unlisten,
)
from envlsp_signaling.elsewhere import Elsewhere
from envlsp_signaling.limits import TAG_BYTES, Bucket, Budgets, Hourly, Limits
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
    Number,
    Publish,
    Request,
    RoomId,
    Subscribe,
    Tag,
    Unsubscribe,
    Verb,
)
from envlsp_signaling.news import (
    Beat,
    Entered,
    News,
    PipeEnded,
    PipeSaid,
    RoomName,
    RoomSaid,
    Said,
    ServerId,
    room_name,
)
from envlsp_signaling.rooms import ConnectionId, Refused, Rooms

NO_TAG = Tag(bytes(TAG_BYTES))
"""The sender of a message in a mailbox: there is only one other party."""


@dataclass(slots=True)
class _Connection:
    address: str
    bucket: Bucket
    bytes: Bucket
    last_frame: float
    refusals: int = 0


class Desk:
    """All that is known about everybody connected. One per process."""

    def __init__(
        self,
        limits: Limits,
        draw: Callable[[int], bytes],
        *,
        offers_turn: bool,
        server: ServerId | None = None,
    ) -> None:
        """Start with nobody.

        Args:
            limits: what one stranger may use.
            draw: returns that many unpredictable bytes.
            offers_turn: whether there are TURN credentials to give.
            server: this process, if it is one of several.
        """
        self.limits = limits
        self.refusals: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.closes: Counter[str] = Counter()
        self.received_bytes = 0
        self.turn_given = 0
        self._offers_turn = offers_turn
        self._server = server
        self._rooms = Rooms(limits, draw)
        self._mailboxes = Mailboxes(limits, draw)
        self._elsewhere = Elsewhere(2 * limits.subscribers_per_room)
        self._connections: dict[ConnectionId, _Connection] = {}
        self._per_address: Counter[str] = Counter()
        self._allocations = Hourly(limits.allocations_per_hour)
        self._missed_claims = Hourly(limits.missed_claims_per_hour)
        self._bytes = Budgets(limits.address_bytes_per_s, limits.address_bytes_burst)
        self._last_id = 0

    # --- connections --------------------------------------------------------------------------

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
        frames = Bucket(self.limits.frames_per_s, self.limits.frames_burst, now)
        sizes = Bucket(self.limits.bytes_per_s, self.limits.bytes_burst, now)
        self._connections[who] = _Connection(address, frames, sizes, now)
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
        effects = [effect for room in self._rooms.drop(who) for effect in self._emptied(room)]
        waiting = self._mailboxes.drop(who)
        return [*effects, *(effect for ended in waiting for effect in self._gone(ended))]

    def receive(self, who: ConnectionId, frame: bytes, now: float) -> list[Effect]:
        """Return what one frame of a connection leads to."""
        connection = self._connections.get(who)
        if connection is None:
            return []
        connection.last_frame = now
        self.received_bytes += len(frame)
        try:
            request = messages.decode_untrusted(frame)
        except BadFrame:
            self.refusals["malformed"] += 1
            return [Close(who, Reason.MALFORMED)]
        verb = VERBS[type(request)]
        self.frames[verb.name.lower()] += 1
        try:
            self._check_pace(connection, len(frame), now)
            return self._handle(who, request, now)
        except Refused as refused:
            return self._refuse(who, verb, refused.code)

    def sweep(self, now: float) -> list[Effect]:
        """Return what the passing of time leads to. Call it every few seconds."""
        for counted in (self._allocations, self._missed_claims, self._bytes):
            counted.sweep(now)
        effects = [effect for ended in self._mailboxes.sweep(now) for effect in self._gone(ended)]
        for who, connection in self._connections.items():
            busy = self._rooms.is_member(who) or self._mailboxes.holds(who)
            allowed = self.limits.idle_in_room_s if busy else self.limits.idle_s
            if now - connection.last_frame >= allowed:
                effects.append(Close(who, Reason.IDLE))
        return effects

    def sizes(self) -> dict[str, int]:
        """Return counts for the operator: how many, never who or where."""
        waiting, paired = self._mailboxes.counts()
        return {
            "connections": len(self._connections),
            "rooms": len(self._rooms),
            "seats": self._rooms.seats(),
            "mailboxes_open": waiting,
            "mailboxes_paired": paired,
        }

    def is_pairing(self, who: ConnectionId) -> bool:
        """Return whether a connection is in the middle of an exchange."""
        return self._mailboxes.is_paired(who)

    # --- answers of the place that all processes share ----------------------------------------

    def reserved(self, asked: Reserve, *, won: bool, now: float) -> list[Effect]:
        """Go on with ALLOC, now that a number is ours among all processes, or is not."""
        if asked.who not in self._connections:
            return [Release(asked.number)] if won else []
        if won and self._mailboxes.open(asked.who, asked.number, now):
            self._allocations.count(self._connections[asked.who].address, now)
            return [Send((asked.who,), messages.number(asked.number))]
        if not asked.tries:
            return self._refuse(asked.who, Verb.ALLOC, Code.UNAVAILABLE)
        try:
            return [Reserve(asked.who, self._mailboxes.draw_number(), asked.tries - 1)]
        except Refused as refused:
            return self._refuse(asked.who, Verb.ALLOC, refused.code)

    def taken(self, asked: Take, *, by: ServerId | None, now: float) -> list[Effect]:
        """Go on with CLAIM, now that nobody else can enter; `by` reserved it, or nobody did."""
        if asked.who not in self._connections:
            return [] if by is None else self._claim_in_vain(asked.number, by)
        try:
            return self._enter(asked.who, asked.number, by, now)
        except Refused as refused:
            self._missed_claims.count(self._connections[asked.who].address, now)
            return self._refuse(asked.who, Verb.CLAIM, refused.code)

    def _enter(self, who: ConnectionId, number: Number, by: ServerId | None, now: float) -> list[Effect]:
        if by is None:
            raise Refused(Code.NO_SUCH_MAILBOX)
        if by == self._server:
            pipe, other = self._mailboxes.claim(who, number, now)
            return [Send((other, who), messages.paired(number, pipe))]
        pipe = self._mailboxes.claim_away(who, number, by, now)
        return [Tell(by, Entered(number, pipe)), Send((who,), messages.paired(number, pipe))]

    def company(self, asked: SeekCompany, *, found: bool) -> list[Effect]:
        """Go on with TURN, now that other processes were asked."""
        if asked.who not in self._connections:
            return []
        return self._give_turn(asked.who) if found else self._refuse(asked.who, Verb.TURN, Code.NOT_IN_ROOM)

    def unavailable(self, asked: Reserve | Take) -> list[Effect]:
        """Refuse what cannot be decided while the other processes cannot be asked."""
        if asked.who not in self._connections:
            return []
        return self._refuse(
            asked.who, Verb.ALLOC if isinstance(asked, Reserve) else Verb.CLAIM, Code.UNAVAILABLE
        )

    # --- news of other processes --------------------------------------------------------------

    def hear(self, server: ServerId, news: News, now: float) -> list[Effect]:  # noqa: PLR0911 - an arm for each
        """Return what news from another process leads to."""
        match news:
            case RoomSaid(name, tag, blob):
                return self._hear_room(name, tag, blob, server)
            case Said(name, target, tag, blob):
                self._elsewhere.hear(name, tag, server)
                room = self._elsewhere.room(name)
                who = None if room is None else self._rooms.holder(target, room)
                return (
                    [] if room is None or who is None else [Send((who,), messages.message(room, tag, blob))]
                )
            case Entered(number, pipe):
                host = self._mailboxes.claimed_away(number, pipe, server, now)
                if host is None:
                    return [Tell(server, PipeEnded(pipe))]
                return [Send((host,), messages.paired(number, pipe))]
            case PipeSaid(pipe, blob):
                return self._hear_pipe(pipe, blob, server)
            case PipeEnded(pipe):
                ended = self._mailboxes.ended_away(pipe, server)
                return self._gone(ended) if ended else []
            case Beat():
                return []

    def others(self) -> set[ServerId]:
        """Return the processes that must live for our mailboxes to go on."""
        return self._mailboxes.servers()

    def lose(self, server: ServerId | None) -> list[Effect]:
        """Return what the end of another process leads to, or of the way to all of them."""
        if server is not None:
            self._elsewhere.lose(server)
        return [effect for ended in self._mailboxes.lose(server) for effect in self._gone(ended)]

    def _hear_room(self, name: RoomName, tag: Tag, blob: bytes, server: ServerId) -> list[Effect]:
        room = self._elsewhere.room(name)
        if room is None:
            return []
        self._elsewhere.hear(name, tag, server)
        members = self._rooms.members(room)
        return [Send(members, messages.message(room, tag, blob))] if members else []

    def _hear_pipe(self, pipe: RoomId, blob: bytes, server: ServerId) -> list[Effect]:
        heard = self._mailboxes.heard(pipe, server)
        if heard is None or heard.to is None:
            return [Tell(server, PipeEnded(pipe))]
        said = Send((heard.to,), messages.message(pipe, NO_TAG, blob))
        return [said, *(self._gone(heard.ended) if heard.ended else ())]

    # --- requests -----------------------------------------------------------------------------

    def _check_pace(self, connection: _Connection, size: int, now: float) -> None:
        # All three are asked, always: what was dropped was received as well.
        paces = (
            connection.bucket.take(now),
            connection.bytes.take(now, size),
            self._bytes.take(connection.address, now, size),
        )
        if not all(paces):
            raise Refused(Code.TOO_FAST)

    def _refuse(self, who: ConnectionId, verb: Verb, code: Code) -> list[Effect]:
        connection = self._connections[who]
        self.refusals[code.name.lower()] += 1
        connection.refusals += 1
        if connection.refusals > self.limits.refusals_max:
            return [Close(who, Reason.TOO_FAST)]
        effects: list[Effect] = [Send((who,), messages.refused(code, verb))]
        if code is Code.TOO_FAST:
            # What it sends meanwhile fills its own network's buffers and costs us nothing.
            effects.append(Rest(self.limits.rest_s))
        return effects

    def _handle(self, who: ConnectionId, request: Request, now: float) -> list[Effect]:  # noqa: PLR0911 - as in messages
        match request:
            case Subscribe(room):
                return self._subscribe(who, room)
            case Unsubscribe(room):
                self._rooms.leave(who, room)
                return self._emptied(room)
            case Publish():
                return self._publish(who, request)
            case Direct():
                return self._direct(who, request)
            case Allocate():
                return self._allocate(who, now)
            case Claim():
                return self._claim(who, request, now)
            case Leave(number):
                ended = self._mailboxes.leave(who, number)
                return self._gone(ended) if ended else []
            case AskTurn():
                return self._turn(who)

    def _subscribe(self, who: ConnectionId, room: RoomId) -> list[Effect]:
        joined = Send((who,), messages.joined(room, self._rooms.enter(who, room)))
        if self._server is None:
            return [joined]
        self._elsewhere.enter(room)
        return [Listen(room_name(room)), joined]

    def _emptied(self, room: RoomId) -> list[Effect]:
        if self._server is None or self._rooms.members(room) or self._elsewhere.room(room_name(room)) is None:
            return []
        self._elsewhere.leave(room)
        return [Unlisten(room_name(room))]

    def _publish(self, who: ConnectionId, request: Publish) -> list[Effect]:
        relayed = self._mailboxes.relay(who, request.room)
        if relayed is None:
            tag, audience = self._rooms.audience(who, request.room)
            said = [Send(audience, messages.message(request.room, tag, request.blob))] if audience else []
            if self._server is None:
                return [*said]
            name = room_name(request.room)
            return [*said, Tell(name, RoomSaid(name, tag, request.blob))]
        ended = self._gone(relayed.ended) if relayed.ended else []
        if relayed.away is not None:
            return [Tell(relayed.away, PipeSaid(request.room, request.blob)), *ended]
        assert relayed.to is not None
        return [Send((relayed.to,), messages.message(request.room, NO_TAG, request.blob)), *ended]

    def _direct(self, who: ConnectionId, request: Direct) -> list[Effect]:
        away = self._elsewhere.find(request.tag)
        if away is None:
            room, own, target = self._rooms.find(who, request.tag)
            return [Send((target,), messages.message(room, own, request.blob))]
        room, server = away
        tag = self._rooms.own_tag(who, room)
        if tag is None:
            raise Refused(Code.NO_SUCH_TAG)  # as for a tag of a room here that the sender is not in
        return [Tell(server, Said(room_name(room), request.tag, tag, request.blob))]

    def _allocate(self, who: ConnectionId, now: float) -> list[Effect]:
        address = self._connections[who].address
        if self._allocations.spent(address, now):
            raise Refused(Code.TOO_MANY_MAILBOXES)
        if self._server is not None:
            return [Reserve(who, self._mailboxes.draw_number())]
        number = self._mailboxes.allocate(who, now)
        self._allocations.count(address, now)
        return [Send((who,), messages.number(number))]

    def _claim(self, who: ConnectionId, request: Claim, now: float) -> list[Effect]:
        address = self._connections[who].address
        if self._missed_claims.spent(address, now):
            raise Refused(Code.TOO_MANY_MAILBOXES)
        # Asking the others would use the number up, and its owner cannot be the other party.
        if self._server is not None and not self._mailboxes.is_own(who, request.number):
            return [Take(who, request.number)]
        try:
            room, other = self._mailboxes.claim(who, request.number, now)
        except Refused:
            self._missed_claims.count(address, now)
            raise
        return [Send((other, who), messages.paired(request.number, room))]

    def _claim_in_vain(self, number: Number, by: ServerId) -> list[Effect]:
        # Whoever asked has gone while we asked. The number is used up all the same.
        if by == self._server:
            host = self._mailboxes.waiting(number)
            ended = None if host is None else self._mailboxes.leave(host, number)
            return self._gone(ended) if ended else []
        pipe = RoomId(bytes(number.to_bytes(16, "big")))
        return [Tell(by, Entered(number, pipe)), Tell(by, PipeEnded(pipe))]

    def _turn(self, who: ConnectionId) -> list[Effect]:
        if not self._offers_turn:
            raise Refused(Code.NO_TURN)
        if self._rooms.has_company(who) or self._mailboxes.is_paired(who):
            return self._give_turn(who)
        rooms = self._rooms.of(who)
        if self._server is None or not rooms:
            raise Refused(Code.NOT_IN_ROOM)
        return [SeekCompany(who, tuple(room_name(room) for room in rooms))]

    def _give_turn(self, who: ConnectionId) -> list[Effect]:
        self.turn_given += 1
        return [SendTurn(who)]

    def _gone(self, ended: Ended) -> list[Effect]:
        effects: list[Effect] = [Send(ended.parties, messages.gone(ended.number))]
        if ended.away is not None and ended.room is not None:
            effects.append(Tell(ended.away, PipeEnded(ended.room)))
        if self._server is not None and ended.room is None:
            effects.append(Release(ended.number))
        return effects
