"""Finding out what we lack and asking for it, once (PROTOCOL F.2).

    goals      ids the peer named that we lack: its heads, what it announced
    request    first VECTOR, which is exact among authors that never forked;
               then WANT for what is still missing: a walk by hash through parents
    orphans    records that came before a parent; its parents are asked for next

One request is out at a time, and all records of an answer are stored before the next one
is made: so nothing is asked for twice, whatever happens in between. The walk needs no
honest vector. Pure decisions: who sends, stores and reads is `sync.exchange`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from envlsp.domain.ids import RecordId
from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.sync.effects import Missing
from envlsp.sync.states import ASKING, Asking, AskingMove, step, step_untrusted
from envlsp.wire.limits import (
    ORPHANS_MAX,
    ORPHANS_MAX_BYTES,
    RECORD_MAX_BYTES,
    WANT_MAX_IDS,
    WINDOW_BYTES,
)
from envlsp.wire.messages import PREFIX_BYTES, Progress

GOALS_MAX: Final = 4_096  # ids the peer named and has not delivered: 160 KiB
SHED_MAX: Final = 4_096  # orphans let go without one record stored in between
CUT_MAX_BYTES: Final = RECORD_MAX_BYTES + 2 * WINDOW_BYTES  # of an answer we interrupted
Has: TypeAlias = Callable[[RecordId], bool]


def lacks(known: Progress | None, seq: int, identity: RecordId) -> bool:
    """Return whether a peer lacks a record, by the line of its author in the peer's vector.

    Args:
        known: that line, None if the peer names no such author.
        seq: of the record.
        identity: of the record.
    """
    if known is None or seq > known.seq:
        return True
    return seq == known.seq and identity[:PREFIX_BYTES] != known.record


@dataclass(slots=True)
class _Orphan:
    raw: bytes
    waits_for: set[RecordId]


class Orphans:
    """Records whose parents are not here yet, oldest first; at most 256 and 4 MiB."""

    def __init__(self) -> None:
        self._held: dict[RecordId, _Orphan] = {}
        self._bytes = 0

    def __contains__(self, identity: RecordId) -> bool:
        return identity in self._held

    def __len__(self) -> int:
        return len(self._held)

    def has_room(self, raw: bytes) -> bool:
        """Return whether one more of this size may be held."""
        return len(self._held) < ORPHANS_MAX and self._bytes + len(raw) <= ORPHANS_MAX_BYTES

    def hold(self, identity: RecordId, raw: bytes, parents: Iterable[RecordId]) -> None:
        """Keep a record until its parents are here."""
        self._forget(identity)
        self._held[identity] = _Orphan(raw, set(parents))
        self._bytes += len(raw)

    def shed_top(self) -> None:
        """Let one go that no other waits for, so that it need not be asked for again below it."""
        waits_for = {parent for orphan in self._held.values() for parent in orphan.waits_for}
        self._forget(next(identity for identity in self._held if identity not in waits_for))

    def release(self, stored: Iterable[RecordId]) -> list[bytes]:
        """Return, and hold no more, the records that waited for nothing but these."""
        arrived = set(stored)
        ready = []
        for identity, orphan in list(self._held.items()):
            orphan.waits_for -= arrived
            if not orphan.waits_for:
                ready.append(orphan.raw)
                self._forget(identity)
        return ready

    def wanted(self) -> list[RecordId]:
        """Return the parents that are not held themselves, in a fixed order."""
        waits_for = {parent for orphan in self._held.values() for parent in orphan.waits_for}
        return sorted(waits_for - self._held.keys())

    def drop_dependents(self, gone: Iterable[RecordId]) -> list[RecordId]:
        """Let everything go that waits for these, or for what waits for them; return it."""
        lost, dropped = set(gone), []
        while doomed := [key for key, orphan in self._held.items() if orphan.waits_for & lost]:
            for identity in doomed:
                self._forget(identity)
            lost.update(doomed)
            dropped += doomed
        return dropped

    def clear(self) -> None:
        """Let everything go."""
        self._held.clear()
        self._bytes = 0

    def _forget(self, identity: RecordId) -> None:
        orphan = self._held.pop(identity, None)
        if orphan is not None:
            self._bytes -= len(orphan.raw)


@dataclass(frozen=True, slots=True)
class AskByVector:
    """Send our vector."""


@dataclass(frozen=True, slots=True)
class AskByIds:
    """Send a WANT."""

    ids: tuple[RecordId, ...]


class Pull:
    """What we still want of one peer, and which request is out."""

    def __init__(self) -> None:
        self._state = Asking.NOTHING
        self._goals: dict[RecordId, None] = {}
        self._by_vector = False  # a head is among the goals, so a vector may pay
        self._was_cut = False  # orphans were let go: after progress, a vector pays again
        self._progressed = False
        self._shed = 0
        self._cut_bytes = 0
        self._asked: set[RecordId] = set()
        self._answers_owed = 0
        self.orphans = Orphans()

    @property
    def is_done(self) -> bool:
        """Return whether nothing is asked for and nothing is left to ask."""
        return self._state is Asking.NOTHING and not self._goals and not self.orphans

    def aim(self, ids: Iterable[RecordId], *, heads: bool) -> None:
        """Want these: heads of the peer, or what it announced.

        Raises:
            LimitExceeded: the peer names more than it delivers.
        """
        fresh = [identity for identity in ids if identity not in self._goals]
        self._goals.update(dict.fromkeys(fresh))
        self._by_vector |= heads and bool(fresh)
        if len(self._goals) > GOALS_MAX:
            raise LimitExceeded("records named and not delivered")

    def records_came_untrusted(self) -> None:
        """Note that part of an answer arrived.

        Raises:
            MalformedFrame: nobody asked.
        """
        self._state = step_untrusted(ASKING, self._state, AskingMove.RECORDS_CAME)

    def check_asked_untrusted(self, ids: Iterable[RecordId]) -> None:
        """Check that an answer to WANT holds what was asked for: else a walk need never end.

        Raises:
            MalformedFrame: it holds something else.
        """
        is_walk = self._state is Asking.BY_IDS and self._answers_owed == 1
        if is_walk and not self._asked.issuperset(ids):
            raise MalformedFrame("records that were not asked for")

    def stored(self, ids: Sequence[RecordId]) -> list[bytes]:
        """Note what is stored now; return the orphans that can be stored next."""
        for identity in ids:
            self._goals.pop(identity, None)
        if ids:
            self._progressed, self._shed = True, 0
        return self.orphans.release(ids)

    def orphaned(self, missing: Missing, raw: bytes) -> None:
        """Hold a record until its parents are here, or let one go.

        Raises:
            LimitExceeded: orphans and nothing else, for too long.
        """
        if self.orphans.has_room(raw):
            self.orphans.hold(missing.id, raw, missing.parents)
            return
        self._was_cut = True
        if self._answers_owed == 2:
            self._cut_bytes += len(raw)  # under way when we interrupted; no more than that
        else:
            self._shed += 1
        if self._shed > SHED_MAX or self._cut_bytes > CUT_MAX_BYTES:
            raise LimitExceeded("orphans without end")
        if self._state is Asking.BY_IDS and self._answers_owed == 1:
            # The walk goes down: the lowest will be storable first, the tops last.
            while not self.orphans.has_room(raw):
                self.orphans.shed_top()
            self.orphans.hold(missing.id, raw, missing.parents)

    def answered_untrusted(self, has: Has) -> tuple[RecordId, ...]:
        """Note the end of an answer; return what was asked for and withheld.

        Raises:
            MalformedFrame: nobody asked.
        """
        if self._answers_owed == 2:
            self._answers_owed = 1
            return ()
        by_ids = self._state is Asking.BY_IDS
        self._state = step_untrusted(ASKING, self._state, AskingMove.ANSWERED)
        self._answers_owed = 0
        if not by_ids:
            return ()
        gone = [key for key in self._asked if key not in self.orphans and not has(key)]
        self._asked.clear()
        dropped = self.orphans.drop_dependents(gone)
        for identity in (*gone, *dropped):
            self._goals.pop(identity, None)
        return tuple(sorted({*gone, *dropped}))

    def next_request(self, has: Has) -> AskByVector | AskByIds | None:
        """Return what to ask now, or None: an answer is under way, or there is nothing."""
        if self._state is Asking.BY_VECTOR and self._was_cut:
            self._progressed, self._cut_bytes = False, 0
            return self._ask_ids(self.orphans.wanted())
        if self._state is not Asking.NOTHING:
            return None
        self._goals = {goal: None for goal in self._goals if not has(goal)}
        if not self._goals:
            self._by_vector = False
        if self._by_vector or (self._goals and self._was_cut and self._progressed):
            return self._ask_vector()
        wanted = self.orphans.wanted()
        if wanted and self._was_cut:
            return self._ask_ids(wanted)  # to the bottom first: there is no room to start anew
        return self._ask_ids([*wanted, *(goal for goal in self._goals if goal not in self.orphans)])

    def _ask_vector(self) -> AskByVector:
        self._state = step(ASKING, self._state, AskingMove.VECTOR_SENT)
        self._by_vector = self._was_cut = self._progressed = False
        self._answers_owed = 1
        return AskByVector()

    def _ask_ids(self, ids: Sequence[RecordId]) -> AskByIds | None:
        wanted = tuple(dict.fromkeys(ids))[:WANT_MAX_IDS]
        if not wanted:
            return None
        self._state = step(ASKING, self._state, AskingMove.WANT_SENT)
        self._asked = set(wanted)
        self._answers_owed += 1
        return AskByIds(wanted)
