"""The socket between processes of one device: any program of the same user may write to it."""

from __future__ import annotations

from collections.abc import Iterator

from envlsp.errors import LimitExceeded, MalformedFrame
from envlsp.wire.local import (
    Answer,
    Call,
    Complaint,
    Hello,
    decode_local_untrusted,
    encode_local,
    length_untrusted,
)

MAX_BYTES = 4_096
_PREFIX_BYTES = 4


def seeds() -> Iterator[bytes]:
    """Yield every kind of message, its length before it."""
    for message in (
        Hello(1, 1),
        Call(1, "sync", (b"\1" * 32, 0, "x")),
        Answer(1, (b"", [1, "x"])),
        Complaint(2, "locked", "no"),
    ):
        yield encode_local(message)


def take(data: bytes) -> None:
    """Read a length and a message."""
    try:
        size = length_untrusted(data[:_PREFIX_BYTES])
        assert size >= 0
        message = decode_local_untrusted(data[_PREFIX_BYTES:])
        assert encode_local(message)[_PREFIX_BYTES:] == data[_PREFIX_BYTES:]
    except (MalformedFrame, LimitExceeded):
        pass
