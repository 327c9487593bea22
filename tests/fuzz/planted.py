"""A decoder with a mistake in it, so that a test sees the search find one."""

from __future__ import annotations

from collections.abc import Iterator

MAX_BYTES = 64


def seeds() -> Iterator[bytes]:
    """Yield a message that is right: its first byte says how long it is."""
    yield b"\x03abc"


def take(data: bytes) -> None:
    """Believe the length."""
    if data:
        assert data[data[0]] >= 0
