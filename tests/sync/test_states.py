from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest

from envlsp.errors import MalformedFrame
from envlsp.sync.states import (
    ASKING,
    INVITING,
    JOINING,
    NEXT,
    SERVING,
    Asking,
    AskingMove,
    Inviting,
    Joining,
    Move,
    Serving,
    State,
    step,
    step_untrusted,
)

TABLES = (
    (NEXT, State.PROVING, State.CLOSED),
    (ASKING, Asking.NOTHING, None),
    (SERVING, Serving.NOTHING, None),
    (INVITING, Inviting.LISTENING, Inviting.OVER),
    (JOINING, Joining.PAIRING, Joining.OVER),
)


@pytest.mark.parametrize(("table", "first", "last"), TABLES)
def test_every_state_has_a_line_is_reached_and_can_end(
    table: Mapping[Any, Mapping[Any, Any]], first: Enum, last: Enum | None
) -> None:
    assert set(table) == set(type(first))
    reached, frontier = {first}, [first]
    while frontier:
        for state in table[frontier.pop()].values():
            if state not in reached:
                reached.add(state)
                frontier.append(state)
    assert reached == set(type(first))
    for state, moves in table.items():
        assert state is last or last in moves.values() or last is None
    assert last is None or table[last] == {}


def test_a_move_that_is_not_in_the_table_is_the_peers_fault_or_our_bug() -> None:
    assert step(NEXT, State.PROVING, Move.WELCOMED) is State.SYNCING
    with pytest.raises(MalformedFrame):
        step_untrusted(ASKING, Asking.NOTHING, AskingMove.ANSWERED)
    with pytest.raises(AssertionError):
        step(NEXT, State.CLOSED, Move.LEAVE)
