"""The client's half of the vectors; `tests/signaling/test_messages.py` has the server's."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.wire import signaling_messages as wire
from envlsp.wire.signaling_messages import (
    Allocated,
    Answer,
    Credentials,
    Gone,
    Joined,
    MailboxNumber,
    Message,
    Paired,
    Refusal,
    Refused,
    RoomId,
    Tag,
    Verb,
)
from tests.support.frames import joined, name, vectors


def request(means: list[Any]) -> bytes:
    match means:
        case ["SUB", room]:
            return wire.subscribe(RoomId(bytes.fromhex(room)))
        case ["UNSUB", room]:
            return wire.unsubscribe(RoomId(bytes.fromhex(room)))
        case ["PUB", room, blob]:
            return wire.publish(RoomId(bytes.fromhex(room)), joined([blob]))
        case ["TO", tag, blob]:
            return wire.direct(Tag(bytes.fromhex(tag)), joined([blob]))
        case ["ALLOC"]:
            return wire.allocate()
        case ["CLAIM", number]:
            return wire.claim(MailboxNumber(number))
        case ["TURN"]:
            return wire.ask_turn()
        case ["LEAVE", number]:
            return wire.leave(MailboxNumber(number))
    raise AssertionError(means)


@pytest.mark.parametrize("case", vectors("signaling.json", "requests"), ids=name)
def test_requests_have_one_byte_form(case: Any) -> None:
    assert request(case["means"]) == joined(case["frame"])


def meaning(means: list[Any]) -> Answer:
    match means:
        case ["JOINED", room, tag]:
            return Joined(RoomId(bytes.fromhex(room)), Tag(bytes.fromhex(tag)))
        case ["MSG", room, tag, blob]:
            return Message(RoomId(bytes.fromhex(room)), Tag(bytes.fromhex(tag)), joined([blob]))
        case ["ERR", code, verb]:
            return Refused(Refusal(code), Verb(verb))
        case ["NUMBER", number]:
            return Allocated(MailboxNumber(number))
        case ["PAIRED", number, room]:
            return Paired(MailboxNumber(number), RoomId(bytes.fromhex(room)))
        case ["GONE", number]:
            return Gone(MailboxNumber(number))
        case ["CREDENTIALS", ttl_s, username, password, urls]:
            return Credentials(ttl_s, username, password, tuple(urls))
    raise AssertionError(means)


@pytest.mark.parametrize("case", vectors("signaling.json", "answers"), ids=name)
def test_answers_are_understood(case: Any) -> None:
    assert wire.decode_answer_untrusted(joined(case["frame"])) == meaning(case["means"])


@pytest.mark.parametrize("case", vectors("signaling.json", "refused_answers"), ids=name)
def test_anything_else_is_refused(case: Any) -> None:
    with pytest.raises(MalformedFrame):
        wire.decode_answer_untrusted(joined(case["frame"]))


def test_a_refusal_of_tomorrow_is_still_a_refusal() -> None:
    frame = bytes((0x93, Verb.ERR, 99, Verb.SUB))
    assert wire.decode_answer_untrusted(frame) == Refused(Refusal.OTHER, Verb.SUB)


def test_what_does_not_fit_is_refused_before_it_is_sent() -> None:
    with pytest.raises(LimitExceeded):
        wire.publish(RoomId(bytes(16)), bytes(1_000))


@given(st.binary(max_size=64))
def test_any_bytes_are_an_answer_or_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedFrame):
        wire.decode_answer_untrusted(data)


def test_credentials_and_blobs_are_not_shown() -> None:
    shown = repr(Credentials(600, "name", "planted", ())) + repr(Message(RoomId(b""), Tag(b""), b"planted"))
    assert "planted" not in shown
