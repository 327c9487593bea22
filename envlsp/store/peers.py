"""What this device remembers about other devices: when seen, what they attested, where.

Local knowledge, never shared as it stands. Refuses to check an attestation, or to know
what one says: who calls has, and does. Its rule: of one device the newest attestation is
kept, by its claimed time, and those before it that it may fall short of.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from envlsp.crypto.memory import Key
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.errors import LimitExceeded, Malformed, StoreCorrupt
from envlsp.store.database import Database
from envlsp.store.meta import Meta
from envlsp.wire.canonical import decode_untrusted, encode
from envlsp.wire.limits import KIB

_DEVICE: Final = b"device"
_SERVERS: Final = b"signaling"
_MAX_BYTES: Final = 64 * KIB
EARLIER_MAX: Final = 4
"""The first ones stay: what was lost is missed from then on, whatever is attested since."""
WITHHELD_MAX: Final = 32


class PeerNote(NamedTuple):
    """What is known of one device; 0 and empty stand for never."""

    seen_s: int
    """When we last had a session with it, in seconds since 1970 by our clock."""
    attested_s: int
    """The claimed time of its newest attestation."""
    attestation: bytes
    """That attestation as it came, signature and all."""
    earlier: tuple[bytes, ...] = ()
    """Attestations of before that the newest one is not known to cover, the first ones first."""
    withheld: tuple[RecordId, ...] = ()
    """Records that it named, or attested, and did not deliver when it was there."""


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

    def put_attestation(
        self, device: DevicePk, attested_s: int, attestation: bytes, earlier: tuple[bytes, ...] = ()
    ) -> bool:
        """Keep a checked attestation; return False when a newer one is here.

        Of two within a second the later call wins: who calls knows which holds more.

        Args:
            device: whose.
            attested_s: its claimed time.
            attestation: as it came.
            earlier: those of before that it may fall short of; at most four are kept.
        """
        with self._database.write(durable=False):
            note = self.get(device)
            if note.attestation == attestation or attested_s < note.attested_s:
                return False
            changed = note._replace(
                attested_s=attested_s, attestation=attestation, earlier=earlier[:EARLIER_MAX]
            )
            self._put(device, changed)
            return True

    def put_withheld(self, device: DevicePk, records: tuple[RecordId, ...]) -> None:
        """Keep which records a device named and did not deliver, in place of what was noted; none: forget."""
        with self._database.write(durable=False):
            note = self.get(device)
            if (kept := records[:WITHHELD_MAX]) != note.withheld:
                self._put(device, note._replace(withheld=kept))

    def forgive(self, device: DevicePk) -> None:
        """Forget what a device was thought to owe: a person has said that nobody has it any more."""
        with self._database.write(durable=False):
            self._put(device, self.get(device)._replace(earlier=(), withheld=()))

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
        case [int(seen_s), int(attested_s), bytes(attestation)]:  # before anything was missed
            return PeerNote(seen_s, attested_s, attestation)
        case [int(seen_s), int(attested_s), bytes(attestation), list(earlier), list(withheld)]:
            missed = tuple(one for one in earlier if isinstance(one, bytes))
            named = tuple(RecordId(one) for one in withheld if isinstance(one, bytes))
            return PeerNote(seen_s, attested_s, attestation, missed, named)
    raise StoreCorrupt("a note about a peer is not readable")


def _decoded(data: bytes) -> object:
    try:
        return decode_untrusted(data, limit_bytes=_MAX_BYTES)
    except (Malformed, LimitExceeded) as exc:
        raise StoreCorrupt("a note about a peer is not readable") from exc
