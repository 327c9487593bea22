"""What teammates' devices said they hold, against what they show (PROTOCOL F.4, rules 3 and 4).

A device attests, under its signature, what it holds. Records never vanish, so what it
attests later must cover what it attested before: where it does not, it has lost data. And
what it attested must come when it is there: where it does not come, it is withheld.

Decides nothing by it: people are told. Rules: an attestation whose records are not here
yet proves nothing either way; no device is blamed on another one's word; and what has
come is never missed again, so nothing here has to be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.ledger import Ledger
from envlsp.errors import PeerError, TrustError
from envlsp.service.replica import Replica
from envlsp.store.peers import PeerNote
from envlsp.wire.attest import Attest, decode_attest_untrusted
from envlsp.wire.limits import HEADS_MAX


@dataclass(frozen=True, slots=True)
class Standing:
    """What one device owes us, by its own word."""

    dpk: DevicePk
    newer: int
    """So many records at least it attested to hold, and nobody has brought them here."""
    attested_s: int
    """When it said so, by its clock."""
    withheld: tuple[RecordId, ...]
    """Named or attested, and not delivered while it was there."""
    lost: Attest | None
    """What it attested before and does not cover any more."""


def read_attest(attestation: bytes) -> Attest | None:
    """Return a stored attestation; None where there is none, or it does not read."""
    if not attestation:
        return None
    try:
        return decode_attest_untrusted(attestation)
    except (PeerError, TrustError):
        return None


def covers(newer: Attest, older: Attest, ledger: Ledger) -> bool | None:
    """Return whether who attests `newer` still holds all of `older`; None where we cannot tell yet."""
    if newer.count < older.count or newer.max_height < older.max_height:
        return False
    left = [head for head in older.heads if not is_below(ledger, head, newer.heads)]
    if not left:
        return True
    # Of more than 32 heads the rest is not named, and what lies below a stranger is not known.
    is_all_known = len(newer.heads) < HEADS_MAX and all(head in ledger for head in newer.heads)
    return False if is_all_known else None


def is_below(ledger: Ledger, record: RecordId, heads: Iterable[RecordId]) -> bool:
    """Return whether a record is one of some heads, or in the past of one, as far as we know them."""
    return any(
        record == head or (record in ledger and head in ledger and ledger.is_ancestor(record, head))
        for head in heads
    )


# --- while a session runs ----------------------------------------------------------------------


def keep_attest(replica: Replica, attest: Attest, raw: bytes) -> bool:
    """Keep a checked attestation of a teammate's device, and what it may fall short of.

    Returns:
        False where a newer one is here: gossip has no order.
    """
    note = replica.store.peers.get(attest.dpk)
    before = read_attest(note.attestation)
    if before is not None and (before.ts, before.count) > (attest.ts, attest.count):
        return False  # of one second, what says more counts
    earlier = list(_uncovered(replica.ledger, note, before))
    if before is not None and covers(attest, before, replica.ledger) is not True:
        earlier.append(note.attestation)
    replica.store.peers.put_attestation(attest.dpk, attest.ts, raw, tuple(earlier))
    return True


def note_withheld(replica: Replica, dpk: DevicePk, records: Iterable[RecordId]) -> None:
    """Remember that a device named records in a session and did not deliver them."""
    known = replica.store.peers.get(dpk).withheld
    missing = [record for record in (*known, *records) if record not in replica.ledger]
    replica.store.peers.put_withheld(dpk, tuple(dict.fromkeys(missing)))


def note_in_step(replica: Replica, dpk: DevicePk, named: Iterable[RecordId] = ()) -> None:
    """Look at what a device has attested, now that it has given us all it shows.

    Args:
        replica: of this device.
        dpk: whose session has come in step.
        named: records that it named in this session and did not deliver.
    """
    promised = (*named, *_promised(replica.store.peers.get(dpk)))
    missing = [record for record in promised if record not in replica.ledger]
    replica.store.peers.put_withheld(dpk, tuple(dict.fromkeys(missing)))


def _promised(note: PeerNote) -> Iterator[RecordId]:
    """Yield what a device attested to hold, now or before: what it has lost is not here either."""
    for raw in (note.attestation, *note.earlier):
        attest = read_attest(raw)
        yield from attest.heads if attest else ()


def _uncovered(ledger: Ledger, note: PeerNote, newest: Attest | None) -> Iterator[bytes]:
    for raw in note.earlier:
        older = read_attest(raw)
        if older is not None and (newest is None or covers(newest, older, ledger) is not True):
            yield raw


# --- afterwards --------------------------------------------------------------------------------


def standings(replica: Replica) -> list[Standing]:
    """Return every active device of the team that owes us something, by its own word."""
    if not len(replica.ledger):
        return []
    notes, own = replica.store.peers.all(), replica.keys.dpk
    found = (
        _standing(replica.ledger, dpk, notes[dpk])
        for dpk, device in replica.state.devices.items()
        if device.active and dpk != own and dpk in notes
    )
    return [one for one in found if one.newer or one.withheld or one.lost]


def forgive(replica: Replica) -> None:
    """Let go of all that is owed: a person has said that no device has it any more."""
    for one in standings(replica):
        replica.store.peers.forgive(one.dpk)


def _standing(ledger: Ledger, dpk: DevicePk, note: PeerNote) -> Standing:
    newest = read_attest(note.attestation)
    missing = {head for head in _promised(note) if head not in ledger}
    beyond = newest.count - len(ledger) if newest and missing.intersection(newest.heads) else 0
    return Standing(
        dpk=dpk,
        newer=max(len(missing), beyond),
        attested_s=newest.ts if newest else 0,
        withheld=tuple(record for record in note.withheld if record not in ledger),
        lost=_lost(ledger, note, newest),
    )


def _lost(ledger: Ledger, note: PeerNote, newest: Attest | None) -> Attest | None:
    for raw in note.earlier:
        older = read_attest(raw)
        if older is not None and newest is not None and covers(newest, older, ledger) is False:
            return older
    return None
