"""Three peers in a row: what one makes reaches the other end, each record over each link once."""

from __future__ import annotations

from envlsp.domain.ids import RecordId
from envlsp.sync.states import State
from tests.support.peers import End, Wire, actor, befriend


class Row:
    """Alice and Charlie meet only Bob."""

    def __init__(self) -> None:
        self.alice, self.bob, self.charlie = actor("alice"), actor("bob"), actor("charlie")
        befriend(self.alice, self.bob, self.charlie)
        self.left = Wire(self.alice, self.bob)
        self.right = Wire(self.bob, self.charlie)

    def run(self) -> None:
        """Play the service: what a session stored is news to the node's other sessions."""
        for _ in range(1_000):
            self._store(self.left, self.left.a, ())
            self._store(self.left, self.left.b, ((self.right, self.right.a),))
            self._store(self.right, self.right.a, ((self.left, self.left.b),))
            self._store(self.right, self.right.b, ())
            moved = [wire.deliver(end) for wire in (self.left, self.right) for end in wire.ends]
            waiting = any(end.unstored for wire in (self.left, self.right) for end in wire.ends)
            if not any(moved) and not waiting:
                return

    def _store(self, wire: Wire, end: End, others: tuple[tuple[Wire, End], ...]) -> None:
        before = set(end.replica.store)
        if not wire.store(end):
            return
        fresh: list[RecordId] = [key for key in end.replica.store if key not in before]
        for other, session in others:
            session.session.local_change(fresh, other.now)
            other.obey()


def test_history_and_news_pass_through_the_middle() -> None:
    row = Row()
    for _ in range(30):
        row.alice.replica.author(size=5_000)
    row.run()
    made = row.left.author(row.left.a)
    row.run()
    answer = row.right.author(row.right.b)
    row.run()
    for one in (row.alice, row.bob, row.charlie):
        assert one.replica.has(made.id)
        assert one.replica.has(answer.id)
        assert one.replica.count() == 32
    assert max((row.alice.replica.served + row.charlie.replica.served).values()) == 1
    assert max(row.bob.replica.served.values()) == 1
    sessions = [end.session for wire in (row.left, row.right) for end in wire.ends]
    assert {session.state for session in sessions} == {State.IN_STEP}
