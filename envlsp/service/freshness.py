"""How new our view is: who has confirmed it, and when (PROTOCOL F.4)."""

from __future__ import annotations

from envlsp.domain.ids import RecordId
from envlsp.errors import PeerError, TrustError
from envlsp.service.replica import Replica
from envlsp.service.results import Freshness
from envlsp.wire.attest import Attest, decode_attest_untrusted


def freshness(replica: Replica) -> Freshness:
    """Return how many other active devices have attested to hold all we hold, and when last.

    An attestation confirms us when every one of its heads is here and every head of
    ours is at or below one of them. Times are claims.
    """
    notes = replica.store.peers.all()
    others = [d for d in replica.state.devices.values() if d.active and d.dpk != replica.keys.dpk]
    confirmed = []
    for device in others:
        note = notes.get(device.dpk)
        attest = _read(note.attestation) if note and note.attestation else None
        if attest is not None and _covers(replica, attest.heads):
            confirmed.append(attest.ts)
    return Freshness(as_of=max(confirmed, default=None), confirmed_by=len(confirmed), devices=len(others))


def holders(replica: Replica, record: RecordId) -> int:
    """Return how many other active devices have attested to hold a record."""
    notes, count = replica.store.peers.all(), 0
    for device in replica.state.devices.values():
        note = notes.get(device.dpk)
        if device.dpk == replica.keys.dpk or not device.active or not note or not note.attestation:
            continue
        attest = _read(note.attestation)
        count += attest is not None and any(_is_at(replica, record, head) for head in attest.heads)
    return count


def _read(attestation: bytes) -> Attest | None:
    try:
        return decode_attest_untrusted(attestation)
    except (PeerError, TrustError):
        return None


def _covers(replica: Replica, heads: tuple[RecordId, ...]) -> bool:
    own = replica.ledger.heads()
    return all(head in replica.ledger for head in heads) and all(
        any(_is_at(replica, mine, head) for head in heads) for mine in own
    )


def _is_at(replica: Replica, record: RecordId, head: RecordId) -> bool:
    ledger = replica.ledger
    return head in ledger and (record == head or ledger.is_ancestor(record, head))
