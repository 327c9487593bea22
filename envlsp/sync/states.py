"""Every state of the peer protocol and what moves each machine: tables and nothing else.

No rule here knows which side we are, or what a message says. A move that a stranger's
bytes cause goes through `step_untrusted`; one that only we can cause through `step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final, TypeVar

from envlsp.errors import MalformedFrame

S = TypeVar("S", bound=Enum)
M = TypeVar("M", bound=Enum)


class State(Enum):
    """The life of a session."""

    PROVING = auto()  # the handshake
    MEETING = auto()  # proved, but no active member here: waiting to be introduced
    SYNCING = auto()
    IN_STEP = auto()  # both stand at the same heads
    LEAVING = auto()  # an orderly end: what is under way is finished
    CLOSED = auto()


class Move(Enum):
    """What moves a session."""

    WELCOMED = auto()
    NOT_KNOWN = auto()
    HEADS_EQUAL = auto()
    HEADS_DIFFER = auto()
    LEAVE = auto()
    ENDED = auto()


NEXT: Final = {
    State.PROVING: {
        Move.WELCOMED: State.SYNCING,
        Move.NOT_KNOWN: State.MEETING,
        Move.LEAVE: State.CLOSED,
        Move.ENDED: State.CLOSED,
    },
    State.MEETING: {
        Move.WELCOMED: State.SYNCING,
        Move.LEAVE: State.CLOSED,
        Move.ENDED: State.CLOSED,
    },
    State.SYNCING: {
        Move.HEADS_EQUAL: State.IN_STEP,
        Move.HEADS_DIFFER: State.SYNCING,
        Move.LEAVE: State.LEAVING,
        Move.ENDED: State.CLOSED,
    },
    State.IN_STEP: {
        Move.HEADS_EQUAL: State.IN_STEP,
        Move.HEADS_DIFFER: State.SYNCING,
        Move.LEAVE: State.LEAVING,
        Move.ENDED: State.CLOSED,
    },
    State.LEAVING: {
        Move.HEADS_EQUAL: State.LEAVING,
        Move.HEADS_DIFFER: State.LEAVING,
        Move.LEAVE: State.LEAVING,
        Move.ENDED: State.CLOSED,
    },
    State.CLOSED: {},  # late bytes are dropped by Session.receive, not by a move
}


class Asking(Enum):
    """What we wait for: one request at a time, so that nothing is asked for twice."""

    NOTHING = auto()
    BY_VECTOR = auto()
    BY_IDS = auto()


class AskingMove(Enum):
    """What moves it."""

    VECTOR_SENT = auto()
    WANT_SENT = auto()
    RECORDS_CAME = auto()
    ANSWERED = auto()


ASKING: Final = {
    Asking.NOTHING: {
        AskingMove.VECTOR_SENT: Asking.BY_VECTOR,
        AskingMove.WANT_SENT: Asking.BY_IDS,
    },
    Asking.BY_VECTOR: {
        AskingMove.WANT_SENT: Asking.BY_IDS,  # too many orphans: it interrupts the answer
        AskingMove.RECORDS_CAME: Asking.BY_VECTOR,
        AskingMove.ANSWERED: Asking.NOTHING,
    },
    Asking.BY_IDS: {
        AskingMove.RECORDS_CAME: Asking.BY_IDS,
        AskingMove.ANSWERED: Asking.NOTHING,
    },
}


class Serving(Enum):
    """What the peer waits for."""

    NOTHING = auto()
    A_VECTOR = auto()
    IDS = auto()


class ServingMove(Enum):
    """What moves it."""

    VECTOR_CAME = auto()
    WANT_CAME = auto()
    ANSWERED = auto()


SERVING: Final = {
    Serving.NOTHING: {
        ServingMove.VECTOR_CAME: Serving.A_VECTOR,
        ServingMove.WANT_CAME: Serving.IDS,
    },
    Serving.A_VECTOR: {ServingMove.WANT_CAME: Serving.IDS, ServingMove.ANSWERED: Serving.NOTHING},
    Serving.IDS: {ServingMove.ANSWERED: Serving.NOTHING},
}


class Inviting(Enum):
    """The inviter's half of a join."""

    LISTENING = auto()  # nobody has tried the code yet
    CONFIRMING = auto()  # one attempt was made; only its confirmation counts now
    WELCOMING = auto()  # the code matched, the joiner's keys are to come
    DECIDING = auto()  # a person looks at the words
    GRANTED = auto()  # the pipe carries signaling
    OVER = auto()


class Joining(Enum):
    """The joiner's half of a join."""

    PAIRING = auto()
    CONFIRMED = auto()  # the inviter knows the code; its welcome is to come
    WELCOMED = auto()  # our keys are to be made
    WAITING = auto()  # a person looks at the words
    GRANTED = auto()
    OVER = auto()


class JoinMove(Enum):
    """What moves either half."""

    HELLO_CAME = auto()
    CONFIRM_CAME = auto()
    WELCOME_CAME = auto()
    REQUEST_CAME = auto()
    REQUEST_SENT = auto()
    GRANT_CAME = auto()
    GRANT_SENT = auto()
    SIGNAL_CAME = auto()
    ENDED = auto()


INVITING: Final = {
    Inviting.LISTENING: {
        JoinMove.HELLO_CAME: Inviting.CONFIRMING,
        JoinMove.ENDED: Inviting.OVER,
    },
    Inviting.CONFIRMING: {
        JoinMove.CONFIRM_CAME: Inviting.WELCOMING,
        JoinMove.ENDED: Inviting.OVER,
    },
    Inviting.WELCOMING: {
        JoinMove.REQUEST_CAME: Inviting.DECIDING,
        JoinMove.ENDED: Inviting.OVER,
    },
    Inviting.DECIDING: {JoinMove.GRANT_SENT: Inviting.GRANTED, JoinMove.ENDED: Inviting.OVER},
    Inviting.GRANTED: {JoinMove.SIGNAL_CAME: Inviting.GRANTED, JoinMove.ENDED: Inviting.OVER},
    Inviting.OVER: {},
}

JOINING: Final = {
    Joining.PAIRING: {JoinMove.HELLO_CAME: Joining.CONFIRMED, JoinMove.ENDED: Joining.OVER},
    Joining.CONFIRMED: {JoinMove.WELCOME_CAME: Joining.WELCOMED, JoinMove.ENDED: Joining.OVER},
    Joining.WELCOMED: {JoinMove.REQUEST_SENT: Joining.WAITING, JoinMove.ENDED: Joining.OVER},
    Joining.WAITING: {JoinMove.GRANT_CAME: Joining.GRANTED, JoinMove.ENDED: Joining.OVER},
    Joining.GRANTED: {JoinMove.SIGNAL_CAME: Joining.GRANTED, JoinMove.ENDED: Joining.OVER},
    Joining.OVER: {},
}


def step(table: Mapping[S, Mapping[M, S]], state: S, move: M) -> S:
    """Return the next state of a move that is ours to make."""
    assert move in table[state], (state, move)
    return table[state][move]


def step_untrusted(table: Mapping[S, Mapping[M, S]], state: S, move: M) -> S:
    """Return the next state of a move that a peer's message asks for.

    Raises:
        MalformedFrame: the table has no such line.
    """
    if move not in table[state]:
        raise MalformedFrame(f"{move.name.lower()} while {state.name.lower()}")
    return table[state][move]
