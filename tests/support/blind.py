"""A replica without a single key: it stores, judges and relays, and reads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from envlsp.crypto.signing import check_untrusted, record_id
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import RecordId, TeamId
from envlsp.domain.ledger.admission import Accepted, Admission, Refused
from envlsp.domain.ledger.ledger import Ledger
from envlsp.errors import PeerError, TrustError
from envlsp.wire.records import decode_record_untrusted


@dataclass(frozen=True)
class Broken:
    """The bytes are no record of this team: refused before any rule about other records."""

    reason: str
    """The name of the error."""


Verdict = Admission | Broken


class Blind:
    """Hears the same bytes as everybody, and has nothing to open them with."""

    def __init__(self, team: TeamId) -> None:
        self.team = team
        self.ledger = Ledger(team, Signatures())
        self.raws: dict[RecordId, bytes] = {}

    def judge(self, raw: bytes) -> Verdict:
        try:
            record = check_untrusted(raw, self.team)
        except (PeerError, TrustError) as no:
            return Broken(type(no).__name__)
        verdict = self.ledger.admit(record)
        if verdict == Accepted(new=True):
            self.raws[record.id] = raw
        return verdict


def reason(verdict: Verdict) -> str:
    """Return why a record was refused; fails if it was not."""
    assert isinstance(verdict, Refused | Broken), verdict
    return verdict.reason.value if isinstance(verdict, Refused) else verdict.reason


def beliefs(ledger: Ledger) -> tuple[object, ...]:
    """Return everything that a replica concludes: who, which keys, which alarms, what counts."""
    voided = {record.id: ledger.voided_by(record.id) for record in ledger.records()}
    return ledger.heads(), ledger.state, ledger.alarms(), ledger.author_vector(), voided


def in_another_order(raws: Iterable[bytes], rnd: Random) -> list[bytes]:
    """Return the records in some order with parents first."""
    left = {}
    for raw in raws:
        decoded = decode_record_untrusted(raw)
        identity = id_of(raw)
        left[identity] = (set(decoded.header.parents), raw)
    order: list[bytes] = []
    while left:
        ready = sorted(one for one, (parents, _) in left.items() if parents.isdisjoint(left))
        order.append(left.pop(rnd.choice(ready))[1])
    return order


def id_of(raw: bytes) -> RecordId:
    """Return the id of a record's bytes."""
    return record_id(decode_record_untrusted(raw).hdr)


def assert_blind_agrees(team: TeamId, raws: Iterable[bytes], ledger: Ledger) -> None:
    """Check that somebody without keys, told the same in another order, believes the same."""
    blind = Blind(team)
    for raw in in_another_order(raws, Random(len(ledger))):
        assert blind.judge(raw) == Accepted(new=True)
    assert beliefs(blind.ledger) == beliefs(ledger)
