"""The handshake: two devices of one team prove who they are (PROTOCOL F.1).

    M1  A->B  ["envlsp", vmin, vmax, eA32, nA32]
    M2  B->A  [v, eB32, nB32, hdrB24, box{dpkB, sig("hs", H("hs", T‖"B"‖dpkB)), capsB}]
    M3  A->B  [hdrA24, box{dpkA, sig("hs", H("hs", T‖"A"‖dpkA‖dpkB)), capsA}]
    T = H("hs", team ‖ cb ‖ M1 ‖ u8 v ‖ eB ‖ nB)

A pure machine: bytes in, bytes out, no clock. Whoever runs it ends it after 10 seconds.
Rules:

* Side A is the device with the lower dpk. The first message is A's.
* The team is hashed, never sent: who does not know it learns nothing but that we speak.
* A proof signs the transcript, the side and its own key: no misbinding, no reflection.
* Version and channel binding are in the transcript: altered ones open no box.
* Every way to fail is `HandshakeFailed`, but for bytes that are no message at all.

Whether the proved device is a member is left to the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from envlsp.crypto.labels import hash32, kdf
from envlsp.crypto.primitives import (
    ExchangeKey,
    SigningKey,
    StreamReader,
    StreamWriter,
    exchange_client,
    exchange_key,
    exchange_server,
    is_valid_ed25519,
    random_bytes,
)
from envlsp.crypto.signing import sign, verify
from envlsp.domain.ids import DevicePk, TeamId
from envlsp.errors import BadSignature, CannotOpen, HandshakeFailed, Malformed, UpgradeNeeded
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import FRAME_MAX_BYTES
from envlsp.wire.shape import Shape, blob, exactly, set_of, tuple_of, uint

VERSION_MIN: Final = 1
VERSION_MAX: Final = 1
HANDSHAKE_TIMEOUT_S: Final = 10.0
REKEY_AFTER_MESSAGES: Final = 2**16
NO_BINDING: Final = bytes(32)
"""The channel binding of raw TCP, stdio and memory."""

Signed: TypeAlias = Callable[[DevicePk], bytes]

_MAGIC: Final = "envlsp"
_MESSAGE_MAX_BYTES: Final = 2_048
_STREAM_HEADER_BYTES: Final = 24
_CAPS_MAX: Final = 32


class Side(Enum):
    """Which end of the handshake we are. A sends first."""

    A = b"A"
    B = b"B"


def side_of(own: DevicePk, peer: DevicePk) -> Side:
    """Return our side: A is the device with the lower dpk.

    Raises:
        HandshakeFailed: the peer is ourselves.
    """
    if own == peer:
        raise HandshakeFailed("that is this device itself")
    return Side.A if own < peer else Side.B


class SecureChannel:
    """What the handshake leaves behind: two streams that forget their past keys.

    Both directions rekey after every 2^16 messages of their own, the proof being the first.
    """

    def __init__(self, writer: StreamWriter, reader: StreamReader) -> None:
        self._writer = writer
        self._reader = reader
        self._written = 1
        self._read = 1

    def seal(self, plain: bytes) -> bytes:
        """Return the next message to send, 17 bytes longer."""
        box = self._writer.seal(plain)
        self._written += 1
        if self._written % REKEY_AFTER_MESSAGES == 0:
            self._writer.rekey()
        return box

    def open(self, box: bytes) -> bytes:
        """Return what the peer sent next.

        Raises:
            CannotOpen: altered, lost, repeated or reordered.
            Malformed: longer than a message of the channel may be.
        """
        if len(box) > FRAME_MAX_BYTES:
            raise Malformed("a message of more than 16 KiB")
        plain = self._reader.open(box)
        self._read += 1
        if self._read % REKEY_AFTER_MESSAGES == 0:
            self._reader.rekey()
        return plain


@dataclass(frozen=True, slots=True)
class Proved:
    """The peer has proved who it is. Whether it is welcome is not decided here."""

    peer: DevicePk
    caps: tuple[int, ...]
    version: int
    channel: SecureChannel


@dataclass(frozen=True, slots=True)
class Reply:
    """What one message led to: perhaps bytes to send, perhaps the end.

    `send` goes out before anything is sealed with `proved.channel`.
    """

    send: bytes | None = None
    proved: Proved | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Ephemeral:
    """The fresh part of one handshake: never used twice, but in vectors."""

    key: ExchangeKey
    nonce: bytes


def fresh_ephemeral() -> Ephemeral:
    """Return a new key pair and nonce."""
    return Ephemeral(exchange_key(), random_bytes(32))


@dataclass(frozen=True, slots=True)
class Setup:
    """What both ends must agree on, and who we are.

    Attributes:
        team: hashed into the transcript.
        key: this device's signing key.
        side: from `side_of`.
        binding: 32 bytes, the channel's `cb`; `NO_BINDING` where it has none.
        expected: the device we dialled; any other one fails. None: whoever proves itself.
        caps: numbers of optional features, ascending. Unknown ones mean nothing.
        versions: lowest and highest we speak.
    """

    team: TeamId
    key: SigningKey = field(repr=False)
    side: Side
    binding: bytes = NO_BINDING
    expected: DevicePk | None = None
    caps: tuple[int, ...] = ()
    versions: tuple[int, int] = (VERSION_MIN, VERSION_MAX)


_HELLO: Final = tuple_of(uint(1, 255), uint(1, 255), exactly(32, bytes), exactly(32, bytes))
_BOX: Final = blob(17, _MESSAGE_MAX_BYTES)
_M2: Final = tuple_of(
    uint(1, 255), exactly(32, bytes), exactly(32, bytes), exactly(_STREAM_HEADER_BYTES, bytes), _BOX
)
_M3: Final = tuple_of(exactly(_STREAM_HEADER_BYTES, bytes), _BOX)
_PROOF: Final = tuple_of(
    exactly(32, DevicePk), exactly(64, bytes), set_of(uint(), lambda cap: cap, 0, _CAPS_MAX)
)


class Handshake:
    """One handshake. Call `start`, then `receive` until it returns `proved` or raises.

    After a raise the machine is spent: close the channel.
    """

    def __init__(self, setup: Setup, ephemeral: Ephemeral | None = None) -> None:
        assert len(setup.binding) == 32, "a channel binding has 32 bytes"
        self._setup = setup
        self._own = ephemeral or fresh_ephemeral()
        self._hello = b""
        self._transcript = b""
        self._version = 0
        self._pending: tuple[StreamWriter, bytes] | None = None
        self._spent = False

    def start(self) -> bytes | None:
        """Return the first message if it is ours to send."""
        if self._setup.side is Side.B:
            return None
        low, high = self._setup.versions
        self._hello = encode([_MAGIC, low, high, self._own.key.public, self._own.nonce])
        return self._hello

    def receive(self, message: bytes) -> Reply:
        """Take the peer's next message and say what follows.

        Raises:
            Malformed, LimitExceeded: not a message of a handshake.
            UpgradeNeeded: no version in common.
            HandshakeFailed: another team or channel, an altered message, a proof that
                does not hold, another device than expected, or a message too many.

        Spec: docs/protocol.md, "F.1 Handshake".
        """
        if self._spent:
            raise HandshakeFailed("it is over")
        self._spent = True
        try:
            reply = self._step(message)
        except (CannotOpen, BadSignature):
            raise HandshakeFailed from None
        self._spent = reply.proved is not None
        return reply

    def _step(self, message: bytes) -> Reply:
        if self._setup.side is Side.A:
            return self._receive_m2(message)
        if self._pending is None:
            return self._receive_m1(message)
        return self._receive_m3(message, *self._pending)

    # --- side B -------------------------------------------------------------------------------

    def _receive_m1(self, message: bytes) -> Reply:
        low, high, peer_key, _nonce = _load_hello(message)
        version = min(high, self._setup.versions[1])
        if version < max(low, self._setup.versions[0]):
            raise UpgradeNeeded(f"the peer speaks versions {low} to {high}")
        self._hello = message
        own = self._own
        self._transcript = self._bind(version, own.key.public, own.nonce)
        rx, tx = exchange_server(own.key, peer_key)
        writer = StreamWriter(self._stream_key(tx))
        proof = hash32("hs", self._transcript + Side.B.value + self._setup.key.public)
        box = writer.seal(self._prove(proof))
        self._pending = (writer, self._stream_key(rx))
        self._version = version
        return Reply(encode([version, own.key.public, own.nonce, writer.header, box]))

    def _receive_m3(self, message: bytes, writer: StreamWriter, read_key: bytes) -> Reply:
        header, box = _load(_M3, message)
        reader = StreamReader(header, read_key)
        own = self._setup.key.public
        peer, caps = self._check(reader.open(box), Side.A, lambda peer: peer + own)
        return Reply(proved=Proved(peer, caps, self._version, SecureChannel(writer, reader)))

    # --- side A -------------------------------------------------------------------------------

    def _receive_m2(self, message: bytes) -> Reply:
        version, peer_key, nonce, header, box = _load(_M2, message)
        if not self._setup.versions[0] <= version <= self._setup.versions[1]:
            raise HandshakeFailed("a version we did not offer")
        self._transcript = self._bind(version, peer_key, nonce)
        rx, tx = exchange_client(self._own.key, peer_key)
        reader = StreamReader(header, self._stream_key(rx))
        peer, caps = self._check(reader.open(box), Side.B, lambda peer: peer)
        writer = StreamWriter(self._stream_key(tx))
        proof = hash32("hs", self._transcript + Side.A.value + self._setup.key.public + peer)
        answer = encode([writer.header, writer.seal(self._prove(proof))])
        return Reply(answer, Proved(peer, caps, version, SecureChannel(writer, reader)))

    # --- both ---------------------------------------------------------------------------------

    def _bind(self, version: int, public_b: bytes, nonce_b: bytes) -> bytes:
        setup = self._setup
        return hash32("hs", setup.team + setup.binding + self._hello + bytes((version,)) + public_b + nonce_b)

    def _stream_key(self, key: bytes) -> bytes:
        return kdf(key, "ss", self._transcript)

    def _prove(self, digest: bytes) -> bytes:
        key = self._setup.key
        return encode([key.public, sign(key, "hs", digest), list(self._setup.caps)])

    def _check(self, plain: bytes, side: Side, signed: Signed) -> tuple[DevicePk, tuple[int, ...]]:
        peer, signature, caps = _load(_PROOF, plain)
        if not is_valid_ed25519(peer) or peer == self._setup.key.public:
            raise HandshakeFailed
        verify(peer, "hs", hash32("hs", self._transcript + side.value + signed(peer)), signature)
        if self._setup.expected not in (None, peer):
            raise HandshakeFailed("another device than the one dialled")
        return peer, caps


def _load(shape: Shape[Any], message: bytes) -> Any:
    return shape.load(decode_untrusted(message, limit_bytes=_MESSAGE_MAX_BYTES))


def _load_hello(message: bytes) -> tuple[int, int, bytes, bytes]:
    match decode_untrusted(message, limit_bytes=_MESSAGE_MAX_BYTES):
        case [str(magic), *rest] if magic == _MAGIC:
            low, high, key, nonce = _HELLO.load(rest)
            return low, high, key, nonce
    raise Malformed("not the first message of a handshake")
