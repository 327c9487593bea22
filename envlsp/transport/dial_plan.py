"""Who dials whom, and when: decisions without a socket, a clock or a task.

Rules:

* One dial per peer at a time. The device with the lower dpk controls: it alone
  sends parameters first, so two dials never cross; the other asks for a dial and
  names the session.
* A session is used once. Messages of another session are ignored, whether late,
  replayed or forged: they cost a lookup.
* A peer that dials while we still hold a link to it has lost its end: a new link
  replaces the old one when it is open, not before.
* After a failure: full jitter below 1, 2, 4 .. 60 s. A link that held for half a
  minute, or a sign of life (`nudge`), starts the count again.

The caller vouches for who sent a message, carries out the effects in their order,
and reports what becomes of them.

Spec: docs/protocol.md, "G. Signaling".
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from envlsp.domain.ids import DevicePk
from envlsp.transport.api import SignalKind
from envlsp.wire.signals import SESSION_BYTES

BACKOFF_MAX_S = 60.0
STEADY_S = 30.0  # a link that held so long was a good one
ASK_PATIENCE_S = 3.0  # the answer to `dial` takes a round trip through the server
START_GAP_S = 0.4  # between two dials of ours to one peer: commands follow each other quickly
ANSWER_GAP_S = 0.2  # between two dials that we answer, on average
ANSWERS_AT_ONCE = 4  # a peer's next command knows nothing of the dials of the last one
SESSIONS_KEPT = 1024


@dataclass(frozen=True, slots=True)
class StartDial:
    """Open a link in this session; report `opened` or `failed`."""

    peer: DevicePk
    session: bytes
    controlling: bool


@dataclass(frozen=True, slots=True)
class AbandonDial:
    """Stop the dial of this session; report nothing."""

    peer: DevicePk
    session: bytes


@dataclass(frozen=True, slots=True)
class AskForDial:
    """Send `dial` to the peer."""

    peer: DevicePk
    session: bytes


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand the message at hand to the dial of this session."""

    peer: DevicePk
    session: bytes


@dataclass(frozen=True, slots=True)
class DropLink:
    """Close the link of this session: a newer one has taken its place."""

    peer: DevicePk
    session: bytes


@dataclass(frozen=True, slots=True)
class TryAgainIn:
    """Call `retry_due` after so long, and forget an earlier such wish for this peer."""

    peer: DevicePk
    wait_s: float


Effect: TypeAlias = StartDial | AbandonDial | AskForDial | Deliver | DropLink | TryAgainIn


@dataclass(slots=True)
class _Peer:
    """What we know of one peer. `dial`, `link` and `put_off` are session ids."""

    wanted: bool = False
    asked: bool = False
    dial: bytes | None = None
    link: bytes | None = None
    put_off: bytes | None = None
    """A session we were asked for too soon after the last one."""
    linked_at: float = 0.0
    begun_at: float = float("-inf")
    answers_paid_until: float = float("-inf")
    """Each answer costs ANSWER_GAP_S; how far ahead of the clock that has come."""
    failures: int = 0

    @property
    def is_idle(self) -> bool:
        return self.dial is None and self.link is None


class DialPlan:
    """The state of all peers. Every method returns what to do now."""

    def __init__(
        self, own: DevicePk, *, jitter: Callable[[], float], new_session: Callable[[], bytes]
    ) -> None:
        """Start without peers.

        Args:
            own: this device.
            jitter: draws from 0 to 1.
            new_session: draws 16 fresh random bytes.
        """
        self._own = own
        self._jitter, self._new_session = jitter, new_session
        self._peers: dict[DevicePk, _Peer] = {}
        self._used: OrderedDict[bytes, None] = OrderedDict()

    # --- wishes ----------------------------------------------------------------------------

    def want(self, peer: DevicePk, now: float) -> list[Effect]:
        """Keep a link to this peer from now on."""
        state = self._peer(peer)
        if state.wanted:
            return []
        state.wanted = True
        return self._begin(peer, now) if state.is_idle else []

    def unwant(self, peer: DevicePk) -> list[Effect]:
        """Try no more; a dial that runs and a link that stands are left alone."""
        state = self._peer(peer)
        state.wanted = state.asked = False
        return []

    def nudge(self, peer: DevicePk, now: float) -> list[Effect]:
        """Try now: the peer was seen, or our addresses have changed."""
        state = self._peer(peer)
        state.failures = 0
        return self._begin(peer, now) if state.wanted and state.is_idle else []

    def retry_due(self, peer: DevicePk, now: float) -> list[Effect]:
        """Go on after a `TryAgainIn`."""
        state = self._peer(peer)
        if state.put_off is not None and state.dial is None:
            return self._start(peer, state, state.put_off, now)
        if not (state.wanted and state.is_idle):
            return []
        if state.asked:
            state.failures += 1  # nobody has answered
        return self._begin(peer, now)

    # --- messages --------------------------------------------------------------------------

    def hear(self, peer: DevicePk, session: bytes, kind: SignalKind, now: float) -> list[Effect]:
        """Say what a message from this peer calls for; nothing, if it comes at the wrong time."""
        state = self._peer(peer)
        if kind == "dial":
            return self._hear_dial(peer, state, session, now)
        if session == state.dial:
            return [Deliver(peer, session)]
        if kind == "params":
            return self._hear_new_session(peer, state, session, now)
        return []

    def _hear_dial(self, peer: DevicePk, state: _Peer, session: bytes, now: float) -> list[Effect]:
        if not self._controls(peer) or state.dial is not None or self._is_stale(session):
            return []
        gap_s = START_GAP_S - (now - state.begun_at)
        if gap_s > 0:  # put off and not dropped: the asker would wait for seconds
            state.put_off = session
            return [TryAgainIn(peer, gap_s)]
        return self._start(peer, state, session, now)

    def _hear_new_session(self, peer: DevicePk, state: _Peer, session: bytes, now: float) -> list[Effect]:
        too_many = state.answers_paid_until - now > ANSWER_GAP_S * (ANSWERS_AT_ONCE - 1)
        if self._controls(peer) or too_many or self._is_stale(session):
            return []
        state.answers_paid_until = max(now, state.answers_paid_until) + ANSWER_GAP_S
        given_up: list[Effect] = [AbandonDial(peer, state.dial)] if state.dial is not None else []
        return [*given_up, *self._start(peer, state, session, now), Deliver(peer, session)]

    def _is_stale(self, session: bytes) -> bool:
        return len(session) != SESSION_BYTES or session in self._used

    # --- outcomes --------------------------------------------------------------------------

    def opened(self, peer: DevicePk, session: bytes, now: float) -> list[Effect]:
        """Note that a dial has become a link."""
        state = self._peer(peer)
        if session != state.dial:
            return [DropLink(peer, session)]
        replaced: list[Effect] = [DropLink(peer, state.link)] if state.link is not None else []
        state.dial, state.link, state.linked_at = None, session, now
        return replaced

    def failed(self, peer: DevicePk, session: bytes) -> list[Effect]:
        """Note that a dial has come to nothing."""
        state = self._peer(peer)
        if session != state.dial:
            return []
        state.dial = None
        state.failures += 1
        return self._retry(peer, state)

    def ended(self, peer: DevicePk, session: bytes, now: float) -> list[Effect]:
        """Note that a link has ended, whoever ended it."""
        state = self._peer(peer)
        if session != state.link:
            return []
        state.link = None
        state.failures = 0 if now - state.linked_at >= STEADY_S else state.failures + 1
        return self._retry(peer, state)

    # --- inside ----------------------------------------------------------------------------

    def _peer(self, peer: DevicePk) -> _Peer:
        return self._peers.setdefault(peer, _Peer())

    def _controls(self, peer: DevicePk) -> bool:
        return self._own < peer

    def _begin(self, peer: DevicePk, now: float) -> list[Effect]:
        state = self._peer(peer)
        gap_s = START_GAP_S - (now - state.begun_at)
        if gap_s > 0:
            return [TryAgainIn(peer, gap_s)]
        if self._controls(peer):
            return self._start(peer, state, self._new_session(), now)
        state.asked = True
        return [
            AskForDial(peer, self._new_session()),
            TryAgainIn(peer, ASK_PATIENCE_S + self._backoff_s(state)),
        ]

    def _start(self, peer: DevicePk, state: _Peer, session: bytes, now: float) -> list[Effect]:
        self._used[session] = None
        if len(self._used) > SESSIONS_KEPT:
            self._used.popitem(last=False)
        state.dial, state.begun_at, state.asked, state.put_off = session, now, False, None
        return [StartDial(peer, session, self._controls(peer))]

    def _retry(self, peer: DevicePk, state: _Peer) -> list[Effect]:
        if not (state.wanted and state.is_idle):
            return []
        return [TryAgainIn(peer, self._backoff_s(state))]

    def _backoff_s(self, state: _Peer) -> float:
        exponent = min(max(state.failures - 1, 0), 6)  # 2^6 is beyond the ceiling already
        return self._jitter() * min(BACKOFF_MAX_S, 2.0**exponent)
