"""The conversation of two peers who accepted each other (PROTOCOL F.2, F.4).

Both say where they stand (HEADS). Whoever lacks a head asks: VECTOR, then WANT. Whoever
has stored all it wanted, or made a record, says where it stands again; so both end with
the same heads and know it. New records are announced, once, and never back to where they
came from. Nothing here decides whether a record is good: `StoreRecords` does.

A small record that this device wrote goes along with its id when the peer is level: it has
all we had before. Others go by id, since in a mesh most peers have them already. After all
news went along, HEADS waits a moment for the peer, who says first that it has them.

Limits on a peer: 200 announced ids per second, one vector per second, ten bad or new
attestations per second (more are passed over); records are limited by acknowledgements.
We keep to the same ourselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.errors import LimitExceeded, Malformed, MalformedFrame
from envlsp.sync.effects import (
    Accepted,
    AttestReceived,
    Effect,
    Missing,
    RecordsWithheld,
    Refused,
    StoreRecords,
    StoreResult,
)
from envlsp.sync.flow import NEVER, Bucket, Outbox
from envlsp.sync.ports import Replica
from envlsp.sync.reconcile import AskByVector, Pull
from envlsp.sync.states import SERVING, Serving, ServingMove, step, step_untrusted
from envlsp.wire.attest import decode_attest_untrusted
from envlsp.wire.limits import VECTOR_MAX
from envlsp.wire.messages import (
    ANNOUNCE_MAX_BYTES,
    ANNOUNCE_MAX_IDS,
    ATTESTS_MAX,
    HEADS_LISTED_MAX,
    Announce,
    Heads,
    Records,
    Vector,
    Want,
)

ANNOUNCED_PER_S: Final = 200
ANNOUNCED_BURST: Final = 512
VECTORS_PER_S: Final = 1
VECTORS_BURST: Final = 16
ATTESTS_PER_S: Final = 10
ATTESTS_BURST: Final = ATTESTS_MAX
OWN_SHARE: Final = 0.5  # of a limit that we use ourselves: two clocks never agree
REPEAT_HEADS_S: Final = 60.0
HOLD_HEADS_S: Final = 1.0  # longer than storing and answering take, short beside a person's patience
KNOWN_MAX: Final = 4_096  # ids we remember the peer has; announcing one again is harmless


Check = Callable[[Sequence[RecordId]], None]
"""Raises MalformedFrame when a peer may not send these records now."""


class Exchange:
    """What is said in one session. `advance` after every step sends what is due."""

    def __init__(self, replica: Replica, team: TeamId, outbox: Outbox, now: float) -> None:
        self._replica = replica
        self._team = team
        self._out = outbox
        self._pull = Pull()
        self._serving = Serving.NOTHING
        self._storing: tuple[bytes, ...] = ()
        self._check_untrusted: Check = _anything
        self._own: tuple[RecordId, ...] = ()
        self._count = 0
        self._told: tuple[RecordId, ...] | None = None
        self._told_at = now
        self._peer: Heads | None = None
        self._known: dict[RecordId, None] = {}
        self._news: dict[RecordId, None] = {}
        self._is_level = False  # the peer has, or was sent, all that we have but the news
        self._held_until = NEVER  # HEADS waits for the peer's
        self._newest: dict[DevicePk, tuple[int, int]] = {}
        self._attests_sent: dict[DevicePk, bytes] = {}
        self._may_announce = Bucket(ANNOUNCED_PER_S, ANNOUNCED_BURST, now)
        self._may_ask = Bucket(VECTORS_PER_S, VECTORS_BURST, now)
        self._may_attest = Bucket(ATTESTS_PER_S, ATTESTS_BURST, now)
        self._own_announces = Bucket(ANNOUNCED_PER_S * OWN_SHARE, ANNOUNCED_BURST * OWN_SHARE, now)
        self._own_vectors = Bucket(VECTORS_PER_S * OWN_SHARE, VECTORS_BURST * OWN_SHARE, now)
        self._delayed_until = NEVER
        self._effects: list[Effect] = []
        self._refresh()

    # --- what the owner asks ------------------------------------------------------------------

    @property
    def is_storing(self) -> bool:
        """Return whether records were handed over and not answered for."""
        return bool(self._storing)

    @property
    def is_in_step(self) -> bool:
        """Return whether both stand at the same heads and both know it."""
        if self._peer is None or self._told != self._own or not self._pull.is_done:
            return False
        return self._peer.heads == self._own and self._peer.count == self._count

    @property
    def heads(self) -> tuple[RecordId, ...]:
        """Return our own heads, ascending."""
        return self._own

    def take_effects(self) -> list[Effect]:
        """Return what happened since the last call."""
        effects, self._effects = self._effects, []
        return effects

    def local_change(self, ids: Sequence[RecordId]) -> None:
        """Note records stored since, made here or come from another peer."""
        self._news.update((key, None) for key in ids if key not in self._known)
        self._refresh()

    def refresh(self) -> None:
        """Read again where we stand."""
        self._refresh()

    def hold_nothing(self) -> None:
        """Say where we stand as soon as it is due: nobody waits any more."""
        self._held_until = NEVER

    def stop_asking(self) -> None:
        """Forget what we want: the peer is leaving."""
        self._pull = Pull()

    def wake_at(self) -> float:
        """Return when `advance` may have something to do by itself."""
        return min(self._delayed_until, self._held_until, self._told_at + REPEAT_HEADS_S)

    # --- what the peer says -------------------------------------------------------------------

    def on_heads_untrusted(self, heads: Heads, now: float) -> None:
        """Take in where the peer stands."""
        self._peer = heads
        self._held_until = NEVER
        if heads.heads == self._own and heads.count == self._count:
            self._is_level = True
            for head in heads.heads:
                self._note_known(head)
            self._news.clear()
        for raw in heads.attests:
            self._on_attest_untrusted(raw, now)
        missing = [head for head in heads.heads if not self._replica.has(head)]
        self._pull.aim(missing, heads=True)

    def on_vector_untrusted(self, vector: Vector, now: float) -> None:
        """Serve what the peer lacks.

        Raises:
            MalformedFrame: an answer is still under way.
            LimitExceeded: too many vectors.
        """
        if not self._may_ask.has(1, now):
            raise LimitExceeded("vectors")
        self._may_ask.take(1, now)
        self._serve_untrusted(ServingMove.VECTOR_CAME)
        self._out.serve(self._replica.missing_for(vector.lines))

    def on_want_untrusted(self, want: Want) -> None:
        """Serve what the peer names.

        Raises:
            MalformedFrame: an answer to another WANT is still under way.
        """
        self._serve_untrusted(ServingMove.WANT_CAME)
        self._out.serve(self._replica.records(want.ids))

    def on_announce_untrusted(self, announce: Announce, now: float) -> None:
        """Want what is new there; hand over to be stored what came along.

        Raises:
            LimitExceeded: more than 200 ids per second.
        """
        if not self._may_announce.has(len(announce.ids), now):
            raise LimitExceeded("announcements")
        self._may_announce.take(len(announce.ids), now)
        for identity in announce.ids:
            self._note_known(identity)
        missing = [key for key in announce.ids if not self._replica.has(key)]
        self._pull.aim(missing, heads=False)
        self._store(announce.records, partial(_check_named_untrusted, announce.ids))

    def on_records_untrusted(self, records: Records) -> None:
        """Hand records over to be stored.

        Raises:
            MalformedFrame: nobody asked for any.
        """
        self._pull.records_came_untrusted()
        self._store(records.records, self._pull.check_asked_untrusted)

    def on_done_untrusted(self) -> None:
        """Take in the end of an answer.

        Raises:
            MalformedFrame: nobody asked.
        """
        withheld = self._pull.answered_untrusted(self._replica.has)
        if withheld:
            self._effects.append(RecordsWithheld(withheld))

    # --- what the store says ------------------------------------------------------------------

    def on_stored(self, results: Sequence[StoreResult]) -> None:
        """Take in what became of the records handed over; none of them was refused.

        Raises:
            LimitExceeded: more orphans than anyone honest sends.
            MalformedFrame: records that were neither asked for nor announced.
        """
        raws, self._storing = self._storing, ()
        assert len(results) == len(raws), "one result per record"
        self._check_untrusted([result.id for result in results if not isinstance(result, Refused)])
        accepted = [result.id for result in results if isinstance(result, Accepted)]
        for identity in accepted:
            self._note_known(identity)
        for result, raw in zip(results, raws, strict=True):
            if isinstance(result, Missing):
                self._pull.orphaned(result, raw)
        ready = self._pull.stored(accepted)
        if accepted:
            self._held_until = NEVER
            self._refresh()
        self._store(tuple(ready), _anything)

    # --- what is due --------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Queue every message that is due."""
        self._delayed_until = NEVER
        if not self.is_storing:
            self._ask(now)
        self._announce(now)
        is_settled = self._pull.is_done and not self._news and not self.is_storing
        if now >= self._held_until:
            self._held_until = NEVER
        has_moved = is_settled and self._told != self._own and self._held_until == NEVER
        if self._told is None or has_moved or now >= self._told_at + REPEAT_HEADS_S:
            self._tell(now)

    def _ask(self, now: float) -> None:
        if not self._own_vectors.has(1, now):
            self._delayed_until = self._own_vectors.ready_at(1, now)
            return
        match self._pull.next_request(self._replica.has):
            case None:
                pass
            case AskByVector():
                self._own_vectors.take(1, now)
                self._out.put(self._own_vector())
            case asked:
                self._out.put(Want(asked.ids))

    def _own_vector(self) -> Vector:
        """Return our vector; of authors that share 8 bytes, the one who has least counts."""
        ordered = sorted(self._replica.vector(), key=lambda line: (line.author, -line.seq))
        lines = {line.author: line for line in ordered}
        return Vector(tuple(lines.values())[:VECTOR_MAX])

    def _announce(self, now: float) -> None:
        if len(self._news) > ANNOUNCE_MAX_IDS:
            self._news.clear()  # too many to name: our heads say it, and the vector is shorter
            self._is_level = False
        if not self._news:
            return
        if not self._own_announces.has(len(self._news), now):
            ready = self._own_announces.ready_at(len(self._news), now)
            self._delayed_until = min(self._delayed_until, ready)
            return
        ids = tuple(self._news)
        self._news.clear()
        for identity in ids:
            self._note_known(identity)
        self._own_announces.take(len(ids), now)
        along = self._along(ids, now)
        self._is_level &= len(along) == len(ids)
        if self._is_level and self._held_until == NEVER:
            self._held_until = now + HOLD_HEADS_S
        self._out.put(Announce(ids, along))

    def _along(self, ids: Sequence[RecordId], now: float) -> tuple[bytes, ...]:
        """Return the records that go along with an announcement: the peer must have their parents."""
        if not self._is_level or not self._out.has_room(now):
            return ()
        return tuple(self._replica.own_records(ids, ANNOUNCE_MAX_BYTES))

    def _tell(self, now: float) -> None:
        self._refresh()
        self._held_until = NEVER
        # A head that nobody has told us is new yet: the peer will ask for it.
        self._is_level &= all(head in self._known for head in self._own)
        self._out.put(Heads(self._own, self._count, self._fresh_attests()))
        self._told, self._told_at = self._own, now

    def _fresh_attests(self) -> tuple[bytes, ...]:
        """Return the attestations that this peer has not had from us."""
        fresh: list[bytes] = []
        for raw in self._replica.attests():
            device = decode_attest_untrusted(raw).dpk
            if self._attests_sent.get(device) != raw and len(fresh) < ATTESTS_MAX:
                self._attests_sent[device] = raw
                fresh.append(raw)
        return tuple(fresh)

    # --- small steps --------------------------------------------------------------------------

    def _refresh(self) -> None:
        self._own = tuple(sorted(self._replica.heads())[:HEADS_LISTED_MAX])
        self._count = self._replica.count()

    def _serve_untrusted(self, move: ServingMove) -> None:
        if self._serving is not Serving.NOTHING and not self._out.is_serving:
            self._serving = step(SERVING, self._serving, ServingMove.ANSWERED)
        self._serving = step_untrusted(SERVING, self._serving, move)

    def _store(self, records: tuple[bytes, ...], check_untrusted: Check) -> None:
        self._storing = records
        self._check_untrusted = check_untrusted
        if records:
            self._effects.append(StoreRecords(records))

    def _note_known(self, identity: RecordId) -> None:
        self._news.pop(identity, None)
        self._known[identity] = None
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]

    def _on_attest_untrusted(self, raw: bytes, now: float) -> None:
        if not self._may_attest.has(1, now):
            return  # the next HEADS may bring it again
        self._may_attest.take(1, now)
        attest = check_attest_untrusted(raw, self._team)
        order = attest.ts, attest.count  # two within a second: the one that holds more is newer
        if order <= self._newest.get(attest.dpk, (-1, -1)):
            return
        if len(self._newest) >= VECTOR_MAX and attest.dpk not in self._newest:
            raise Malformed("attestations of more devices than a team has")
        self._newest[attest.dpk] = order
        self._effects.append(AttestReceived(attest, raw))


def _anything(_ids: Iterable[RecordId]) -> None:
    """Allow orphans whose parents have come: they were checked when they came themselves."""


def _check_named_untrusted(announced: Sequence[RecordId], ids: Sequence[RecordId]) -> None:
    """Check that what came along with an announcement is announced in it, once each."""
    if len(set(ids)) < len(ids) or not set(announced).issuperset(ids):
        raise MalformedFrame("records that the announcement does not name")
