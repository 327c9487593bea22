"""Names for byte strings that must not be swapped.

Ids are opaque bytes of a fixed size; their text forms live in `wire.text`.
"""

from __future__ import annotations

from struct import unpack
from typing import Final, NewType

RecordId = NewType("RecordId", bytes)
"""32 bytes: `H("rec", hdr)`."""
TeamId = NewType("TeamId", bytes)
"""32 bytes: the id of the genesis record."""
EpochId = NewType("EpochId", bytes)
"""32 bytes: `H("eid", record_id‖u8 index)`."""
DevicePk = NewType("DevicePk", bytes)
"""32 bytes: a device's Ed25519 public key, `dpk`. It names the device."""
BoxPk = NewType("BoxPk", bytes)
"""32 bytes: an X25519 public key, `xpk`."""
UserId = NewType("UserId", bytes)
"""16 bytes: `H("uid", dpk of the first device)[:16]`."""
ScopeId = NewType("ScopeId", bytes)
"""16 bytes: a set of readers (PROTOCOL A2)."""

TEAM_SCOPE = ScopeId(bytes(16))
"""The scope every member but a guest is in."""
NO_TEAM = TeamId(bytes(32))
"""What stands in every `team` field inside genesis."""
NO_OWNER = UserId(bytes(16))
"""The owner in the proof of a device that brings in its own user, and of a root key."""
NO_EPOCH = EpochId(b"")
"""An empty body, or the epoch of its own scope that the record itself carries."""

RECORD_ID_BYTES: Final = 32


def split_ids(run: bytes) -> tuple[RecordId, ...]:
    """Return the ids that lie one after the other in a run of bytes."""
    return unpack(f"{RECORD_ID_BYTES}s" * (len(run) // RECORD_ID_BYTES), run)
