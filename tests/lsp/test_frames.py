from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envlsp.lsp.frames import HEADER_MAX, Broken, Frames, Unreadable, framed


def _read(frames: Frames) -> list[Any]:
    found = []
    while (message := frames.next()) is not None:
        found.append(message)
    return found


@given(st.lists(st.dictionaries(st.text(), st.text(), max_size=2), max_size=4), st.integers(1, 50))
def test_messages_come_out_as_they_went_in_however_they_are_cut(
    messages: list[dict[str, str]], step: int
) -> None:
    stream = b"".join(map(framed, messages))
    frames, found = Frames(), []
    for start in range(0, len(stream), step):
        frames.feed(stream[start : start + step])
        found += _read(frames)
    assert found == messages


def test_headers_may_be_spelled_in_any_way() -> None:
    frames = Frames()
    frames.feed(b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nCONTENT-LENGTH:2\r\n\r\n{}")
    assert _read(frames) == [{}]


@pytest.mark.parametrize("body", (b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b"", b"[" * 100_000))
def test_what_is_no_object_is_unreadable_and_the_next_one_is_read(body: bytes) -> None:
    frames = Frames()
    frames.feed(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) + framed({"a": 1}))
    first, second = _read(frames)
    assert isinstance(first, Unreadable)
    assert second == {"a": 1}


@pytest.mark.parametrize(
    "data",
    (
        b"x" * (HEADER_MAX + 1),
        b"A: 1\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1_0\r\n\r\n",
        b"Content-Length: 999999999\r\n\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"A: " + b"x" * HEADER_MAX + b"\r\n\r\n",
    ),
)
def test_a_stream_that_makes_no_sense_is_broken(data: bytes) -> None:
    frames = Frames()
    frames.feed(data)
    with pytest.raises(Broken):
        frames.next()


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_broken(data: bytes) -> None:
    frames = Frames()
    frames.feed(data)
    with suppress(Broken):
        _read(frames)


def test_text_of_any_kind_can_be_sent() -> None:
    data = framed({"text": "é\ud800\u2028"})
    length, _, body = data.partition(b"\r\n\r\n")
    assert int(length.rpartition(b" ")[2]) == len(body)
    assert json.loads(body) == {"text": "é\ud800\u2028"}
