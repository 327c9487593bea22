"""Actors with a tiny replica each, and a wire between two sessions.

A fake record is `[author8, seq, height, [parent...], kind, filler]` in canonical form: as
opaque to a session as a real one. The replica plays the store and the service.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from envlsp.crypto.attest import Holding, make_attest
from envlsp.crypto.handshake import NO_BINDING, Setup, side_of
from envlsp.crypto.labels import hash32
from envlsp.crypto.primitives import SigningKey, signing_key
from envlsp.domain.ids import DevicePk, RecordId, TeamId
from envlsp.errors import Malformed
from envlsp.sync.effects import (
    Accepted,
    Close,
    Effect,
    Missing,
    Refused,
    SendMessage,
    StoreRecords,
    StoreResult,
)
from envlsp.sync.reconcile import lacks
from envlsp.sync.session import Session
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import RECORD_MAX_BYTES
from envlsp.wire.messages import CloseCode, Progress

TEAM = TeamId(hash32("rec", b"a team"))
E = TypeVar("E")


@dataclass(frozen=True)
class Fake:
    """A record as the fake replica reads it."""

    raw: bytes
    id: RecordId
    author: bytes
    seq: int
    height: int
    parents: tuple[RecordId, ...]
    kind: str


def make_fake(
    author: bytes, seq: int, height: int, parents: Sequence[RecordId], kind: str = "release", size: int = 0
) -> Fake:
    raw = encode([author[:8], seq, height, sorted(parents), kind, bytes(size)])
    return read_fake(raw)


def read_fake(raw: bytes) -> Fake:
    match decode_untrusted(raw, limit_bytes=RECORD_MAX_BYTES):
        case [bytes(author), int(seq), int(height), list(parents), str(kind), bytes()]:
            ids = tuple([RecordId(as_bytes(parent)) for parent in parents])
            return Fake(raw, RecordId(hash32("rec", raw)), author, seq, height, ids, kind)
    raise Malformed("not a fake record")


def as_bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value


class FakeReplica:
    """A team's records in a dict. `bad` ids are refused; grants in `members` make members."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self.store: dict[RecordId, Fake] = {}
        self.active: set[DevicePk] = set()
        self.revoked: set[DevicePk] = set()
        self.bad: set[RecordId] = set()
        self.members: dict[RecordId, DevicePk] = {}
        self.served: Counter[RecordId] = Counter()
        self.with_attests = False
        self.ts = 1_000

    # --- the port -----------------------------------------------------------------------------

    def heads(self) -> list[RecordId]:
        parents = {parent for fake in self.store.values() for parent in fake.parents}
        return sorted(self.store.keys() - parents)

    def count(self) -> int:
        return len(self.store)

    def vector(self) -> list[Progress]:
        last: dict[bytes, Fake] = {}
        for fake in self.by_height():
            if fake.author not in last or fake.seq >= last[fake.author].seq:
                last[fake.author] = fake
        return [Progress(author, fake.seq, fake.id[:8]) for author, fake in last.items()]

    def has(self, identity: RecordId) -> bool:
        return identity in self.store

    def records(self, ids: Sequence[RecordId]) -> Iterator[bytes]:
        for fake in self.by_height():
            if fake.id in ids:
                self.served[fake.id] += 1
                yield fake.raw

    def own_records(self, ids: Sequence[RecordId], limit_bytes: int) -> list[bytes]:
        fitting: list[Fake] = []
        for fake in self.by_height():
            if fake.id in ids:
                if fake.author != self.key.public[:8]:
                    break
                fitting.append(fake)
                if sum(len(one.raw) for one in fitting) > limit_bytes:
                    fitting.pop()
                    break
        self.served.update(fake.id for fake in fitting)
        return [fake.raw for fake in fitting]

    def missing_for(self, vector: Sequence[Progress]) -> Iterator[bytes]:
        known = {line.author: line for line in vector}
        for fake in self.by_height():
            if lacks(known.get(fake.author), fake.seq, fake.id):
                self.served[fake.id] += 1
                yield fake.raw

    def is_active(self, dpk: DevicePk) -> bool:
        return dpk in self.active

    def is_revoked(self, dpk: DevicePk) -> bool:
        return dpk in self.revoked

    def newest(self, *, auth: bool) -> Iterator[tuple[int, bytes]]:
        for fake in reversed(self.by_height()):
            if (fake.kind == "auth") == auth:
                yield fake.height, fake.raw

    def attests(self) -> list[bytes]:
        if not self.with_attests:
            return []
        top = max((fake.height for fake in self.store.values()), default=0)
        held = Holding(TEAM, tuple(self.heads()[:32]), self.count(), top, None)
        return [make_attest(held, self.key, ts=self.ts)]

    # --- the store ----------------------------------------------------------------------------

    def by_height(self) -> list[Fake]:
        return sorted(self.store.values(), key=lambda fake: (fake.height, fake.id))

    def author(self, kind: str = "release", size: int = 0, parents: Sequence[RecordId] | None = None) -> Fake:
        """Make a record on top of `parents`, else of all heads, as an honest device does."""
        above = self.heads() if parents is None else list(parents)
        mine = [fake.seq for fake in self.store.values() if fake.author == self.key.public[:8]]
        height = 1 + max((self.store[parent].height for parent in above), default=0)
        fake = make_fake(self.key.public, 1 + max(mine, default=0), height, above, kind, size)
        self.store[fake.id] = fake
        return fake

    def take(self, raws: Sequence[bytes], *, auth_only: bool) -> list[StoreResult]:
        return [self._take(raw, auth_only=auth_only) for raw in raws]

    def _take(self, raw: bytes, *, auth_only: bool) -> StoreResult:
        try:
            fake = read_fake(raw)
        except Malformed:
            return Refused()
        if fake.id in self.bad or fake.kind == "bad" or (auth_only and fake.kind != "auth"):
            return Refused()
        missing = tuple([parent for parent in fake.parents if parent not in self.store])
        if missing:
            return Missing(fake.id, missing)
        self.store[fake.id] = fake
        if fake.id in self.members:
            self.active.add(self.members[fake.id])
        return Accepted(fake.id)


def add_branch(replica: FakeReplica, author: bytes, length: int, first_seq: int, shared: int) -> None:
    """Let a device that forked itself add a branch of its own to this replica."""
    parents = [fake.id for fake in replica.by_height()[:shared]][-1:]
    height = max((replica.store[parent].height for parent in parents), default=0)
    for index in range(length):
        size = length * 8 + index  # so that branches of two lengths differ
        fake = make_fake(author, first_seq + index, height + 1 + index, parents, size=size)
        replica.store[fake.id] = fake
        parents = [fake.id]


@dataclass
class Actor:
    """Somebody with a device and a replica."""

    name: str
    key: SigningKey
    replica: FakeReplica

    @property
    def dpk(self) -> DevicePk:
        return self.key.public


def actor(name: str) -> Actor:
    key = signing_key(hash32("fp", name.encode()))
    return Actor(name, key, FakeReplica(key))


def befriend(*actors: Actor) -> None:
    for one in actors:
        one.replica.active |= {other.dpk for other in actors}


@dataclass
class End:
    """One end of a wire: a session, its replica, and all that happened there."""

    session: Session
    replica: FakeReplica
    inbox: deque[bytes] = field(default_factory=deque)
    log: list[Effect] = field(default_factory=list)
    unstored: deque[StoreRecords] = field(default_factory=deque)
    sent: int = 0

    def happened(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.log if isinstance(effect, kind)]

    @property
    def closed(self) -> CloseCode | None:
        closes = self.happened(Close)
        return closes[-1].code if closes else None


class Wire:
    """Two sessions and an ordered, reliable wire that delivers when told to."""

    def __init__(
        self,
        alice: Actor,
        bob: Actor,
        *,
        team_b: TeamId = TEAM,
        bindings: tuple[bytes, bytes] = (NO_BINDING, NO_BINDING),
        vouched: DevicePk | None = None,
    ) -> None:
        self.now = 1_000.0
        setup_a = Setup(TEAM, alice.key, side_of(alice.dpk, bob.dpk), bindings[0], bob.dpk)
        setup_b = Setup(team_b, bob.key, side_of(bob.dpk, alice.dpk), bindings[1], alice.dpk)
        self.a = End(Session(setup_a, alice.replica, self.now, vouched=vouched), alice.replica)
        self.b = End(Session(setup_b, bob.replica, self.now), bob.replica)
        self.ends = (self.a, self.b)
        self.obey()

    def other(self, end: End) -> End:
        return self.b if end is self.a else self.a

    def obey(self) -> None:
        """Carry out the effects of both sessions, short of storing."""
        for end in self.ends:
            for effect in end.session.take_effects():
                assert end.closed is None, "something followed Close"
                end.log.append(effect)
                match effect:
                    case SendMessage(message):
                        end.sent += 1
                        self.other(end).inbox.append(message)
                    case StoreRecords():
                        end.unstored.append(effect)
                    case _:
                        pass

    def deliver(self, end: End) -> bool:
        """Give one waiting message to this end."""
        if not end.inbox:
            return False
        end.session.receive(end.inbox.popleft(), self.now)
        self.obey()
        return True

    def store(self, end: End) -> bool:
        """Store one batch at this end."""
        if not end.unstored:
            return False
        batch = end.unstored.popleft()
        results = end.replica.take(batch.records, auth_only=batch.auth_only)
        end.session.stored(results, self.now)
        self.obey()
        return True

    def tick(self, seconds: float) -> None:
        self.now += seconds
        for end in self.ends:
            end.session.tick(self.now)
        self.obey()

    def author(self, end: End, *, size: int = 0, kind: str = "release") -> Fake:
        fake = end.replica.author(kind, size)
        end.session.local_change([fake.id], self.now)
        self.obey()
        return fake

    def is_quiet(self) -> bool:
        return not any(end.inbox or end.unstored for end in self.ends)

    def run(self, steps: int = 100_000) -> None:
        """Deliver and store until nothing is under way."""
        for _ in range(steps):
            moved = [self.store(end) or self.deliver(end) for end in self.ends]
            if not any(moved):
                return
        raise AssertionError("it does not end")

    def settle(self, seconds: int = 90) -> None:
        """Run, letting time pass, until both are in step or closed."""
        for _ in range(seconds):
            self.run()
            if all(end.session.state.name in ("IN_STEP", "CLOSED") for end in self.ends):
                return
            self.tick(1.0)


def meet(alice: Actor, bob: Actor) -> Wire:
    """Return a wire between two members who know each other."""
    befriend(alice, bob)
    return Wire(alice, bob)
