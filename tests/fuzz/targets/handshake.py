"""The handshake as a machine (F.1), fed by somebody who breaks off, alters, or lies inside a box.

The first byte says what is done to a genuine run, the rest says how.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from unittest.mock import patch

from envlsp.crypto import handshake
from envlsp.crypto.handshake import Ephemeral, Handshake, Reply, Setup, Side
from envlsp.crypto.primitives import exchange_key, signing_key
from envlsp.domain.ids import TeamId
from envlsp.errors import CannotOpen, HandshakeFailed, LimitExceeded, Malformed, UpgradeNeeded
from tests.fuzz.seeds import hexes

TEAM = TeamId(b"\x11" * 32)
LOW, HIGH = sorted((signing_key(bytes((n,)) * 32) for n in (1, 2)), key=lambda key: key.public)
EPHEMERALS = tuple(Ephemeral(exchange_key(), bytes((n,)) * 32) for n in (3, 4))
MAX_BYTES = 2_200
_WAYS = 6


def seeds() -> Iterator[bytes]:
    """Yield genuine messages, and small changes to them."""
    for way in range(_WAYS):
        for message in hexes("handshake", "m1", "m2", "m3"):
            yield bytes((way,)) + message
        yield bytes((way,)) + b"\x00\x10\xff"


def take(data: bytes) -> None:
    """Run a handshake with one thing wrong in it, and a message after its end."""
    if not data:
        return
    a = Handshake(Setup(TEAM, LOW, Side.A), EPHEMERALS[0])
    b = Handshake(Setup(TEAM, HIGH, Side.B), EPHEMERALS[1])
    way, how = data[0] % _WAYS, data[1:]
    try:
        _run(a, b, way, how)
    except (Malformed, LimitExceeded, UpgradeNeeded, HandshakeFailed):
        return


def _run(a: Handshake, b: Handshake, way: int, how: bytes) -> None:
    m1 = a.start()
    assert m1 is not None
    m2 = b.receive(_altered(m1, way == 1, how) if way else how).send
    if way == 2:
        a.receive(how)
    elif way == 3:
        assert m2 is not None
        a.receive(_altered(m2, True, how))
    elif way == 4:
        with _lying(how):
            m2 = Handshake(Setup(TEAM, HIGH, Side.B), EPHEMERALS[1]).receive(m1).send
        assert m2 is not None
        a.receive(m2)
    elif way == 5:
        assert m2 is not None
        with _lying(how):
            m3 = a.receive(m2).send
        assert m3 is not None
        _after(b, b.receive(m3), how)


def _after(b: Handshake, reply: Reply, how: bytes) -> None:
    """A session that was proved opens nothing that is not sealed for it."""
    assert reply.proved is not None
    assert reply.proved.peer == LOW.public
    try:
        reply.proved.channel.open(how)
    except CannotOpen:
        b.receive(how)


def _altered(message: bytes, is_wanted: bool, how: bytes) -> bytes:
    """Return a message with bytes put over it: two bytes say where, the others what."""
    if not is_wanted or len(how) < 2:
        return message
    start = int.from_bytes(how[:2], "big") % (len(message) + 1)
    return message[:start] + how[2:] + message[start + len(how) - 2 :]


def _lying(how: bytes) -> AbstractContextManager[object]:
    """Seal these bytes where the proof stands; empty ones leave it as it is."""
    prove = Handshake._prove
    return patch.object(
        handshake.Handshake, "_prove", lambda self, digest: _altered(prove(self, digest), True, how)
    )
