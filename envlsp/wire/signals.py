"""What peers tell each other through the signaling server, before it is sealed (PROTOCOL G, A5).

A beacon tells a room who is there; a signal tells one device how to be reached.
Shapes and limits only: keys, seals and signatures are `crypto.rendezvous`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal, NewType, TypeAlias

from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import LimitExceeded, Malformed
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import BLOB_MAX_BYTES, UINT_MAX
from envlsp.wire.signaling_messages import RoomId

SessionId = NewType("SessionId", bytes)
"""16 random bytes: one attempt to connect two devices."""

KEY_BYTES: Final = 32
SESSION_BYTES: Final = 16
NONCE_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
FINGERPRINT_BYTES: Final = 32
ICE_TEXT_MAX_BYTES: Final = 256  # RFC 8839 allows ufrag and pwd that long
CANDIDATE_MAX_BYTES: Final = 256
CANDIDATES_MAX: Final = 32  # per message, and what one dial uses in all: each costs the peer checks


class Kind(IntEnum):
    """What a signal is for."""

    DIAL = 0
    PARAMS = 1
    CANDIDATES = 2
    END = 3
    BYE = 4
    DIRECT = 5


KindWord: TypeAlias = Literal["dial", "params", "candidates", "end", "bye", "direct"]
"""The same in the words of `transport.api.SignalPipe`."""


@dataclass(frozen=True, slots=True)
class Dial:
    """`[]`: please connect; asked by either, answered with parameters of the same session."""


@dataclass(frozen=True, slots=True)
class Params:
    """`[ufrag, pwd, fingerprint32, [candidate...]]`: ICE and DTLS, and the candidates known so far.

    `fingerprint` is the SHA-256 of the sender's DTLS certificate.
    """

    ufrag: str = field(repr=False)
    pwd: str = field(repr=False)
    fingerprint: bytes = field(repr=False)
    candidates: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Direct(Params):
    """As `Params`, in an attempt in which neither side offers a relay."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """`[candidate...]`: more of them, as they are found."""

    candidates: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """`[]`: no more candidates will come."""


@dataclass(frozen=True, slots=True)
class Bye:
    """`[]`: the attempt is over."""


Content: TypeAlias = Dial | Params | Direct | Candidates | End | Bye


@dataclass(frozen=True, slots=True)
class Signal:
    """One message from device to device: `[team, from, to, session16, counter, kind, params, sig]`."""

    team: TeamId
    sender: DevicePk
    target: DevicePk
    session: SessionId
    counter: int
    content: Content


@dataclass(frozen=True, slots=True)
class Beacon:
    """One announcement in a room: `[dpk, nonce16, ts, sig]`; `ts` is unix seconds, a claim."""

    sender: DevicePk
    nonce: bytes
    ts: int


def signed_part(signal: Signal) -> bytes:
    """Return what the sender of a signal signs: the canonical array without its signature."""
    return encode(_signal_array(signal))


def encode_signal(signal: Signal, signature: bytes) -> bytes:
    """Return the plaintext of a directed message."""
    return encode([*_signal_array(signal), signature])


def decode_signal_untrusted(data: bytes) -> tuple[Signal, bytes]:
    """Return a signal and the signature it claims, neither checked.

    Raises:
        Malformed: not the one byte form of a signal.
        LimitExceeded: more candidates, or longer ones, than anybody needs.
    """
    match decode_untrusted(data, limit_bytes=BLOB_MAX_BYTES):
        case [team, sender, target, session, counter, kind, params, signature]:
            signal = Signal(
                TeamId(_bytes(team, KEY_BYTES)),
                DevicePk(_bytes(sender, KEY_BYTES)),
                DevicePk(_bytes(target, KEY_BYTES)),
                SessionId(_bytes(session, SESSION_BYTES)),
                _uint(counter),
                _content(kind, params),
            )
            return signal, _bytes(signature, SIGNATURE_BYTES)
    raise Malformed("not a signal")


def beacon_signed_part(beacon: Beacon, room: RoomId) -> bytes:
    """Return what a beacon's sender signs. The room is part of it, so it says nothing elsewhere."""
    return encode([room, beacon.sender, beacon.nonce, beacon.ts])


def encode_beacon(beacon: Beacon, signature: bytes) -> bytes:
    """Return the plaintext of a beacon."""
    return encode([beacon.sender, beacon.nonce, beacon.ts, signature])


def decode_beacon_untrusted(data: bytes) -> tuple[Beacon, bytes]:
    """Return a beacon and the signature it claims, neither checked.

    Raises:
        Malformed: not the one byte form of a beacon.
    """
    match decode_untrusted(data, limit_bytes=BLOB_MAX_BYTES):
        case [sender, nonce, ts, signature]:
            beacon = Beacon(DevicePk(_bytes(sender, KEY_BYTES)), _bytes(nonce, NONCE_BYTES), _uint(ts))
            return beacon, _bytes(signature, SIGNATURE_BYTES)
    raise Malformed("not a beacon")


def to_words(content: Content) -> tuple[KindWord, Value]:
    """Return a content as the transport speaks of it: kind and parameters."""
    kind, params = _dump(content)
    words: tuple[KindWord, ...] = ("dial", "params", "candidates", "end", "bye", "direct")
    return words[kind], params


def from_words(kind: KindWord, params: Value) -> Content:
    """Return the content of the transport's kind and parameters.

    Raises:
        Malformed: they do not fit together.
        LimitExceeded: too much for one message.
    """
    return _content(Kind[kind.upper()], params)


def _signal_array(signal: Signal) -> list[Value]:
    kind, params = _dump(signal.content)
    return [signal.team, signal.sender, signal.target, signal.session, signal.counter, kind, params]


def _dump(content: Content) -> tuple[Kind, list[Value]]:
    match content:
        case Dial():
            return Kind.DIAL, []
        case Params(ufrag, pwd, fingerprint, candidates):
            kind = Kind.DIRECT if isinstance(content, Direct) else Kind.PARAMS
            return kind, [ufrag, pwd, fingerprint, list(candidates)]
        case Candidates(candidates):
            return Kind.CANDIDATES, list(candidates)
        case End():
            return Kind.END, []
        case Bye():
            return Kind.BYE, []


def _content(kind: Value, params: Value) -> Content:
    match kind, params:
        case Kind.DIAL, []:
            return Dial()
        case ((Kind.PARAMS | Kind.DIRECT), [ufrag, pwd, fingerprint, list() as candidates]):
            text = (_text(ufrag, ICE_TEXT_MAX_BYTES), _text(pwd, ICE_TEXT_MAX_BYTES))
            shape = Params if kind == Kind.PARAMS else Direct
            return shape(*text, _bytes(fingerprint, FINGERPRINT_BYTES), _candidates(candidates))
        case Kind.CANDIDATES, list() as candidates:
            return Candidates(_candidates(candidates))
        case Kind.END, []:
            return End()
        case Kind.BYE, []:
            return Bye()
    raise Malformed("no such kind of signal")


def _candidates(values: Sequence[Value]) -> tuple[str, ...]:
    if len(values) > CANDIDATES_MAX:
        raise LimitExceeded(f"{len(values)} candidates, at most {CANDIDATES_MAX} allowed")
    return tuple([_text(value, CANDIDATE_MAX_BYTES) for value in values])


def _text(value: Value, limit_bytes: int) -> str:
    # ICE's words are visible ASCII and blanks; a line break would let one smuggle in others.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
        raise Malformed("visible ASCII is expected")
    if len(value) > limit_bytes:
        raise LimitExceeded(f"text of at most {limit_bytes} bytes is allowed")
    return value


def _bytes(value: Value, size: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != size:
        raise Malformed(f"{size} bytes are expected")
    return value


def _uint(value: Value) -> int:
    if not isinstance(value, int) or value > UINT_MAX:
        raise Malformed("an integer is expected")
    return value
