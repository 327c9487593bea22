"""The server's half of the vectors; `tests/wire/test_signaling_messages.py` has the client's."""

from __future__ import annotations

import contextlib
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp_signaling import messages
from envlsp_signaling.messages import (
    VERBS,
    Allocate,
    AskTurn,
    BadFrame,
    Claim,
    Code,
    Direct,
    Leave,
    Number,
    Publish,
    Request,
    RoomId,
    Subscribe,
    Tag,
    Unsubscribe,
    Verb,
)
from tests.support.frames import joined, name, vectors


def meaning(means: list[Any]) -> Request:
    match means:
        case ["SUB", room]:
            return Subscribe(RoomId(bytes.fromhex(room)))
        case ["UNSUB", room]:
            return Unsubscribe(RoomId(bytes.fromhex(room)))
        case ["PUB", room, blob]:
            return Publish(RoomId(bytes.fromhex(room)), joined([blob]))
        case ["TO", tag, blob]:
            return Direct(Tag(bytes.fromhex(tag)), joined([blob]))
        case ["ALLOC"]:
            return Allocate()
        case ["CLAIM", number]:
            return Claim(Number(number))
        case ["TURN"]:
            return AskTurn()
        case ["LEAVE", number]:
            return Leave(Number(number))
    raise AssertionError(means)


@pytest.mark.parametrize("case", vectors("signaling.json", "requests"), ids=name)
def test_requests_are_understood(case: Any) -> None:
    request = messages.decode_untrusted(joined(case["frame"]))
    assert request == meaning(case["means"])
    assert VERBS[type(request)].name == case["means"][0]


@pytest.mark.parametrize("case", vectors("signaling.json", "refused_requests"), ids=name)
def test_anything_else_is_refused(case: Any) -> None:
    with pytest.raises(BadFrame):
        messages.decode_untrusted(joined(case["frame"]))


def answer(means: list[Any]) -> bytes:
    match means:
        case ["JOINED", room, tag]:
            return messages.joined(RoomId(bytes.fromhex(room)), Tag(bytes.fromhex(tag)))
        case ["MSG", room, tag, blob]:
            return messages.message(RoomId(bytes.fromhex(room)), Tag(bytes.fromhex(tag)), joined([blob]))
        case ["ERR", code, verb]:
            return messages.refused(Code(code), Verb(verb))
        case ["NUMBER", number]:
            return messages.number(Number(number))
        case ["PAIRED", number, room]:
            return messages.paired(Number(number), RoomId(bytes.fromhex(room)))
        case ["GONE", number]:
            return messages.gone(Number(number))
        case ["CREDENTIALS", ttl_s, username, password, urls]:
            return messages.credentials(ttl_s, username, password, tuple(urls))
    raise AssertionError(means)


@pytest.mark.parametrize("case", vectors("signaling.json", "answers"), ids=name)
def test_answers_have_one_byte_form(case: Any) -> None:
    assert answer(case["means"]) == joined(case["frame"])


@given(st.binary(max_size=64))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    with contextlib.suppress(BadFrame):
        messages.decode_untrusted(data)


@given(st.recursive(st.integers() | st.binary(max_size=20) | st.text(max_size=5), st.lists, max_leaves=8))
def test_any_msgpack_is_a_request_or_refused(value: Any) -> None:
    try:
        data = msgpack.packb([1, value], use_bin_type=True)
    except OverflowError:
        return
    with contextlib.suppress(BadFrame):
        messages.decode_untrusted(data)
