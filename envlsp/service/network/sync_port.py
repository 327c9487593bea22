"""The replica as a session sees it: read only, and by bytes (`sync.ports.Replica`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from envlsp.crypto.attest import Holding, make_attest
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.policy import is_auth
from envlsp.domain.ledger.records import CheckedRecord
from envlsp.service import own_past
from envlsp.service.access.unopened import attested_epoch
from envlsp.service.network.peering import is_peer
from envlsp.service.replica import Replica
from envlsp.sync.reconcile import lacks
from envlsp.wire.limits import HEADS_MAX
from envlsp.wire.messages import PREFIX_BYTES, Progress


class SyncPort:
    """Answers what a session asks about the records of one team.

    Args:
        replica: of this device.
        peer: whom the session is with; its vector says what it has seen of us (F.4, rule 2).
    """

    def __init__(self, replica: Replica, peer: DevicePk | None = None) -> None:
        self._replica = replica
        self._peer = peer

    def heads(self) -> Sequence[RecordId]:
        """Return the records without children."""
        return self._replica.ledger.heads()

    def count(self) -> int:
        """Return how many records are stored."""
        return len(self._replica.ledger)

    def vector(self) -> Sequence[Progress]:
        """Return the last record of each author; of authors that look alike, the shorter."""
        lines: dict[bytes, Progress] = {}
        for author, (seq, identity) in self._replica.ledger.author_vector().items():
            line = Progress(author[:PREFIX_BYTES], seq, identity[:PREFIX_BYTES])
            known = lines.get(line.author)
            if known is None or line.seq < known.seq:
                lines[line.author] = line
        return list(lines.values())

    def has(self, identity: RecordId) -> bool:
        """Return whether this record is stored."""
        return identity in self._replica.ledger

    def records(self, ids: Sequence[RecordId]) -> Iterator[bytes]:
        """Yield the stored ones among `ids`, by ascending height."""
        yield from self._raw(self._by_height(ids))

    def own_records(self, ids: Sequence[RecordId], limit_bytes: int) -> Sequence[bytes]:
        """Return the first of `ids`, by ascending height, that are ours and fit together."""
        fitting: list[bytes] = []
        for record in self._by_height(ids):
            # The body is most of a large record: not to be read just to be left out.
            if record.header.author != self._replica.keys.dpk or record.body_size > limit_bytes:
                break
            raw = self._replica.raw(record.id)
            limit_bytes -= len(raw)
            if limit_bytes < 0:
                break
            fitting.append(raw)
        return fitting

    def missing_for(self, vector: Sequence[Progress]) -> Iterator[bytes]:
        """Return what a peer with this vector lacks, by ascending height."""
        known = {line.author: line for line in vector}
        own = known.get(self._replica.keys.dpk[:PREFIX_BYTES])
        if own is not None and self._peer is not None and self._is_teammate(self._peer):
            own_past.note_vector(self._replica, self._peer, own.seq)
        return self._missing_for(known)

    def _is_teammate(self, dpk: DevicePk) -> bool:
        """Return whether a member answers for it: a blind replica's word counts for nothing."""
        return len(self._replica.ledger) > 0 and self._replica.state.is_active(dpk)

    def _missing_for(self, known: Mapping[bytes, Progress]) -> Iterator[bytes]:
        for record in self._replica.ledger.records():
            header = record.header
            if lacks(known.get(header.author[:PREFIX_BYTES]), header.seq, record.id):
                yield self._replica.raw(record.id)

    def is_active(self, dpk: DevicePk) -> bool:
        """Return whether this device is an active member's, or the root key of now."""
        return is_peer(self._replica, dpk)

    def is_revoked(self, dpk: DevicePk) -> bool:
        """Return whether this device was a member's and is none now."""
        if not len(self._replica.ledger):
            return False
        device = self._replica.state.devices.get(dpk)
        return device is not None and not device.active

    def newest(self, *, auth: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the records that say who is who, or all others, by descending height."""
        for record in reversed(self._replica.ledger.records()):
            if is_auth(record.header.type) == auth:
                yield record.header.height, self._replica.raw(record.id)

    def attests(self) -> Sequence[bytes]:
        """Return our own attestation of now, and the newest of each other device."""
        others = (note.attestation for note in self._replica.store.peers.all().values() if note.attestation)
        own = (self._own_attest(),) if len(self._replica.ledger) else ()
        return [*own, *others]

    def _own_attest(self) -> bytes:
        ledger, replica = self._replica.ledger, self._replica
        heads = sorted((replica.record(head) for head in ledger.heads()), key=_order)[-HEADS_MAX:]
        holding = Holding(
            team=replica.team,
            heads=tuple(record.id for record in heads),
            count=len(ledger),
            max_height=heads[-1].header.height,
            epoch=attested_epoch(replica),
        )
        return make_attest(holding, replica.keys.sign, ts=replica.now())

    def _by_height(self, ids: Sequence[RecordId]) -> list[CheckedRecord]:
        found = [record for identity in ids if (record := self._replica.ledger.get(identity))]
        return sorted(found, key=_order)

    def _raw(self, records: Iterable[CheckedRecord]) -> Iterator[bytes]:
        return (self._replica.raw(record.id) for record in records)


def _order(record: CheckedRecord) -> tuple[int, RecordId]:
    return record.header.height, record.id
