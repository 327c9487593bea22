"""Whatever a peer says after its proof: the session goes on or closes, and never raises."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from envlsp.domain.ids import RecordId
from envlsp.wire.frames import Frame, FrameType, is_control
from envlsp.wire.messages import (
    Announce,
    Bye,
    CloseCode,
    Done,
    Err,
    Heads,
    Intro,
    Message,
    Ping,
    Pong,
    Progress,
    Records,
    Vector,
    Want,
)
from tests.support.peers import FakeReplica, actor, make_fake
from tests.support.wire_faults import Liar

POOL = [make_fake(b"mallory-", 1, 1, [])]
for number in range(2, 9):
    POOL.append(make_fake(b"mallory-", number, number, [POOL[-1].id]))
RAWS = st.lists(st.sampled_from([fake.raw for fake in POOL] + [b"noise"]), max_size=4).map(tuple)
IDS = st.lists(
    st.sampled_from([fake.id for fake in POOL] + [RecordId(bytes(32))]), min_size=1, unique=True
).map(lambda ids: tuple(sorted(ids)))
SAYINGS: st.SearchStrategy[Message] = st.one_of(
    st.builds(Heads, IDS, st.integers(0, 9), st.just(())),
    st.builds(Vector, st.just(())),
    st.builds(Vector, st.just((Progress(b"mallory-", 3, POOL[2].id[:8]),))),
    st.builds(Records, RAWS),
    st.builds(Want, IDS),
    st.just(Done()),
    st.builds(Announce, IDS, RAWS),
    st.builds(Intro, st.integers(0, 1), RAWS),
    st.builds(Ping, st.just(1)),
    st.just(Pong(1)),
    st.just(Bye()),
    st.just(Err(CloseCode.STORE)),
)


def consistent(replica: FakeReplica) -> bool:
    return all(parent in replica.store for fake in replica.store.values() for parent in fake.parents)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(SAYINGS, st.sampled_from((0.0, 1.0, 6.0))), max_size=25))
def test_any_order_of_messages(sayings: list[tuple[Message, float]]) -> None:
    alice = actor("alice")
    for fake in POOL[:2]:
        alice.replica.take([fake.raw], auth_only=False)
    liar = Liar(alice, actor("eve"))
    for message, seconds in sayings:
        liar.say(message)
        liar.tick(seconds)
    assert consistent(alice.replica)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.builds(
                lambda kind, more, payload: (kind, more, payload),
                st.sampled_from(FrameType),
                st.booleans(),
                st.binary(max_size=60),
            ),
        ),
        max_size=8,
    )
)
def test_any_bytes(sayings: list[bytes | tuple[FrameType, bool, bytes]]) -> None:
    alice = actor("alice")
    liar, seq = Liar(alice, actor("eve")), 0
    for said in sayings:
        if isinstance(said, bytes):
            liar.say_bytes(said)
        else:
            kind, more, payload = said
            seq += 1
            liar.say_frame(Frame(kind, more, 0 if is_control(kind) else seq, payload))
    assert alice.replica.count() == 0


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=120), min_size=1, max_size=4))
def test_any_bytes_instead_of_a_handshake(messages: list[bytes]) -> None:
    liar = Liar(actor("alice"), actor("eve"))
    fresh = type(liar.session)(liar.session._handshake._setup, liar.replica, 0.0)
    for message in messages:
        fresh.receive(message, 0.0)
    assert fresh.state.name == "CLOSED"
