"""How teammates know each other on a LAN where everybody listens.

Everything follows from the key of a room, which neither a stranger nor a signaling
server has. Tags are shown to all and mean nothing to others, nor twice the same: each
run and each period has its own. Proofs answer fresh nonces, so that who has copied a
tag gets no further. Time is an argument, in unix seconds.

Spec: docs/protocol.md, "F.6 Transport".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NewType, TypeVar

from envlsp.crypto.labels import kdf, u32be
from envlsp.crypto.primitives import random_bytes
from envlsp.crypto.rendezvous import RoomKey
from envlsp.wire.lan import MARK_BYTES, NONCE_BYTES, PORT_BYTES, SALT_BYTES, SLOTS, Poster
from envlsp.wire.signaling_messages import RoomId

LanKey = NewType("LanKey", bytes)
"""32 bytes by which the members of a room, on one day, know each other on a LAN."""

Room = TypeVar("Room")

PERIOD_S: Final = 600
"""How long a tag says something new."""
PERIODS_EITHER_WAY: Final = 6
"""Clocks differ by an hour at most; so long may who has copied a poster show it again."""

Side = Literal["lan-dial", "lan-here"]


def lan_key(key: RoomKey, room: RoomId) -> LanKey:
    """Return the key of a room on a LAN."""
    return LanKey(kdf(key, "lan", room))


def tag(key: LanKey, salt: bytes, period: int) -> bytes:
    """Return what is shown of a room (16 bytes).

    Args:
        key: of the room.
        salt: 8 random bytes, shown beside it.
        period: unix seconds // `PERIOD_S`.
    """
    return kdf(key, "lan-tag", salt + u32be(period))[:MARK_BYTES]


def make_poster(keys: Iterable[LanKey], unix_s: int) -> Poster:
    """Return a fresh poster for at most `SLOTS` rooms; the rest of it is random."""
    salt = random_bytes(SALT_BYTES)
    tags = [tag(key, salt, unix_s // PERIOD_S) for key in keys][:SLOTS]
    return Poster(salt, filled(tags))


def recognise(poster: Poster, keys: Mapping[Room, LanKey], unix_s: int) -> list[Room]:
    """Return which of our rooms a poster shows."""
    shown, now = frozenset(poster.tags), unix_s // PERIOD_S
    first = max(0, now - PERIODS_EITHER_WAY)
    periods = range(first, now + PERIODS_EITHER_WAY + 1)
    return [
        room
        for room, key in keys.items()
        if any(tag(key, poster.salt, period) in shown for period in periods)
    ]


def proof(key: LanKey, side: Side, nonces: tuple[bytes, bytes], port: int) -> bytes:
    """Return what shows that we have a room's key (16 bytes).

    Args:
        key: of the room.
        side: who shows it: who dials, or who listens.
        nonces: 16 bytes of who listens, 16 of who dials.
        port: as the hello says.
    """
    listener, dialler = nonces
    return kdf(key, side, listener + dialler + port.to_bytes(PORT_BYTES, "big"))[:MARK_BYTES]


def new_nonce() -> bytes:
    """Return 16 fresh bytes."""
    return random_bytes(NONCE_BYTES)


def filled(marks: Iterable[bytes | None]) -> tuple[bytes, ...]:
    """Return `SLOTS` marks: those given, and random ones in place of None and after the last."""
    given = list(marks)
    given += [None] * (SLOTS - len(given))
    return tuple(random_bytes(MARK_BYTES) if mark is None else mark for mark in given)
