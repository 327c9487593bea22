"""Messages on a stream: a header with a length, an empty line, JSON.

Takes bytes and gives messages; does no input or output. A stream that makes no sense is
`Broken`, and nothing can be saved of it: where the next message begins is not known.
"""

from __future__ import annotations

import json
from typing import Any

HEADER_MAX = 8192
"""Bytes of a header. Two short lines are usual."""
BODY_MAX = 256 << 20
"""Bytes of a message: more than any document an editor opens."""

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Made once; what we send is built from new objects and cannot hold itself."""


class Broken(Exception):
    """The stream is not what it should be."""


class Unreadable:
    """Stands for a message that is no JSON object."""


class Frames:
    """Bytes that have arrived and are not read yet."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length = -1

    def feed(self, data: bytes) -> None:
        """Take over what has arrived."""
        self._buffer += data

    def next(self) -> Any:
        """Return the next message, decoded; None while it is not complete.

        Raises:
            Broken: no length where one must be, or too much of something.
        """
        if self._length < 0 and not self._read_header():
            return None
        if len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        self._length = -1
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return Unreadable()
        return found if isinstance(found, dict) else Unreadable()  # batches are no part of LSP

    def _read_header(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 and len(self._buffer) <= HEADER_MAX:
            return False
        if not 0 <= end <= HEADER_MAX:
            raise Broken
        for line in bytes(self._buffer[:end]).split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                self._length = _number(value.strip())
        if self._length < 0:
            raise Broken
        del self._buffer[: end + 4]
        return True


def framed(message: Any) -> bytes:
    """Return a message as it is sent."""
    body = _encode(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _number(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 10 or int(digits) > BODY_MAX:
        raise Broken
    return int(digits)
