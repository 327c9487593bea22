"""Any two replicas end with the union, whatever the order of delivery (P5)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from envlsp.sync.states import State
from tests.support.peers import Actor, End, Wire, actor, add_branch, befriend

pytestmark = pytest.mark.slow  # a long search

SIDES = st.sampled_from((0, 1))


class TwoPeers(RuleBasedStateMachine):
    """Two peers with histories of their own, and every order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.actors: tuple[Actor, Actor] = (actor("alice"), actor("bob"))
        self.has_forks = False
        self.wire: Wire

    @initialize(
        common=st.integers(0, 5),
        sizes=st.tuples(st.integers(0, 12), st.integers(0, 12)),
        forks=st.lists(st.tuples(SIDES, st.integers(1, 6), st.integers(1, 3), st.integers(0, 3)), max_size=3),
        large=st.booleans(),
    )
    def begin(
        self,
        common: int,
        sizes: tuple[int, int],
        forks: list[tuple[int, int, int, int]],
        large: bool,
    ) -> None:
        alice, bob = self.actors
        befriend(alice, bob)
        for _ in range(common):
            made = alice.replica.author()
            bob.replica.take([made.raw], auth_only=False)
        for number, (one, size) in enumerate(zip(self.actors, sizes, strict=True)):
            for _ in range(size):
                one.replica.author(size=70_000 if large and number else 10)
        for side, length, first_seq, shared in forks:
            self.has_forks = True
            add_branch(self.actors[side].replica, b"mallory-", length, first_seq, shared)
        self.wire = Wire(alice, bob)

    def end(self, side: int) -> End:
        return self.wire.ends[side]

    @rule(side=SIDES, count=st.integers(1, 4))
    def deliver(self, side: int, count: int) -> None:
        for _ in range(count):
            self.wire.deliver(self.end(side))

    @rule(side=SIDES)
    def store(self, side: int) -> None:
        self.wire.store(self.end(side))

    @rule(side=SIDES, size=st.sampled_from((0, 30_000)))
    def author(self, side: int, size: int) -> None:
        self.wire.author(self.end(side), size=size)

    @rule()
    def catch_up(self) -> None:
        # From here on records go along with their announcements.
        self.wire.run()

    @rule(seconds=st.sampled_from((0.1, 1.0, 4.0)))
    @precondition(lambda self: self.wire.is_quiet())
    def let_time_pass(self, seconds: float) -> None:
        self.wire.tick(seconds)

    @invariant()
    def nobody_gives_up(self) -> None:
        if hasattr(self, "wire"):
            assert self.wire.a.closed is self.wire.b.closed is None

    def teardown(self) -> None:
        if not hasattr(self, "wire"):
            return
        alice, bob = (one.replica for one in self.actors)
        union = alice.store.keys() | bob.store.keys()
        self.wire.settle()
        assert alice.store.keys() == bob.store.keys() == union
        assert self.wire.a.session.state is self.wire.b.session.state is State.IN_STEP
        if not self.has_forks:
            assert max((alice.served + bob.served).values(), default=0) <= 1


TestTwoPeers = TwoPeers.TestCase
TestTwoPeers.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
