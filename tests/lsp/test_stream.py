from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from envlsp.lsp.stream import Stream


class Ends:
    """Both ends of two pipes, and what the stream said."""

    def __init__(self) -> None:
        self.incoming, self.to_stream = os.pipe()
        self.from_stream, self.outgoing = os.pipe()
        self.heard = bytearray()
        self.ended = 0

    def stream(self, incoming: int | None = None) -> Stream:
        stream = Stream(
            self.incoming if incoming is None else incoming, self.outgoing, self.heard.extend, self._end
        )
        stream.start()
        return stream

    def _end(self) -> None:
        self.ended += 1

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors or (self.incoming, self.to_stream, self.from_stream, self.outgoing):
            try:
                os.close(descriptor)
            except OSError:
                continue


@pytest.fixture
def ends() -> Iterator[Ends]:
    found = Ends()
    yield found
    found.close()


async def test_bytes_go_both_ways(ends: Ends) -> None:
    stream = ends.stream()
    os.write(ends.to_stream, b"hello")
    await asyncio.sleep(0.02)
    assert ends.heard == b"hello"
    stream.write(b"there")
    assert os.read(ends.from_stream, 10) == b"there"
    stream.close(0.1)
    assert os.get_blocking(ends.outgoing)


async def test_what_is_not_taken_yet_is_kept_and_sent_in_order(ends: Ends) -> None:
    stream = ends.stream()
    data = bytes(range(256)) * 4096
    stream.write(data)
    stream.write(b"end")
    os.set_blocking(ends.from_stream, False)
    got = bytearray()
    while len(got) < len(data) + 3:
        await asyncio.sleep(0.001)
        with suppress(BlockingIOError):
            got += os.read(ends.from_stream, 1 << 16)
    assert got == data + b"end"
    stream.close(0.1)


async def test_the_last_words_are_flushed_as_far_as_they_are_taken(ends: Ends) -> None:
    stream = ends.stream()
    stream.write(b"x" * 1_000_000)
    loop = asyncio.get_running_loop()
    started = loop.time()
    stream.close(0.05)  # nobody reads
    assert loop.time() - started < 1


async def test_the_end_is_told_once(ends: Ends) -> None:
    stream = ends.stream()
    ends.close(ends.to_stream)
    await asyncio.sleep(0.02)
    assert ends.ended == 1
    stream.write(b"still said")
    assert os.read(ends.from_stream, 20) == b"still said"
    ends.close(ends.from_stream)
    stream.write(b"nobody")
    stream.write(b"nobody")
    assert ends.ended == 1
    stream.close(0.1)


async def test_an_editor_that_stops_reading_for_good_is_gone(ends: Ends) -> None:
    stream = ends.stream()
    ends.close(ends.from_stream)
    stream.write(b"x")
    assert ends.ended == 1
    stream.close(0.1)


async def test_a_plain_file_is_read_too(ends: Ends, tmp_path: Path) -> None:
    (tmp_path / "requests").write_bytes(b"x" * 1000)
    with (tmp_path / "requests").open("rb") as file:
        stream = ends.stream(file.fileno())
        for _ in range(100):
            await asyncio.sleep(0.01)
            if ends.ended:
                break
        assert ends.heard == b"x" * 1000
        assert ends.ended == 1
        stream.close(0.1)
