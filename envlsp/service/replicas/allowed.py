"""The replicas that this device lets have the team's records (PROTOCOL A4).

A list of this device's own: no record names a replica, and it has no role. It is met in
a room of its own, gets every record there is, and holds no key to any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from envlsp.crypto.primitives import is_valid_ed25519, is_valid_x25519
from envlsp.domain.ids import DevicePk
from envlsp.errors import AmbiguousName, BadText, LimitExceeded, Malformed, Misuse, NotFound, StoreCorrupt
from envlsp.service.people import SHORT_HEX
from envlsp.service.replica import Replica
from envlsp.wire.canonical import Value, decode_untrusted, encode
from envlsp.wire.limits import KIB, LABEL_MAX_BYTES
from envlsp.wire.replicas import (
    Pairing,
    decode_pairing_untrusted,
    encode_pairing,
    from_pairing_text_untrusted,
)

REPLICAS_MAX: Final = 8
_AGAIN: Final = "copy all of the line that envlsp replica shows there, from rp1 on"
_NAME: Final = b"replicas"
_MAX_BYTES: Final = 8 * KIB


@dataclass(frozen=True, slots=True)
class AllowedReplica:
    """A replica that may have the team's records."""

    pairing: Pairing
    label: str
    added: int
    """When, in seconds since 1970 by our clock."""

    @property
    def id(self) -> str:
        """The first letters of its key, which people see."""
        return self.pairing.dpk.hex()[:SHORT_HEX]


def allowed(replica: Replica) -> tuple[AllowedReplica, ...]:
    """Return the replicas that this device lets have records, the oldest first.

    Raises:
        StoreCorrupt: the list does not read.
    """
    data = replica.store.meta.get(_NAME)
    return tuple(_rows(data)) if data else ()


def is_allowed(replica: Replica, dpk: DevicePk) -> AllowedReplica | None:
    """Return the replica with this key, if it may have records."""
    return next((one for one in allowed(replica) if one.pairing.dpk == dpk), None)


def last_met(replica: Replica) -> dict[DevicePk, int]:
    """Return when this device has last talked to each of them, in seconds since 1970 by our clock."""
    notes = replica.store.peers.all()
    dpks = [one.pairing.dpk for one in allowed(replica)]
    return {dpk: notes[dpk].seen_s for dpk in dpks if dpk in notes and notes[dpk].seen_s}


def allow(replica: Replica, text: str, label: str) -> AllowedReplica:
    """Let the replica with this pairing string have the team's records, and remember that.

    Raises:
        BadText: no pairing string, or a label that is too long.
        Misuse: it is a member's device, or there are too many.
    """
    try:
        pairing = from_pairing_text_untrusted(text)
    except BadText:
        raise BadText("that is no replica's string, or there is a slip in it", fix=_AGAIN) from None
    if not is_valid_ed25519(pairing.dpk) or not is_valid_x25519(pairing.xpk):
        raise BadText("no replica has these keys", fix=_AGAIN)
    if len(label.encode()) > LABEL_MAX_BYTES or not label.isprintable():
        raise BadText(
            f"a label has at most {LABEL_MAX_BYTES} bytes", fix="envlsp replica add STRING --label NAME"
        )
    if pairing.dpk in replica.state.devices:
        raise Misuse("that is a device of a member", fix="envlsp devices")
    others = [one for one in allowed(replica) if one.pairing.dpk != pairing.dpk]
    if len(others) >= REPLICAS_MAX:
        raise Misuse(f"there are {REPLICAS_MAX} replicas already", fix="envlsp replica remove WHICH")
    added = AllowedReplica(pairing, label, replica.now())
    _keep(replica, (*others, added))
    return added


def forbid(replica: Replica, words: str) -> AllowedReplica:
    """Take a replica off the list; what it has it keeps, closed to it as before.

    Args:
        replica: of this device.
        words: its label, or the first letters of its id.

    Raises:
        NotFound, AmbiguousName: which one is meant.
    """
    known = allowed(replica)
    found = [one for one in known if words == one.label or one.pairing.dpk.hex().startswith(words.lower())]
    if not found or not words:
        raise NotFound("there is no such replica", fix="envlsp replica list")
    if len(found) > 1:
        listed = " and ".join(f"{one.label} ({one.id})" for one in found)
        raise AmbiguousName(f"more than one replica fits: {listed}")
    _keep(replica, tuple(one for one in known if one is not found[0]))
    return found[0]


def _keep(replica: Replica, found: tuple[AllowedReplica, ...]) -> None:
    rows: list[Value] = [[encode_pairing(one.pairing), one.label, one.added] for one in found]
    replica.store.meta.put(_NAME, encode(rows))


def _rows(data: bytes) -> Iterator[AllowedReplica]:
    try:
        rows = decode_untrusted(data, limit_bytes=_MAX_BYTES)
        yield from map(_row, rows if isinstance(rows, list) else ())
    except (Malformed, LimitExceeded):
        raise StoreCorrupt("the list of replicas is not readable") from None


def _row(row: Value) -> AllowedReplica:
    match row:
        case [bytes(pairing), str(label), int(added)]:
            return AllowedReplica(decode_pairing_untrusted(pairing), label, added)
    raise Malformed("not a row of replicas")
