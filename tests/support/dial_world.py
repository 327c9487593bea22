"""Two dial plans and a pretended network between them: messages, dials and links without a socket."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from envlsp.domain.ids import DevicePk
from envlsp.transport.api import SignalKind
from envlsp.transport.dial_plan import (
    AbandonDial,
    AskForDial,
    Deliver,
    DialPlan,
    DropLink,
    Effect,
    StartDial,
    TryAgainIn,
)

LOW, HIGH = DevicePk(bytes(32)), DevicePk(bytes([255] * 32))
DIAL_TIMEOUT_S = 12.0


@dataclass
class Side:
    """One device, and what it has: at most one dial, and links by session."""

    own: DevicePk
    plan: DialPlan
    dial: StartDial | None = None
    links: dict[bytes, bool] = field(default_factory=dict)
    """Whether a relay carries each."""
    timer: int = 0
    is_dead: bool = False


class DialWorld:
    """Time, chance, and two devices that want a link to each other."""

    def __init__(self, random: Random, *, is_relayed: bool) -> None:
        self.random = random
        self.is_relayed = is_relayed
        """Whether a direct path is impossible now."""
        self.loses = 0.0
        """The share of messages that never arrive now."""
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order, self._sessions = count(), count(1)
        self.sides = {own: self._side(own) for own in (LOW, HIGH)}

    def _side(self, own: DevicePk) -> Side:
        sessions = self._sessions
        return Side(
            own,
            DialPlan(own, jitter=self.random.random, new_session=lambda: next(sessions).to_bytes(16)),
        )

    def begin(self) -> None:
        """Let each want the other."""
        for own, side in self.sides.items():
            self.obey(side, side.plan.want(other(own), self.now))

    def run(self, for_s: float) -> None:
        """Let time pass."""
        until = self.now + for_s
        while self._due and self._due[0][0] <= until:
            self.now, _, happen = heapq.heappop(self._due)
            happen()
        self.now = until

    # --- what tests do to them -------------------------------------------------------------------

    def cut(self) -> None:
        """Break every link; each side notices in its own time."""
        for side in self.sides.values():
            for session in list(side.links):
                self._later(self.random.uniform(0, 15), lambda s=side, x=session: self._end(s, x))  # type: ignore[misc]

    def move(self, own: DevicePk) -> None:
        """Give one side other addresses."""
        side = self.sides[own]
        self.obey(side, side.plan.addresses_changed(self.now))

    def see(self, own: DevicePk) -> None:
        """Let one side hear the other's beacon."""
        side = self.sides[own]
        self.obey(side, side.plan.nudge(other(own), self.now))

    def kill(self, own: DevicePk) -> None:
        """Kill one side, which says nothing any more; the other finds out in 15 s at most."""
        killed, there = self.sides[own], self.sides[other(own)]
        self.sides[own] = self._side(own)
        for session in list(there.links):
            self._later(self.random.uniform(0, 15), lambda x=session: self._end(there, x))  # type: ignore[misc]
        killed.is_dead, killed.dial = True, None

    def start(self, own: DevicePk) -> None:
        """Start one side that was killed: the other hears its beacon, and answers it."""
        side, there = self.sides[own], self.sides[other(own)]
        there.plan.came(own)
        self.obey(there, there.plan.nudge(own, self.now))
        self.obey(there, there.plan.want(own, self.now))
        self.obey(side, side.plan.want(there.own, self.now))

    # --- what they do ----------------------------------------------------------------------------

    def obey(self, side: Side, effects: list[Effect], heard: SignalKind | None = None) -> None:
        """Carry out what a plan says."""
        for effect in () if side.is_dead else effects:
            match effect:
                case StartDial():
                    assert side.dial is None, "two dials at once"
                    side.dial = effect
                    self._begin_dial(side, effect)
                case AbandonDial(session=session):
                    assert side.dial is not None
                    assert side.dial.session == session
                    side.dial = None
                    self._say_bye(side, session)
                case AskForDial(session=session):
                    self._post(side, session, "dial")
                case DropLink(session=session):
                    self._end(side, session)
                case TryAgainIn(wait_s=wait_s):
                    side.timer += 1
                    self._later(wait_s, lambda turn=side.timer: self._retry(side, turn))  # type: ignore[misc]
                case Deliver():
                    assert heard is not None

    def _begin_dial(self, side: Side, dial: StartDial) -> None:
        side.timer += 1
        if dial.controlling:
            self._post(side, dial.session, "direct" if dial.direct else "params")
        else:
            self._post(side, dial.session, "params")
            if (there := self.sides[other(side.own)].dial) is not None and there.session == dial.session:
                self._meet(dial)
        self._later(DIAL_TIMEOUT_S, lambda: self._fail(side, dial.session))

    def _meet(self, dial: StartDial) -> None:
        if dial.direct and self.is_relayed:
            return  # both run into their timeouts
        carried = self.is_relayed
        for side in self.sides.values():
            self._later(
                self.random.uniform(0.01, 1.5),
                lambda s=side: self._open(s, dial.session, carried),  # type: ignore[misc]
            )

    def _open(self, side: Side, session: bytes, is_relayed: bool) -> None:
        there = self.sides[other(side.own)]
        met = side.dial is not None and side.dial.session == session
        if met and (session in there.links or (there.dial is not None and there.dial.session == session)):
            side.dial = None
            side.links[session] = is_relayed
            opened = side.plan.opened(there.own, session, self.now, is_relayed=is_relayed)
            self.obey(side, opened)

    def _fail(self, side: Side, session: bytes) -> None:
        if side.dial is not None and side.dial.session == session:
            side.dial = None
            self._say_bye(side, session)
            self.obey(side, side.plan.failed(other(side.own), session))

    def _say_bye(self, side: Side, session: bytes) -> None:
        there = self.sides[other(side.own)]

        def arrive() -> None:
            self._fail(there, session)
            self._end(there, session)

        self._later(self.random.uniform(0.01, 0.5), arrive)

    def _end(self, side: Side, session: bytes) -> None:
        if session in side.links:
            del side.links[session]
            there = self.sides[other(side.own)]
            self._later(self.random.uniform(0.01, 0.5), lambda: self._end(there, session))
            self.obey(side, side.plan.ended(there.own, session, self.now))

    def _post(self, side: Side, session: bytes, kind: SignalKind) -> None:
        if self.random.random() < self.loses:
            return
        there = self.sides[other(side.own)]

        def arrive() -> None:
            self.obey(there, there.plan.hear(side.own, session, kind, self.now), kind)

        self._later(self.random.uniform(0.01, 0.3), arrive)

    def _retry(self, side: Side, turn: int) -> None:
        if turn == side.timer:
            self.obey(side, side.plan.retry_due(other(side.own), self.now))

    def _later(self, wait_s: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + wait_s, next(self._order), happen))


def other(own: DevicePk) -> DevicePk:
    """Return the one of the two that is not this."""
    return HIGH if own == LOW else LOW
