"""What this device remembers about other devices: when seen, what they attested, where.

Local knowledge, never shared as it stands. Refuses to check an attestation: who calls
has. Its rule: of one device the newest attestation is kept, by its claimed time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from envlsp.crypto.memory import Key
from envlsp.domain.ids import DevicePk
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt
from envlsp.store.database import Database
from envlsp.store.meta import Meta
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB

_DEVICE: Final = b"device"
_SERVERS: Final = b"signaling"
_MAX_BYTES: Final = 64 * KIB


class PeerNote(NamedTuple):
    """What is known of one device; 0 and empty stand for never."""

    seen_s: int
    """When we last had a session with it, in seconds since 1970 by our clock."""
    attested_s: int
    """The claimed time of its newest attestation."""
    attestation: bytes
    """That attestation as it came, signature and all."""


NEVER: Final = PeerNote(0, 0, b"")


class Peers:
    """The table of other devices.

    Args:
        database: the team's file.
        lsk: the local store's key.
    """

    def __init__(self, database: Database, lsk: Key) -> None:
        self._database = database
        self._rows = Meta(database, lsk, "peer")

    def close(self) -> None:
        """Forget the key of the rows."""
        self._rows.close()

    def get(self, device: DevicePk) -> PeerNote:
        """Return what is known of a device, `NEVER` if nothing."""
        data = self._rows.get(_DEVICE + device)
        return NEVER if data is None else _to_note(data)

    def all(self) -> dict[DevicePk, PeerNote]:
        """Return what is known of every device."""
        return {
            DevicePk(name[len(_DEVICE) :]): _to_note(data)
            for name, data in self._rows.items().items()
            if name.startswith(_DEVICE)
        }

    def saw(self, device: DevicePk, now_s: int) -> None:
        """Note that a session with a device stood at `now_s`."""
        with self._database.write(durable=False):
            note = self.get(device)
            self._put(device, note._replace(seen_s=max(note.seen_s, now_s)))

    def put_attestation(self, device: DevicePk, attested_s: int, attestation: bytes) -> bool:
        """Keep a checked attestation; return False when a newer one is here.

        Of two within a second the later call wins: who calls knows which holds more.
        """
        with self._database.write(durable=False):
            note = self.get(device)
            if note.attestation == attestation or attested_s < note.attested_s:
                return False
            self._put(device, note._replace(attested_s=attested_s, attestation=attestation))
            return True

    def servers(self) -> tuple[str, ...]:
        """Return the signaling servers that have worked, best first."""
        data = self._rows.get(_SERVERS)
        if data is None:
            return ()
        match _decoded(data):
            case list(items):
                return tuple(item for item in items if isinstance(item, str))
        raise StoreCorrupt("the list of signaling servers is not readable")

    def set_servers(self, addresses: tuple[str, ...]) -> None:
        """Keep the signaling servers in this order."""
        self._rows.put(_SERVERS, encode(addresses))

    def _put(self, device: DevicePk, note: PeerNote) -> None:
        self._rows.put(_DEVICE + device, encode(note))


def _to_note(data: bytes) -> PeerNote:
    match _decoded(data):
        case [int(seen_s), int(attested_s), bytes(attestation)]:
            return PeerNote(seen_s, attested_s, attestation)
    raise StoreCorrupt("a note about a peer is not readable")


def _decoded(data: bytes) -> object:
    try:
        return decode_untrusted(data, limit_bytes=_MAX_BYTES)
    except (Malformed, LimitExceeded) as exc:
        raise StoreCorrupt("a note about a peer is not readable") from exc
