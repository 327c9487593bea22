"""How teammates find each other through a server that must not know who meets.

Rooms are derived from a key the server lacks, so they mean nothing to it and
change every day. Beacons are sealed to the room, signals to one device; both are
signed, and both fill one of three sizes exactly. Left to callers: whether a signer
is an active member, and when to announce. Time is an argument, in unix seconds.

Spec: docs/protocol.md, "G. Signaling" and A5.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NewType

from envlsp.crypto.labels import hash32, kdf, u32be
from envlsp.crypto.memory import Key
from envlsp.crypto.primitives import (
    BOX_OVERHEAD_BYTES,
    SEAL_OVERHEAD_BYTES,
    BoxKey,
    SigningKey,
    open_box,
    open_seal,
    random_bytes,
    seal_box,
    seal_to,
    unpad,
)
from envlsp.crypto.primitives import pad as pad_to_multiple
from envlsp.crypto.signing import sign, verify
from envlsp.domain.ids import BoxPk, DevicePk, TeamId
from envlsp.errors import CannotOpen, LimitExceeded
from envlsp.wire.limits import BLOB_SIZES
from envlsp.wire.signaling_messages import ROOM_BYTES, RoomId
from envlsp.wire.signals import (
    NONCE_BYTES,
    SESSION_BYTES,
    Beacon,
    Content,
    SessionId,
    Signal,
    beacon_signed_part,
    decode_beacon_untrusted,
    decode_signal_untrusted,
    encode_beacon,
    encode_signal,
    signed_part,
)

RoomKey = NewType("RoomKey", bytes)
"""32 bytes from which a room's daily ids and the key of its beacons derive: an epoch's
`KDF(TK, "room")`, the `recovery_room32` of genesis, or the `room32` of a replica."""

DAY_S: Final = 86_400
MIDNIGHT_MARGIN_S: Final = 3_600
"""So close to midnight UTC the neighbouring day's room counts as well: clocks differ,
and laptops wake with old ones."""

SESSIONS_PER_SENDER_MAX: Final = 64
"""Sessions remembered per device; the oldest is forgotten first."""


# --- rooms -----------------------------------------------------------------------------------


def room_key(team_key: Key) -> RoomKey:
    """Return the room key of an epoch, from its key (32 bytes)."""
    return RoomKey(kdf(team_key, "room"))


def room_id(key: RoomKey, day: int) -> RoomId:
    """Return the room of a key on a day (days since 1970, UTC)."""
    return RoomId(hash32("room", kdf(key, "room-id") + u32be(day))[:ROOM_BYTES])


def invite_room_id(inv_pk: DevicePk, day: int) -> RoomId:
    """Return the room in which the holder of an invitation link meets couriers."""
    return RoomId(hash32("room", inv_pk + u32be(day))[:ROOM_BYTES])


def days_at(unix_s: int) -> tuple[int, ...]:
    """Return the days whose rooms are in use: today's first, and a neighbour near midnight."""
    day, second = divmod(unix_s, DAY_S)
    if second < MIDNIGHT_MARGIN_S and day > 0:
        return day, day - 1
    if second >= DAY_S - MIDNIGHT_MARGIN_S:
        return day, day + 1
    return (day,)


def rooms_at(key: RoomKey, unix_s: int) -> tuple[RoomId, ...]:
    """Return the rooms of a key to be in now: announce in the first, listen in all."""
    return tuple(room_id(key, day) for day in days_at(unix_s))


def next_change(unix_s: int) -> int:
    """Return when `days_at` gives another answer next, in unix seconds."""
    day, second = divmod(unix_s, DAY_S)
    edges = (MIDNIGHT_MARGIN_S, DAY_S - MIDNIGHT_MARGIN_S, DAY_S)
    return day * DAY_S + next(edge for edge in edges if edge > second)


# --- beacons ---------------------------------------------------------------------------------


def seal_beacon(device: SigningKey, key: RoomKey, room: RoomId, unix_s: int) -> bytes:
    """Return a blob that tells a room's members, and nobody else, that this device is there."""
    beacon = Beacon(device.public, random_bytes(NONCE_BYTES), unix_s)
    signature = sign(device, "sig", hash32("sig", beacon_signed_part(beacon, room)))
    return seal_box(fill(encode_beacon(beacon, signature), BOX_OVERHEAD_BYTES), kdf(key, "beacon"))


def open_beacon(blob: bytes, key: RoomKey, room: RoomId) -> Beacon:
    """Return who announced itself. A hint: only a handshake shows who is really there.

    The caller checks that `sender` is an active member and not this device itself.

    Raises:
        CannotOpen: not sealed with this room's key, or altered.
        BadSignature: the device it names did not say so about this room.
        Malformed: sealed by a member, but no beacon.
    """
    beacon, signature = decode_beacon_untrusted(unfill(open_box(blob, kdf(key, "beacon"))))
    verify(beacon.sender, "sig", hash32("sig", beacon_signed_part(beacon, room)), signature)
    return beacon


# --- directed messages -----------------------------------------------------------------------


def new_session() -> SessionId:
    """Return a fresh session id."""
    return SessionId(random_bytes(SESSION_BYTES))


def seal_signal(signal: Signal, device: SigningKey, target_box: BoxPk) -> bytes:
    """Return a blob that only the target reads, signed by the sender.

    Args:
        signal: `sender` must be this device.
        device: the sender's signing key.
        target_box: the xpk of `signal.target`, from the ledger.

    Raises:
        LimitExceeded: too long for one message; send candidates in several.
    """
    assert signal.sender == device.public, "a signal is signed by its sender"
    signature = sign(device, "sig", hash32("sig", signed_part(signal)))
    return seal_to(fill(encode_signal(signal, signature), SEAL_OVERHEAD_BYTES), target_box)


def open_signal(blob: bytes, box: BoxKey, *, own: DevicePk, team: TeamId) -> Signal:
    """Return a signal to this device, in this team, signed by the device it says it is from.

    The caller checks that `sender` is an active member, and passes it through `SignalOrder`.

    Raises:
        CannotOpen: sealed to another key, altered, or meant for another device or team.
        BadSignature: the device it names did not say so.
        Malformed: no signal.
        LimitExceeded: more in it than anybody needs.
    """
    signal, signature = decode_signal_untrusted(unfill(open_seal(blob, box)))
    if signal.target != own or signal.team != team or signal.sender == own:
        raise CannotOpen
    verify(signal.sender, "sig", hash32("sig", signed_part(signal)), signature)
    return signal


class SignalWriter:
    """Our direction of one session: counts, signs and seals."""

    def __init__(
        self, device: SigningKey, team: TeamId, target: DevicePk, target_box: BoxPk, session: SessionId
    ) -> None:
        """Start a session with a device, or join the one it started.

        Args:
            device: our signing key.
            team: the team both are in.
            target: the other device.
            target_box: its xpk, from the ledger.
            session: `new_session()`, or that of the signal we answer.
        """
        self.session = session
        self._device = device
        self._team = team
        self._target = target
        self._target_box = target_box
        self._counter = 0

    def seal(self, content: Content) -> bytes:
        """Return the blob of the next signal.

        Raises:
            LimitExceeded: too long for one message; send candidates in several.
        """
        signal = Signal(self._team, self._device.public, self._target, self.session, self._counter, content)
        self._counter += 1
        return seal_signal(signal, self._device, self._target_box)


class SignalOrder:
    """Refuses what was heard before: within a session, a sender's counter must rise.

    Remembers the newest sessions of each sender, so only members, whose signatures
    were checked before, take memory here. A replay of a forgotten session opens nothing:
    it only makes us dial once in vain.
    """

    def __init__(self) -> None:
        self._seen: dict[DevicePk, OrderedDict[SessionId, int]] = {}

    def accept(self, signal: Signal) -> bool:
        """Return whether this signal is new, and remember it."""
        sessions = self._seen.setdefault(signal.sender, OrderedDict())
        if signal.counter <= sessions.get(signal.session, -1):
            return False
        sessions[signal.session] = signal.counter
        sessions.move_to_end(signal.session)
        if len(sessions) > SESSIONS_PER_SENDER_MAX:
            sessions.popitem(last=False)
        return True


def fill(plain: bytes, overhead_bytes: int) -> bytes:
    """Return `plain`, padded so that its box has one of three sizes exactly.

    Raises:
        LimitExceeded: too long for one message.
    """
    for size in BLOB_SIZES:
        if len(plain) < size - overhead_bytes:  # the padding takes at least one byte
            return pad_to_multiple(plain, size - overhead_bytes)
    raise LimitExceeded(f"{len(plain)} bytes do not fit in a message")


def unfill(padded: bytes) -> bytes:
    """Return what was padded.

    Raises:
        CannotOpen: no padding.
    """
    return unpad(padded, len(padded))
