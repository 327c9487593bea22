"""One session with one peer, from the first byte to the last (PROTOCOL F.1 to F.4, A6).

A pure machine: bytes and the time in, effects out. It opens no socket, reads no clock and
touches no disk. Its owner

1. feeds every message of the link to `receive`, and calls `tick` when `wake_at` has come;
2. after each call obeys `take_effects`, in order: send, store, close;
3. answers each `StoreRecords` with `stored`, once the records are durable;
4. says `local_change` when records appeared, `membership_changed` when roles did;
5. calls `leave` for an orderly end, `lost` when the link is gone, `abort` when the
   replica raises.

Rules:

* Nothing but the handshake is said to a peer that has not proved who it is.
* A stranger gets one question, who are you; a removed member the records that say so and
  the chance to answer with others; neither gets a release, a key or an id.
* The first wrong byte ends the session, never the process. The peer learns a number.
* `now` is seconds on any clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from envlsp.crypto.handshake import HANDSHAKE_TIMEOUT_S, Handshake, Proved, SecureChannel, Setup
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import (
    CannotOpen,
    LimitExceeded,
    Malformed,
    MalformedFrame,
    Misuse,
    TrustError,
    UpgradeNeeded,
)
from envlsp.sync.effects import (
    Close,
    Effect,
    InSync,
    PeerCameBack,
    PeerNotKnown,
    PeerProved,
    PeerWelcomed,
    PeerWentStale,
    Refused,
    SendMessage,
    StoreRecords,
    StoreResult,
)
from envlsp.sync.exchange import Exchange
from envlsp.sync.flow import Inbox, Outbox
from envlsp.sync.meeting import who_is_who, who_we_are
from envlsp.sync.ports import Replica
from envlsp.sync.pulse import Pulse
from envlsp.sync.states import NEXT, Move, State, step
from envlsp.wire.frames import Frame, decode_frame_untrusted, encode_frame, is_control
from envlsp.wire.messages import (
    Ack,
    Announce,
    Bye,
    CloseCode,
    Done,
    Err,
    Heads,
    Intro,
    Message,
    Ping,
    Pong,
    Records,
    Vector,
    Want,
    decode_message_untrusted,
    encode_message,
    kind_of,
)

MEETING_TIMEOUT_S: Final = 10.0
LEAVING_TIMEOUT_S: Final = 5.0
LINGER_S: Final = 2.0  # after answering BYE: the other side closes, so that nothing is cut off

_CODES: Final[tuple[tuple[type[Exception], CloseCode], ...]] = (
    (UpgradeNeeded, CloseCode.UPGRADE),
    (LimitExceeded, CloseCode.LIMIT),
    (Malformed, CloseCode.PROTOCOL),
    (CannotOpen, CloseCode.PROTOCOL),
    (TrustError, CloseCode.PROTOCOL),
)


class Session:
    """The protocol with one peer. See the module for how to drive it."""

    def __init__(
        self, setup: Setup, replica: Replica, now: float, *, vouched: DevicePk | None = None
    ) -> None:
        """Begin; side A has its first message in `take_effects` at once.

        Args:
            setup: who we are, which side, and the link's channel binding.
            replica: the records of the team on this device.
            now: seconds.
            vouched: a device we trust for another reason than the ledger: the inviter whom
                a spoken code proved, before we hold the records that make it a member.
        """
        self._replica = replica
        self._vouched = vouched
        self._team = setup.team
        self._state = State.PROVING
        self._handshake = Handshake(setup)
        self._channel: SecureChannel | None = None
        self._peer: DevicePk | None = None
        self._out = Outbox(now)
        self._in = Inbox(now)
        self._exchange: Exchange | None = None
        self._early_heads: Heads | None = None
        self._intro: Intro | None = None
        self._intro_sent = False
        self._stores_intro = False
        self._said_bye = False
        self._deadline = now + HANDSHAKE_TIMEOUT_S
        self._pulse = Pulse(now)
        self._is_stale = False
        self._synced_at: tuple[RecordId, ...] | None = None
        self._effects: list[Effect] = []
        hello = self._handshake.start()
        if hello is not None:
            self._effects.append(SendMessage(hello))

    # --- what the owner sees ------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Return where the session is in its life."""
        return self._state

    @property
    def peer(self) -> DevicePk | None:
        """Return the device that proved itself, if one has."""
        return self._peer

    @property
    def is_idle(self) -> bool:
        """Return whether all we sent is acknowledged and all we got is stored."""
        return self._out.is_idle and not self._in.is_busy

    @property
    def is_stale(self) -> bool:
        """Return whether the peer has missed a beat and not been heard since."""
        return self._is_stale

    def take_effects(self) -> list[Effect]:
        """Return what to do and what happened since the last call, in order."""
        effects, self._effects = self._effects, []
        return effects

    def wake_at(self, now: float) -> float:
        """Return when `tick` must be called at the latest."""
        if self._state is State.CLOSED:
            return float("inf")
        moments = [self._deadline]
        if self._channel is not None:
            pulse_at = self._pulse.wake_at(now, waiting=self._out.is_waiting)
            moments += [pulse_at, self._out.wake_at(now), self._in.wake_at(now)]
        if self._exchange is not None and not self._said_bye:
            moments.append(self._exchange.wake_at())
        return max(min(moments), now)

    # --- what the owner says ------------------------------------------------------------------

    def receive(self, message: bytes, now: float) -> None:
        """Take one message of the link. Never raises for what the peer did.

        Spec: docs/protocol.md, "F.2 Reconciliation", "F.3 Framing, backpressure, limits".
        """
        if self._state is State.CLOSED:
            return
        self._heard(now)
        with self._blaming_the_peer(now):
            if self._channel is None:
                self._prove_untrusted(message, now)
            else:
                self._take_frame_untrusted(self._channel.open(message), now)
            self._go_on(now)

    def stored(self, results: Sequence[StoreResult], now: float) -> None:
        """Say what became of the records of the last `StoreRecords`, one result for each.

        Call it when those that were accepted are durable: the peer is told so.
        """
        if self._state is State.CLOSED:
            return
        if not self._is_storing:
            raise Misuse("no records were handed over")
        with self._blaming_the_peer(now):
            self._take_results(results, now)
            self._go_on(now)

    def local_change(self, ids: Sequence[RecordId], now: float) -> None:
        """Say that these records are stored, whether made here or come from another peer."""
        if self._exchange is None or self._state is State.CLOSED:
            return
        if not self._is_welcome():
            self._abort(CloseCode.REVOKED, now)  # before anything of it goes out
            return
        self._exchange.local_change(ids)
        with self._blaming_the_peer(now):
            self._go_on(now)

    def membership_changed(self, now: float) -> None:
        """Say that roles changed: a peer that is no member any more is sent away (A6)."""
        if self._state not in (State.SYNCING, State.IN_STEP):
            return
        if not self._is_welcome():
            self._abort(CloseCode.REVOKED, now)

    def tick(self, now: float) -> None:
        """Let time pass: beats, timeouts, and what was held back."""
        if self._state is State.CLOSED:
            return
        if now >= self._deadline:
            self._abort(self._overdue_code(), now)
        elif self._pulse.is_dead(now):
            self._abort(CloseCode.TIMEOUT, now)
        else:
            with self._blaming_the_peer(now):
                self._go_on(now)
            self._keep_alive(now)

    def doubt(self, now: float) -> None:
        """Demand a sign of life within three seconds: there is reason to think that the link is gone."""
        if self._channel is not None and self._state is not State.CLOSED:
            self._pulse.doubt(now)
            self._keep_alive(now)

    def leave(self, now: float) -> None:
        """Begin the orderly end: what is under way is finished, then both say BYE.

        Wait for `InSync` first if the peer should have everything.
        """
        if self._state in (State.CLOSED, State.LEAVING):
            return
        self._state = step(NEXT, self._state, Move.LEAVE)
        if self._state is State.CLOSED:
            self._effects.append(Close(CloseCode.ORDERLY))
            return
        self._deadline = now + LEAVING_TIMEOUT_S
        if self._exchange is not None:
            self._exchange.hold_nothing()
        with self._blaming_the_peer(now):
            self._go_on(now)

    def abort(self, code: CloseCode, now: float) -> None:
        """End at once, telling the peer `code`: our disk failed, or we are shutting down."""
        if self._state is not State.CLOSED:
            self._abort(code, now)

    def lost(self) -> None:
        """Say that the link is gone."""
        if self._state is not State.CLOSED:
            orderly = self._said_bye and self._state is State.LEAVING
            self._end(CloseCode.ORDERLY if orderly else CloseCode.LOST)

    # --- proving and meeting ------------------------------------------------------------------

    def _prove_untrusted(self, message: bytes, now: float) -> None:
        reply = self._handshake.receive(message)
        if reply.send is not None:
            self._effects.append(SendMessage(reply.send))
            self._pulse.spoke(now)
        if reply.proved is not None:
            self._meet(reply.proved, now)

    def _meet(self, proved: Proved, now: float) -> None:
        self._channel, self._peer = proved.channel, proved.peer
        self._effects.append(PeerProved(proved.peer, proved.caps))
        if self._is_welcome():
            self._welcome(now)
            return
        revoked = self._replica.is_revoked(proved.peer)
        self._state = step(NEXT, self._state, Move.NOT_KNOWN)
        self._deadline = now + MEETING_TIMEOUT_S
        self._effects.append(PeerNotKnown(proved.peer, revoked))
        self._introduce()

    def _is_welcome(self) -> bool:
        if self._peer is None or self._replica.is_revoked(self._peer):
            return False
        return self._peer == self._vouched or self._replica.is_active(self._peer)

    def _welcome(self, now: float) -> None:
        assert self._peer is not None
        self._state = step(NEXT, self._state, Move.WELCOMED)
        self._deadline = float("inf")
        self._exchange = Exchange(self._replica, self._team, self._out, now)
        self._effects.append(PeerWelcomed(self._peer))
        if self._early_heads is not None:
            self._exchange.on_heads_untrusted(self._early_heads, now)
            self._early_heads = None

    def _introduce(self) -> None:
        """Ask who they are; say who is who, if they may know: they were members once."""
        assert self._peer is not None
        is_told = self._replica.is_revoked(self._peer)
        self._intro_sent |= is_told
        self._out.put(Intro(1, who_is_who(self._replica) if is_told else ()))

    def _on_intro_untrusted(self, intro: Intro, now: float) -> None:
        if self._intro is not None:
            raise MalformedFrame("a second introduction")
        self._intro = intro
        if self._state is State.MEETING and intro.want and not intro.records:
            # Neither knows the other, and neither may say more.
            self._abort(CloseCode.UNKNOWN_PEER, now)
            return
        if intro.want and not self._intro_sent and self._exchange is not None:
            self._intro_sent = True
            is_removed_there = bool(intro.records)
            told = who_is_who if is_removed_there else who_we_are
            self._out.put(Intro(0, told(self._replica)))
        if intro.records:
            self._stores_intro = True
            self._effects.append(StoreRecords(intro.records, auth_only=not self._takes_all_of(intro)))
        elif self._state is State.MEETING:
            self._evaluate(now)

    def _takes_all_of(self, intro: Intro) -> bool:
        """Return whether releases may come with it: from who knows us, and was not removed."""
        assert self._peer is not None
        return self._state is State.MEETING and not intro.want and not self._replica.is_revoked(self._peer)

    def _evaluate(self, now: float) -> None:
        """Look again at the peer, once, with what the introduction brought."""
        assert self._peer is not None
        if self._is_welcome():
            self._welcome(now)
            return
        revoked = self._replica.is_revoked(self._peer)
        self._abort(CloseCode.REVOKED if revoked else CloseCode.UNKNOWN_PEER, now)

    # --- frames -------------------------------------------------------------------------------

    def _take_frame_untrusted(self, plain: bytes, now: float) -> None:
        frame = decode_frame_untrusted(plain)
        if is_control(frame.kind):
            self._on_control_untrusted(decode_message_untrusted(frame.kind, frame.payload), now)
        elif not self._said_bye:
            self._in.add_untrusted(frame)

    def _on_control_untrusted(self, message: Message, now: float) -> None:
        match message:
            case Ack(seq):
                if not self._said_bye:
                    self._out.acked_untrusted(seq)
            case Ping(number):
                self._pulse.on_ping_untrusted(now)
                self._say(Pong(number), now)
            case Bye():
                self._on_bye(now)
            case Err(code):
                self._end(code, by_peer=True)
            case _:
                pass  # a PONG: that something came is all that matters

    def _on_bye(self, now: float) -> None:
        if self._said_bye:
            self._end(CloseCode.ORDERLY)
            return
        self._out.drop()
        if self._exchange is not None:
            self._exchange.stop_asking()
        if self._state is State.MEETING:
            self._end(CloseCode.ORDERLY, by_peer=True)
            return
        self._state = step(NEXT, self._state, Move.LEAVE)
        self._deadline = now + LINGER_S
        self._said_bye = True
        self._say(Bye(), now)

    def _on_message_untrusted(self, message: Message, now: float) -> None:
        exchange = self._exchange
        if isinstance(message, Intro):
            self._on_intro_untrusted(message, now)
            return
        if exchange is None:
            self._on_early_untrusted(message)
            return
        match message:
            case Heads():
                exchange.on_heads_untrusted(message, now)
            case Vector():
                exchange.on_vector_untrusted(message, now)
            case Want():
                exchange.on_want_untrusted(message)
            case Records():
                exchange.on_records_untrusted(message)
            case Done():
                exchange.on_done_untrusted()
            case Announce():
                exchange.on_announce_untrusted(message, now)
            case _:
                raise MalformedFrame("not a message of the exchange")

    def _on_early_untrusted(self, message: Message) -> None:
        """Take what a peer may say that knows us while we do not know it."""
        if isinstance(message, Heads):
            self._early_heads = message
        elif not isinstance(message, Announce):
            raise MalformedFrame("too early")

    # --- storing ------------------------------------------------------------------------------

    def _take_results(self, results: Sequence[StoreResult], now: float) -> None:
        if any(isinstance(result, Refused) for result in results):
            self._abort(CloseCode.BAD_RECORD, now)
            return
        if self._stores_intro:
            self._stores_intro = False
            if self._exchange is None:
                self._evaluate(now)
            else:
                self._exchange.refresh()
        elif self._exchange is not None:
            self._exchange.on_stored(results)
            self._collect()
        if not self._is_storing:
            self._in.settle()

    @property
    def _is_storing(self) -> bool:
        of_exchange = self._exchange is not None and self._exchange.is_storing
        return self._stores_intro or of_exchange

    # --- going on -----------------------------------------------------------------------------

    def _go_on(self, now: float) -> None:
        """Deal with what waits, then send what is due."""
        while self._state is not State.CLOSED and (arrived := self._in.next()) is not None:
            message = decode_message_untrusted(arrived.kind, arrived.payload)
            self._on_message_untrusted(message, now)
            self._collect()
            if not self._is_storing:
                self._in.settle()
        if self._state is State.CLOSED or self._channel is None:
            return
        if self._exchange is not None and not self._said_bye:
            self._exchange.advance(now)
            self._collect()
            self._compare()
        self._flush(now)

    def _collect(self) -> None:
        if self._exchange is not None and self._state is not State.CLOSED:
            self._effects += self._exchange.take_effects()

    def _compare(self) -> None:
        assert self._exchange is not None
        if not self._exchange.is_in_step:
            self._state = step(NEXT, self._state, Move.HEADS_DIFFER)
            return
        self._state = step(NEXT, self._state, Move.HEADS_EQUAL)
        if self._synced_at != self._exchange.heads:
            self._synced_at = self._exchange.heads
            self._effects.append(InSync(self._exchange.heads))

    def _flush(self, now: float) -> None:
        upto = self._in.take_ack(now)
        if upto is not None:
            self._say(Ack(upto), now)
        for frame in self._out.pump(now):
            self._send(frame, now)
        if self._state is State.LEAVING and self.is_idle and not self._said_bye:
            self._said_bye = True
            self._say(Bye(), now)

    def _keep_alive(self, now: float) -> None:
        if self._channel is None or self._state is State.CLOSED:
            return
        if (beat := self._pulse.next_beat(now, waiting=self._out.is_waiting)) is not None:
            self._say(Ping(beat), now)
        if not self._is_stale and self._pulse.is_stale(now):
            self._is_stale = True
            self._effects.append(PeerWentStale())

    def _heard(self, now: float) -> None:
        self._pulse.heard(now)
        if self._is_stale:
            self._is_stale = False
            self._effects.append(PeerCameBack())

    def _say(self, message: Message, now: float) -> None:
        """Send a control message."""
        frame = Frame(kind_of(message), more=False, seq=0, payload=encode_message(message))
        self._send(frame, now)

    def _send(self, frame: Frame, now: float) -> None:
        assert self._channel is not None
        self._effects.append(SendMessage(self._channel.seal(encode_frame(frame))))
        self._pulse.spoke(now)

    # --- ending -------------------------------------------------------------------------------

    def _overdue_code(self) -> CloseCode:
        if self._state is State.LEAVING:
            return CloseCode.ORDERLY if self._said_bye else CloseCode.TIMEOUT
        return CloseCode.TIMEOUT

    @contextmanager
    def _blaming_the_peer(self, now: float) -> Iterator[None]:
        """End the session, and nothing else, on whatever a peer's bytes may cause."""
        try:
            yield
        except (Malformed, LimitExceeded, UpgradeNeeded, TrustError) as exc:
            self._fail(exc, now)

    def _fail(self, exc: Exception, now: float) -> None:
        if self._channel is None and not isinstance(exc, UpgradeNeeded):
            self._end(CloseCode.HANDSHAKE)
            return
        self._abort(next(code for kind, code in _CODES if isinstance(exc, kind)), now)

    def _abort(self, code: CloseCode, now: float) -> None:
        if self._channel is not None and code is not CloseCode.ORDERLY:
            self._say(Err(code), now)
        self._end(code)

    def _end(self, code: CloseCode, *, by_peer: bool = False) -> None:
        if self._state is State.CLOSED:
            return
        self._state = step(NEXT, self._state, Move.ENDED)
        self._out.drop()
        if self._exchange is not None:
            self._exchange.stop_asking()
        self._effects.append(Close(code, by_peer))
