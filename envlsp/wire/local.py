"""The local API's messages: what processes of one device say to their node.

A message is a canonical array behind a 4-byte length. Both sides open with
`Hello`; then the client sends calls and the node answers each by its number.
Number 0 is the node speaking unasked: `changed`, `peers`.

Spec: docs/protocol.md, "K. Local API".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from envlsp.errors import Malformed, MalformedFrame
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import MIB

LOCAL_VERSION = 2
"""The newest that is spoken here."""
LOCAL_LOWEST = 2
LENGTH_BYTES = 4
LOCAL_MAX_BYTES = MIB
_GREETING = "envlsp-local"


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message each way: the lowest and highest version spoken."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Call:
    """Ask the node: `number` is the caller's own, from 1."""

    number: int
    method: str
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of call `number`."""

    number: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """Call `number` failed: an error's code and its detail, which holds no value."""

    number: int
    code: str
    detail: str


Message: TypeAlias = Hello | Call | Answer | Complaint

OURS = Hello(LOCAL_LOWEST, LOCAL_VERSION)


def common_version(ours: Hello, theirs: Hello) -> int | None:
    """Return the highest version that both ends speak; None where there is none."""
    version = min(ours.highest, theirs.highest)
    return version if version >= max(ours.lowest, theirs.lowest) else None


def encode_local(message: Message) -> bytes:
    """Return the message behind its length."""
    body = encode(_array(message))
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def _array(message: Message) -> list[Value]:
    match message:
        case Hello(lowest, highest):
            return [_GREETING, lowest, highest]
        case Call(number, method, args):
            return [0, number, method, list(args)]
        case Answer(number, values):
            return [1, number, list(values)]
        case Complaint(number, code, detail):
            return [2, number, code, detail]


def length_untrusted(prefix: bytes) -> int:
    """Return how many bytes follow a length prefix.

    Raises:
        MalformedFrame: more than the local API allows.
    """
    length = int.from_bytes(prefix, "big")
    if length > LOCAL_MAX_BYTES:
        raise MalformedFrame(f"{length} bytes in one local message")
    return length


def decode_local_untrusted(body: bytes) -> Message:
    """Return the message in `body` (without its length).

    Raises:
        MalformedFrame: no message of this API.
    """
    try:
        value = decode_untrusted(body, limit_bytes=LOCAL_MAX_BYTES)
    except Malformed as exc:
        raise MalformedFrame(exc.detail) from exc
    match value:
        case [str() as greeting, int() as lowest, int() as highest] if greeting == _GREETING:
            return Hello(lowest, highest)
        case [0, int() as number, str() as method, list() as args]:
            return Call(number, method, tuple(args))
        case [1, int() as number, list() as values]:
            return Answer(number, tuple(values))
        case [2, int() as number, str() as code, str() as detail]:
            return Complaint(number, code, detail)
    raise MalformedFrame("no message of the local API")
