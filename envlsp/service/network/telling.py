"""Which removed devices have still to be told that they are removed, as far as this device knows.

Told is one that heard it in a session with us; whoever hears it from others writes nothing
either, and is told once more by us, which costs a dial. Devices that we never talked to are
left to those who did.
"""

from __future__ import annotations

from typing import Final

from envlsp.domain.ids import DevicePk
from envlsp.service.replica import Replica

TOLD_MAX: Final = 64
"""Of those that were told, the last ones are remembered."""
_NAME: Final = b"told"
_KEY_BYTES: Final = 32


def untold(replica: Replica) -> frozenset[DevicePk]:
    """Return the removed devices that we talked to once, and not since."""
    if not len(replica.ledger):
        return frozenset()
    removed = {dpk for dpk, device in replica.state.devices.items() if not device.active}
    if not removed:
        return frozenset()
    met = {dpk for dpk, note in replica.store.peers.all().items() if note.seen_s}
    return frozenset((removed & met) - set(_told(replica)))


def note_they_know(replica: Replica, dpk: DevicePk) -> None:
    """Remember that a removed device was told."""
    told = [one for one in _told(replica) if one != dpk]
    replica.store.meta.put(_NAME, b"".join([*told, dpk][-TOLD_MAX:]), durable=False)


def _told(replica: Replica) -> list[DevicePk]:
    data = replica.store.meta.get(_NAME) or b""
    return [DevicePk(data[at : at + _KEY_BYTES]) for at in range(0, len(data), _KEY_BYTES)]
