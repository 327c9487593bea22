"""Laws of the desk that hold after any requests of anybody, in any order."""

from __future__ import annotations

import itertools
from collections import Counter

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from envlsp_signaling.desk import Desk
from envlsp_signaling.effects import Close, Effect, Send, SendTurn
from envlsp_signaling.limits import KIB, Limits
from envlsp_signaling.messages import Verb
from envlsp_signaling.rooms import ConnectionId

SMALL = Limits(
    connections_per_address=4,
    rooms_per_connection=2,
    subscribers_per_room=3,
    frames_burst=30,
    mailbox_frames=3,
    mailboxes=5,
    allocations_per_hour=6,
    missed_claims_per_hour=4,
)
ANSWERED = {
    Verb.SUB: {Verb.JOINED},
    Verb.ALLOC: {Verb.NUMBER},
    Verb.CLAIM: {Verb.PAIRED},
    Verb.TURN: {Verb.CREDENTIALS},
}

people = st.integers(0, 5)
rooms = st.integers(0, 3)
steps = st.one_of(
    st.tuples(st.just("open"), people),
    st.tuples(st.just("close"), people),
    st.tuples(st.just("wait"), st.sampled_from((0, 1, 30, 100, 700))),
    st.tuples(st.just(Verb.SUB), people, rooms),
    st.tuples(st.just(Verb.UNSUB), people, rooms),
    st.tuples(st.just(Verb.PUB), people, rooms),
    st.tuples(st.just(Verb.TO), people, people),
    st.tuples(st.just(Verb.ALLOC), people),
    st.tuples(st.just(Verb.CLAIM), people, st.integers(1, 12)),
    st.tuples(st.just(Verb.LEAVE), people, st.integers(1, 12)),
    st.tuples(st.just("pipe"), people),
    st.tuples(st.just(Verb.TURN), people),
)


class World:
    """A desk, and what an observer of its effects may conclude."""

    def __init__(self) -> None:
        counter = itertools.count(1)
        self.desk = Desk(SMALL, lambda size: next(counter).to_bytes(size, "big"), offers_turn=True)
        self.here: dict[int, ConnectionId] = {}
        self.tags: list[bytes] = [bytes(16)]
        self.pipes: list[bytes] = [bytes(16)]
        self.now = 0.0

    def play(self, step: tuple[object, ...]) -> None:
        match step:
            case ("open", int() as person):
                if person not in self.here:
                    who = self.desk.opened(f"192.0.2.{person % 2}", self.now)
                    if who is not None:
                        self.here[person] = who
            case ("close", int() as person):
                if person in self.here:
                    self.note(self.desk.closed(self.here.pop(person)))
            case ("wait", int() as seconds):
                self.now += seconds
                self.note(self.desk.sweep(self.now))
            case (verb, int() as person, *rest) if person in self.here:
                self.ask(self.here[person], verb, rest)

    def ask(self, who: ConnectionId, verb: object, rest: list[object]) -> None:
        asked = Verb.PUB if verb == "pipe" else Verb(int(str(verb)))
        effects = self.desk.receive(who, self.frame(asked, verb == "pipe", rest), self.now)
        if asked in ANSWERED:
            assert sum(self.is_answer(effect, who, asked) for effect in effects) == 1, (asked, effects)
        self.note(effects)

    def frame(self, verb: Verb, to_pipe: bool, rest: list[object]) -> bytes:
        number = rest[0] if rest else 0
        assert isinstance(number, int)
        room = number.to_bytes(16, "big")
        parts: dict[Verb, list[object]] = {
            Verb.SUB: [room],
            Verb.UNSUB: [room],
            Verb.PUB: [self.pipes[-1] if to_pipe else room, bytes(KIB)],
            Verb.TO: [self.tags[-1 - number % len(self.tags)], bytes(KIB)],
            Verb.CLAIM: [number],
            Verb.LEAVE: [number],
        }
        packed = msgpack.packb([verb, *parts.get(verb, [])], use_bin_type=True)
        assert isinstance(packed, bytes)
        return packed

    def is_answer(self, effect: Effect, who: ConnectionId, verb: Verb) -> bool:
        if isinstance(effect, SendTurn):
            return verb == Verb.TURN
        if isinstance(effect, Close):
            return effect.who == who
        if not isinstance(effect, Send):
            return False
        decoded = msgpack.unpackb(effect.frame)
        refused = decoded[0] == Verb.ERR and decoded[2] == verb
        return who in effect.to and (refused or decoded[0] in ANSWERED[verb])

    def note(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Close(who):
                    self.here = {person: other for person, other in self.here.items() if other != who}
                    self.note(self.desk.closed(who))
                case Send(to, frame):
                    # Those who left in the same step may still be named; nobody else.
                    assert len(set(to)) == len(to)
                    decoded = msgpack.unpackb(frame)
                    if decoded[0] == Verb.JOINED:
                        self.tags.append(decoded[2])
                    if decoded[0] == Verb.PAIRED:
                        self.pipes.append(decoded[2])

    def check(self) -> None:
        """Hold the server's tables against each other and against the limits."""
        seats, boxes = self.desk._rooms, self.desk._mailboxes
        present = set(self.here.values())
        assert set(self.desk._connections) == present
        assert all(members for members in seats._members.values())
        assert all(len(members) <= SMALL.subscribers_per_room for members in seats._members.values())
        assert all(len(own) <= SMALL.rooms_per_connection for own in seats._rooms.values())
        inside = {
            (room, who): tag for room, members in seats._members.items() for who, tag in members.items()
        }
        assert {who for _, who in inside} == set(seats._rooms) <= present
        assert {tag: place for place, tag in inside.items()} == seats._tags
        held = {(who, box.number) for box in boxes._boxes.values() for who in box.parties}
        assert held == {(who, number) for who, numbers in boxes._held.items() for number in numbers}
        assert {who for who, _ in held} <= present
        assert all((box.room in boxes._paired) == (len(box.parties) == 2) for box in boxes._boxes.values())
        assert len(boxes._boxes) <= SMALL.mailboxes
        addresses = Counter(connection.address for connection in self.desk._connections.values())
        assert addresses == self.desk._per_address


@given(st.lists(steps, max_size=80))
def test_whatever_happens_the_tables_agree_and_every_request_has_one_answer(
    script: list[tuple[object, ...]],
) -> None:
    world = World()
    for person in range(4):
        world.play(("open", person))
    for step in script:
        world.play(step)
        world.check()
    for person in range(6):
        world.play(("close", person))
    world.play(("wait", 3_700))
    world.check()
    assert world.desk.sizes()["connections"] == world.desk.sizes()["rooms"] == 0
    assert not world.desk._mailboxes._boxes
    assert not world.desk._allocations._times
    assert not world.desk._missed_claims._times


def test_the_script_reaches_pairings_and_turn() -> None:
    """The law above is not empty: this is how a script gets far."""
    world = World()
    for step in (("open", 0), ("open", 1), (Verb.ALLOC, 0)):
        world.play(step)
    number = next(iter(world.desk._mailboxes._boxes))
    world.play((Verb.CLAIM, 1, number))
    world.play(("pipe", 1))
    world.play((Verb.TURN, 0))
    assert world.pipes[-1] in world.desk._mailboxes._paired
    assert number <= 12
    world.check()
