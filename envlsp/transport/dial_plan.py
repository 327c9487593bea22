"""Who dials whom, and when: decisions without a socket, a clock or a task.

Rules:

* One dial per peer at a time. The device with the lower dpk controls: it alone
  sends parameters first, so two dials never cross; the other asks for a dial and
  names the session.
* A session is used once. Messages of another session are ignored, whether late,
  replayed or forged: they cost a lookup.
* A peer that dials while we still hold a link to it has lost its end: a new link
  replaces the old one when it is open, not before.
* A peer that asks for a dial while ours runs may only not have heard of it yet. It has
  lost its end where it had answered already, where it has come anew since, and where
  no answer comes in time: then we begin again with what it asks for.
* A link over a relay is no place to stay: the controlling side dials again now and
  then, with both sides' relays left out, so that only a better path can open. Such an
  attempt gives way to every other one, and its failure counts for nothing.
* After a failure: full jitter below 1, 2, 4 .. 60 s. A link that held for half a
  minute, a sign of life (`nudge`) or a change of our addresses starts the count again.

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
RENEWALS_MAX = 5  # dials in vain after a change of addresses; the link has proved to be alive by then
BETTER_GRACE_S = 2.0  # a link may end because the peer has opened the better one a moment before us
BETTER_AFTER_S, BETTER_MAX_S = 30.0, 600.0
"""The pause before a relayed link is tried directly, and what it doubles up to: a hole in a
router costs twelve seconds of small packets to look for, and is hardly ever there later."""
ASK_PATIENCE_S = 3.0  # the answer to `dial` takes a round trip through the server
START_GAP_S = 0.4  # between two dials of ours to one peer: commands follow each other quickly
EARLY_S = 0.001
ANSWER_GAP_S = 0.2  # between two dials that we answer, on average
ANSWERS_AT_ONCE = 4  # a peer's next command knows nothing of the dials of the last one
SESSIONS_KEPT = 1024


@dataclass(frozen=True, slots=True)
class StartDial:
    """Open a link in this session; report `opened` or `failed`.

    Attributes:
        peer: whom to.
        session: names the attempt.
        controlling: whether this side does.
        direct: offer no relay: there is a link over one already.
    """

    peer: DevicePk
    session: bytes
    controlling: bool
    direct: bool = False


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
    is_relayed: bool = False
    """Whether `link` goes over a relay."""
    is_better: bool = False
    """Whether `dial` is one without relays, to replace a link over one."""
    attempts: int = 0
    """How often that was tried in vain."""
    is_renewed: bool = False
    """Whether `link` was opened with addresses that have changed since, and is to be replaced."""
    put_off: bytes | None = None
    """A session we were asked for too soon: after the last one, or while its answer may be on its way."""
    linked_at: float = 0.0
    begun_at: float = float("-inf")
    is_answered: bool = False
    """Whether the peer has said anything in `dial`, so that it knew of it."""
    is_outlived: bool = False
    """Whether the peer came anew while `dial` was not answered: it may have gone to who was there before."""
    answers_paid_until: float = float("-inf")
    """Each answer costs ANSWER_GAP_S; how far ahead of the clock that has come."""
    failures: int = 0

    @property
    def is_idle(self) -> bool:
        return self.dial is None and self.link is None

    @property
    def is_unheard(self) -> bool:
        """Whether a dial runs of which the peer may not have heard yet."""
        return self.dial is not None and not (self.is_better or self.is_answered or self.is_outlived)


class DialPlan:
    """The state of all peers. Every method returns what to do now."""

    def __init__(
        self,
        own: DevicePk,
        *,
        jitter: Callable[[], float],
        new_session: Callable[[], bytes],
        leaves_relays: bool = True,
    ) -> None:
        """Start without peers.

        Args:
            own: this device.
            jitter: draws from 0 to 1.
            new_session: draws 16 fresh random bytes.
            leaves_relays: try to replace links over relays; not where they are what is wanted.
        """
        self._own = own
        self._leaves_relays = leaves_relays
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
        return self._begin(peer, now) if state.is_idle else self._improve_later(peer, state)

    def unwant(self, peer: DevicePk) -> list[Effect]:
        """Try no more; a dial that runs and a link that stands are left alone."""
        state = self._peer(peer)
        state.wanted = state.asked = False
        return []

    def forget(self, peer: DevicePk) -> None:
        """Keep nothing about a peer, unless a dial or a link is under way."""
        if (state := self._peers.get(peer)) is not None and state.is_idle:
            del self._peers[peer]

    def nudge(self, peer: DevicePk, now: float) -> list[Effect]:
        """Try now: the peer was seen."""
        state = self._peer(peer)
        state.failures = 0
        return self._begin(peer, now) if state.wanted and state.is_idle else []

    def came(self, peer: DevicePk) -> None:
        """Note that the peer's program has started, or has lost its way to us and found another."""
        if (state := self._peers.get(peer)) is not None:
            state.is_outlived = state.dial is not None and not state.is_answered

    def addresses_changed(self, now: float) -> list[Effect]:
        """Dial every peer anew: links from our old addresses may be dead, and better ones possible.

        A link that still works stays until the new one is open.
        """
        due: list[Effect] = []
        for peer, state in self._peers.items():
            state.failures = state.attempts = 0
            if state.wanted:
                state.is_renewed = state.link is not None
                given_up = self._abandon(peer, state)  # it began with addresses that are gone
                due += [*given_up, *self._begin(peer, now, at_once=True)]
        return due

    def retry_due(self, peer: DevicePk, now: float) -> list[Effect]:
        """Go on after a `TryAgainIn`."""
        state = self._peer(peer)
        if (asked := state.put_off) is not None:
            return [*self._abandon(peer, state), *self._start(peer, state, asked, now)]
        if state.is_better and state.link is None:
            return [*self._abandon(peer, state), *self._begin(peer, now)]
        if self._is_improvable(peer, state) and not self._is_to_be_renewed(state):
            return self._start(peer, state, self._new_session(), now, direct=True)
        if not (state.wanted and (state.is_idle or self._is_to_be_renewed(state))):
            return []
        if state.asked:
            state.failures += 1  # nobody has answered
        return self._begin(peer, now)

    def dialling_since(self, peer: DevicePk) -> float | None:
        """Return when the dial to this peer that runs now began; None where none does."""
        state = self._peers.get(peer)
        return None if state is None or state.dial is None else state.begun_at

    # --- messages --------------------------------------------------------------------------

    def hear(self, peer: DevicePk, session: bytes, kind: SignalKind, now: float) -> list[Effect]:
        """Say what a message from this peer calls for; nothing, if it comes at the wrong time."""
        state = self._peer(peer)
        if kind == "dial":
            return self._hear_dial(peer, state, session, now)
        if session == state.dial:
            state.is_answered, state.put_off = True, None
            return [Deliver(peer, session)]
        if kind in {"params", "direct"}:
            return self._hear_new_session(peer, state, session, now, direct=kind == "direct")
        return []

    def _hear_dial(self, peer: DevicePk, state: _Peer, session: bytes, now: float) -> list[Effect]:
        if not self._controls(peer) or self._is_stale(session):
            return []
        gap_s = _gap_s(state, now, ASK_PATIENCE_S if state.is_unheard else START_GAP_S)
        given_up = (
            [] if gap_s and state.is_unheard else self._abandon(peer, state)
        )  # it knows nothing of that
        if gap_s > 0:  # put off and not dropped: the asker would wait for seconds
            state.put_off = session
            return [*given_up, TryAgainIn(peer, gap_s)]
        return [*given_up, *self._start(peer, state, session, now)]

    def _hear_new_session(
        self, peer: DevicePk, state: _Peer, session: bytes, now: float, *, direct: bool
    ) -> list[Effect]:
        too_many = state.answers_paid_until - now > ANSWER_GAP_S * (ANSWERS_AT_ONCE - 1)
        if self._controls(peer) or too_many or self._is_stale(session):
            return []
        state.answers_paid_until = max(now, state.answers_paid_until) + ANSWER_GAP_S
        given_up = self._abandon(peer, state)
        started = self._start(peer, state, session, now, direct=direct)
        return [*given_up, *started, Deliver(peer, session)]

    def _is_stale(self, session: bytes) -> bool:
        return len(session) != SESSION_BYTES or session in self._used

    # --- outcomes --------------------------------------------------------------------------

    def opened(self, peer: DevicePk, session: bytes, now: float, *, is_relayed: bool = False) -> list[Effect]:
        """Note that a dial has become a link, and whether a relay carries it."""
        state = self._peer(peer)
        if session != state.dial:
            return [DropLink(peer, session)]
        replaced: list[Effect] = [DropLink(peer, state.link)] if state.link is not None else []
        state.dial, state.link, state.linked_at = None, session, now
        state.is_better, state.is_relayed, state.is_renewed, state.put_off = False, is_relayed, False, None
        if not is_relayed:
            state.attempts = 0
        return [*replaced, *self._improve_later(peer, state)]

    def failed(self, peer: DevicePk, session: bytes) -> list[Effect]:
        """Note that a dial has come to nothing."""
        state = self._peer(peer)
        if session != state.dial:
            return []
        was_better = state.is_better
        state.dial, state.is_better = None, False
        state.failures += not was_better
        if state.put_off is not None:
            return [TryAgainIn(peer, START_GAP_S)]  # it waits for a dial
        if state.link is None or self._is_to_be_renewed(state):
            return self._retry(peer, state)
        state.attempts += was_better
        return self._improve_later(peer, state)

    def ended(self, peer: DevicePk, session: bytes, now: float) -> list[Effect]:
        """Note that a link has ended, whoever ended it."""
        state = self._peer(peer)
        if session != state.link:
            return []
        state.link, state.is_renewed = None, False
        state.failures = 0 if now - state.linked_at >= STEADY_S else state.failures + 1
        if state.is_better and state.wanted:
            return [TryAgainIn(peer, BETTER_GRACE_S)]
        return self._retry(peer, state)

    # --- inside ----------------------------------------------------------------------------

    def _peer(self, peer: DevicePk) -> _Peer:
        return self._peers.setdefault(peer, _Peer())

    def _controls(self, peer: DevicePk) -> bool:
        return self._own < peer

    def _begin(self, peer: DevicePk, now: float, *, at_once: bool = False) -> list[Effect]:
        state = self._peer(peer)
        gap_s = _gap_s(state, now)
        if gap_s > 0 and not at_once:
            return [TryAgainIn(peer, gap_s)]
        if self._controls(peer):
            return self._start(peer, state, self._new_session(), now)
        state.asked = True
        return [
            AskForDial(peer, self._new_session()),
            TryAgainIn(peer, ASK_PATIENCE_S + self._backoff_s(state)),
        ]

    def _start(
        self, peer: DevicePk, state: _Peer, session: bytes, now: float, *, direct: bool = False
    ) -> list[Effect]:
        self._used[session] = None
        if len(self._used) > SESSIONS_KEPT:
            self._used.popitem(last=False)
        state.dial, state.begun_at, state.asked, state.put_off = session, now, False, None
        state.is_better, state.is_answered, state.is_outlived = direct, False, False
        return [StartDial(peer, session, self._controls(peer), direct)]

    def _abandon(self, peer: DevicePk, state: _Peer) -> list[Effect]:
        if state.dial is None:
            return []
        given_up, state.dial, state.is_better = state.dial, None, False
        return [AbandonDial(peer, given_up)]

    def _is_to_be_renewed(self, state: _Peer) -> bool:
        return state.is_renewed and state.dial is None and state.failures < RENEWALS_MAX

    def _is_improvable(self, peer: DevicePk, state: _Peer) -> bool:
        is_stuck = state.link is not None and state.dial is None and state.is_relayed
        return is_stuck and state.wanted and self._leaves_relays and self._controls(peer)

    def _improve_later(self, peer: DevicePk, state: _Peer) -> list[Effect]:
        if not self._is_improvable(peer, state):
            return []
        most_s = min(BETTER_MAX_S, BETTER_AFTER_S * 2.0 ** min(state.attempts, 10))
        return [TryAgainIn(peer, most_s * (1 + self._jitter()) / 2)]

    def _retry(self, peer: DevicePk, state: _Peer) -> list[Effect]:
        if not (state.wanted and (state.is_idle or self._is_to_be_renewed(state))):
            return []
        return [TryAgainIn(peer, self._backoff_s(state))]

    def _backoff_s(self, state: _Peer) -> float:
        exponent = min(max(state.failures - 1, 0), 6)  # 2^6 is beyond the ceiling already
        return self._jitter() * min(BACKOFF_MAX_S, 2.0**exponent)


def _gap_s(state: _Peer, now: float, least_s: float = START_GAP_S) -> float:
    """Return how long to wait before another dial; a timer may fire a moment early, and is on time then."""
    gap_s = least_s - (now - state.begun_at)
    return gap_s if gap_s > EARLY_S else 0.0
