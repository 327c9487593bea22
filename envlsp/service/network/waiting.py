"""How long a sync waits until everybody who is there is in step.

One `Waiting` is one sync: it looks at who is there, and says whether that was all. Too short,
and a teammate is missed who is just coming; too long, and a person looks at a terminal.
Its rules:

- Whoever was heard a moment ago is waited for, and so is whoever has just begun to answer.
- Where nobody says a word, the server is asked once whether there is anybody at all.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from envlsp.domain.ids import DevicePk
from envlsp.errors import EnvlspError
from envlsp.service.network.meeting import Meeting
from envlsp.service.network.presence import Presence
from envlsp.sync.states import State
from envlsp.transport.dialer import Dialer
from envlsp.transport.meeting_point import Everywhere

DISCOVER_S = 2.5
"""How long a sync waits for anybody at all: a server's round trip, and one in between."""
SETTLE_S = 0.3
"""How long a sync waits for somebody else after the last one appeared."""
PRESENT_S = 15.0
"""A device heard of within that is waited for; a dial takes 12 s at most."""
ASK_COMPANY_S = 2.0
PATIENCE_S = 6.0
"""How long a sync waits for the first word of somebody who must be there: their machine is busy."""
UNDER_WAY_S = 12.0
"""How long a sync goes on for a dial or a session that has begun when its time is over: the dial's
own limit. To give up the only one who is there would be to say that nobody is."""
_UNFINISHED = frozenset({State.PROVING, State.MEETING, State.SYNCING})
_BEFORE_IT_KNOWS = frozenset({State.PROVING, State.MEETING})


class Waiting:
    """The waiting of one sync, which begins now."""

    def __init__(
        self,
        there: Presence,
        meeting: Meeting,
        dialer: Dialer,
        server: Everywhere,
        is_drawn: Callable[[DevicePk], bool],
        *,
        timeout_s: float,
    ) -> None:
        """Begin.

        Args:
            there: who is there.
            meeting: who was just met, and may be a teammate.
            dialer: whom we are just dialling.
            server: where teammates are met.
            is_drawn: whether we want a link to a device that is there.
            timeout_s: when to give up, but for what is under way.
        """
        self._there = there
        self._meeting = meeting
        self._dialer = dialer
        self._server = server
        self._is_drawn = is_drawn
        self._start = time.monotonic()
        self._deadline = self._start + timeout_s
        self._has_company: bool | None = None
        """Whether the server says that somebody is in our rooms; None: it has not said."""
        self._is_asked = False

    def is_done(self) -> bool:
        """Return whether everybody who is there is in step, or the time is over."""
        return self._is_over() or self._is_settled()

    def wants_to_ask(self) -> bool:
        """Return, once, whether nobody has said a word in time: `ask_for_company` then."""
        is_late = time.monotonic() - self._start > ASK_COMPANY_S and self._has_just_come()
        if is_late and not self._there.seen and not self._there.loops and not self._is_asked:
            self._is_asked = True
            return True
        return False

    async def ask_for_company(self) -> None:
        """Ask the server whether there is nobody."""
        has_company = False
        with contextlib.suppress(EnvlspError):
            # Credentials are for who shares a room with somebody; only that is asked here.
            has_company = await self._server.turn() is not None
        self._has_company = has_company

    def _is_over(self) -> bool:
        """Return whether the time of a sync is over, whoever is there."""
        now = time.monotonic()
        if now < self._deadline:
            return False
        return now > self._deadline + UNDER_WAY_S or bool(self._there.in_step()) or not self._is_under_way()

    def _is_under_way(self) -> bool:
        """Return whether somebody whom this sync has heard is just becoming the first to be in step."""
        there = self._there
        heard = there.teammates(dpk for dpk, seen in there.seen.items() if seen > self._start)
        dialled = (self._dialer.dialling_since(dpk) for dpk in heard)
        return any(since is not None and since < self._deadline for since in dialled) or any(
            there.loops[dpk].session.state in _UNFINISHED for dpk in there.teammates(there.heard())
        )

    def _is_settled(self) -> bool:
        now, there = time.monotonic(), self._there
        recent = {dpk for dpk, seen in there.seen.items() if now - seen < PRESENT_S and self._is_drawn(dpk)}
        present = there.teammates((recent - there.loops.keys()) | there.heard())
        if self._meeting.is_meeting_strangers() or self._is_telling():
            return False  # one may be the only teammate who is there, or must hear us out
        if not present:
            return bool(there.removed_by) or now - self._start > self._discovering_s()
        if len(there.in_step()) < len(present):
            return False
        return now - there.newest_seen > SETTLE_S

    def _is_telling(self) -> bool:
        """Return whether a removed device is just hearing that it is one."""
        return any(loop.session.state in _BEFORE_IT_KNOWS for loop in self._there.loops.values())

    def _discovering_s(self) -> float:
        """Return how long to wait for somebody to appear: not long where they would have by now."""
        if not self._has_just_come():
            return SETTLE_S
        is_patient = self._has_company is not False and not self._there.seen and not self._there.loops
        return PATIENCE_S if is_patient else DISCOVER_S

    def _has_just_come(self) -> bool:
        """Return whether some who are there may not have heard of us when the sync began."""
        since = self._meeting.there_since
        return not self._server.is_connected or since is None or self._start - since < DISCOVER_S
