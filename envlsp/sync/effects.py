"""What a session asks its owner to do, and what it tells.

Effects are in the imperative and must be obeyed, in order; events are in the past tense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.wire.attest import Attest
from envlsp.wire.messages import CloseCode

# --- effects ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send these bytes (at most 16 KiB) as one message of the link."""

    message: bytes


@dataclass(frozen=True, slots=True)
class StoreRecords:
    """Check, admit and store these records durably, in this order, then call `Session.stored`.

    Args:
        records: bytes from a stranger.
        auth_only: they introduce a peer that is no active member here: everything but
            records that say who is who must be refused (PROTOCOL A6).
    """

    records: tuple[bytes, ...]
    auth_only: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Close the link. The last effect of every session; nothing follows it."""

    code: CloseCode
    by_peer: bool = False


# --- events -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PeerProved:
    """The peer holds the key of this device and knows the team."""

    dpk: DevicePk
    caps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PeerWelcomed:
    """The peer is a member (or allow-listed, or vouched for) and will be synced with."""

    dpk: DevicePk


@dataclass(frozen=True, slots=True)
class PeerNotKnown:
    """The peer is no active member here; `revoked` if it was one."""

    dpk: DevicePk
    revoked: bool


@dataclass(frozen=True, slots=True)
class PeerWentStale:
    """The peer has missed a beat. The link may come back, or end."""


@dataclass(frozen=True, slots=True)
class PeerCameBack:
    """Something came from a peer that was stale."""


@dataclass(frozen=True, slots=True)
class InSync:
    """Both stand at these heads, and each has all the other has."""

    heads: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class AttestReceived:
    """A device's own, signed word on what it holds; the newest of it in this session."""

    attest: Attest
    raw: bytes


@dataclass(frozen=True, slots=True)
class RecordsWithheld:
    """The peer named these records, or children of them, and did not deliver them."""

    ids: tuple[RecordId, ...]


Effect: TypeAlias = (
    SendMessage
    | StoreRecords
    | Close
    | PeerProved
    | PeerWelcomed
    | PeerNotKnown
    | PeerWentStale
    | PeerCameBack
    | InSync
    | AttestReceived
    | RecordsWithheld
)

# --- answers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    """The record is stored durably, now or before."""

    id: RecordId


@dataclass(frozen=True, slots=True)
class Missing:
    """The record's own bytes are in order, but these of its parents are not stored."""

    id: RecordId
    parents: tuple[RecordId, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The record is malformed, wrongly signed or not admissible: the session ends."""


StoreResult: TypeAlias = Accepted | Missing | Refused
