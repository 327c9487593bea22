"""P5: sync of any two stores ends with the union; without forks no record is sent twice.

Links are lost here at any point, over and over: what was under way is gone, or arrives in
part, and a batch that was handed to the disk is durable or not. Sent again is then exactly
what the other side does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from envlsp.domain.ids import RecordId
from envlsp.sync.states import State
from envlsp.wire.limits import WINDOW_BYTES
from envlsp.wire.messages import RECS_BATCH_BYTES, Progress
from tests.support.peers import Actor, End, FakeReplica, Wire, actor, add_branch, befriend, read_fake

pytestmark = pytest.mark.slow  # a long search

SIDES = st.sampled_from((0, 1))


class Watched(FakeReplica):
    """A replica that notes what it sends although the peer holds it, or had it in this session."""

    peer: FakeReplica
    sent_now: Counter[RecordId]
    needless: list[RecordId]

    @classmethod
    def of(cls, one: Actor) -> Watched:
        made = cls(one.key)
        made.sent_now, made.needless = Counter(), []
        one.replica = made
        return made

    def records(self, ids: Sequence[RecordId]) -> Iterator[bytes]:
        return self._watch(super().records(ids))

    def missing_for(self, vector: Sequence[Progress]) -> Iterator[bytes]:
        return self._watch(super().missing_for(vector))

    def own_records(self, ids: Sequence[RecordId], limit_bytes: int) -> list[bytes]:
        return list(self._watch(super().own_records(ids, limit_bytes)))

    def _watch(self, raws: Iterable[bytes]) -> Iterator[bytes]:
        for raw in raws:
            identity = read_fake(raw).id
            if self.peer.has(identity) or self.sent_now[identity]:
                self.needless.append(identity)
            self.sent_now[identity] += 1
            yield raw


class Links(RuleBasedStateMachine):
    """Two peers with histories of their own, and links that do not last."""

    def __init__(self) -> None:
        super().__init__()
        self.actors = (actor("alice"), actor("bob"))
        alice, bob = (Watched.of(one) for one in self.actors)
        alice.peer, bob.peer = bob, alice
        self.watched = (alice, bob)
        befriend(*self.actors)
        self.now = 1_000.0
        self.has_forks = False
        self.wire: Wire

    @initialize(
        common=st.integers(0, 5),
        sizes=st.tuples(st.integers(0, 12), st.integers(0, 12)),
        bytes_each=st.sampled_from((10, 9_000, 70_000)),
        forks=st.lists(st.tuples(SIDES, st.integers(1, 6), st.integers(1, 3), st.integers(0, 3)), max_size=2),
    )
    def begin(
        self, common: int, sizes: tuple[int, int], bytes_each: int, forks: list[tuple[int, int, int, int]]
    ) -> None:
        alice, bob = self.watched
        for number in range(common):
            author, other = (alice, bob) if number % 2 else (bob, alice)
            other.take([author.author().raw], auth_only=False)
        for replica, size in zip(self.watched, sizes, strict=True):
            for _ in range(size):
                replica.author(size=bytes_each)
        for side, length, first_seq, shared in forks:
            self.has_forks = True
            add_branch(self.watched[side], b"mallory-", length, first_seq, shared)
        self.link()

    def link(self) -> None:
        for replica in self.watched:
            replica.sent_now.clear()
        self.wire = Wire(*self.actors)
        self.wire.now = max(self.wire.now, self.now)

    def end(self, side: int) -> End:
        return self.wire.ends[side]

    @rule(side=SIDES, count=st.integers(1, 20))
    def deliver(self, side: int, count: int) -> None:
        for _ in range(count):
            self.wire.deliver(self.end(side))

    @rule(side=SIDES)
    def store(self, side: int) -> None:
        self.wire.store(self.end(side))

    @rule(count=st.integers(1, 60))
    def go_on(self, count: int) -> None:
        for _ in range(count):
            for end in self.wire.ends:
                self.wire.deliver(end)
                self.wire.store(end)

    @rule(side=SIDES, size=st.sampled_from((0, 30_000)))
    def author(self, side: int, size: int) -> None:
        self.wire.author(self.end(side), size=size)

    @rule(
        arrives=st.tuples(st.integers(0, 12), st.integers(0, 12)),
        durable=st.tuples(st.booleans(), st.booleans()),
    )
    def lose_the_link(self, arrives: tuple[int, int], durable: tuple[bool, bool]) -> None:
        for end, count, is_durable in zip(self.wire.ends, arrives, durable, strict=True):
            for _ in range(count):
                self.wire.deliver(end)
            while is_durable and self.wire.store(end):
                pass
        for end in self.wire.ends:
            end.session.lost()
            assert end.session.state is State.CLOSED
        self.now = self.wire.now + 1
        self.link()

    def teardown(self) -> None:
        if not hasattr(self, "wire"):
            return
        alice, bob = self.watched
        union = alice.store.keys() | bob.store.keys()
        self.wire.settle()
        assert alice.store.keys() == bob.store.keys() == union
        assert self.wire.a.session.state is self.wire.b.session.state is State.IN_STEP
        if not self.has_forks:
            assert alice.needless == bob.needless == []


TestLawP5 = Links.TestCase
TestLawP5.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(
    count=st.integers(1, 40),
    bytes_each=st.sampled_from((100, 5_000, 60_000)),
    losses=st.lists(st.integers(1, 120), max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_law_p5_a_transfer_goes_on_where_it_stopped(count: int, bytes_each: int, losses: list[int]) -> None:
    """However often the link is lost, what was sent in vain is no more than was under way each time."""
    alice, bob = actor("alice"), actor("bob")
    befriend(alice, bob)
    for _ in range(count):
        alice.replica.author(size=bytes_each)
    total = sum(len(fake.raw) for fake in alice.replica.store.values())
    for steps in losses:
        wire = Wire(alice, bob)
        for _ in range(steps):
            wire.deliver(wire.b)
            wire.store(wire.b)
            wire.deliver(wire.a)
        for end in wire.ends:
            end.session.lost()
    stored = bob.replica.store.keys() | set()
    sent = alice.replica.served.copy()
    last = Wire(alice, bob)
    last.settle()
    assert bob.replica.store.keys() == alice.replica.store.keys()
    again = alice.replica.served - sent
    assert again.keys().isdisjoint(stored), "a record that was durable was sent again"
    assert set(again) == alice.replica.store.keys() - stored
    sent_bytes = sum(len(alice.replica.store[key].raw) * n for key, n in alice.replica.served.items())
    # Under way: a window, the message that was being cut to fit into it, and the record read next.
    largest = max(len(fake.raw) for fake in alice.replica.store.values())
    in_vain = WINDOW_BYTES + max(RECS_BATCH_BYTES, largest) + largest
    assert sent_bytes <= total + len(losses) * in_vain
