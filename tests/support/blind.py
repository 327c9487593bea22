"""A replica without a single key: it stores, judges and relays, and reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

import pytest

from envlsp.crypto.signing import check_untrusted, record_id
from envlsp.crypto.verify import Signatures
from envlsp.domain.ids import RecordId, TeamId
from envlsp.domain.ledger.admission import Accepted, Admission, Refused
from envlsp.domain.ledger.ledger import Ledger
from envlsp.errors import PeerError, TrustError
from envlsp.service.replica import Received, Replica
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


class Shadows:
    """One without keys behind every replica of the program, which hears what it hears.

    `watch` wraps `Replica.receive` for the time of a test: each answer is compared, and
    `check` compares at the end what both believe.
    """

    def __init__(self) -> None:
        self._behind: list[tuple[Replica, Blind]] = []

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        inner = Replica.receive

        def receive(replica: Replica, raws: Sequence[bytes], *, auth_only: bool = False) -> list[Received]:
            blind = self._of(replica)
            answers = inner(replica, raws, auth_only=auth_only)
            for raw, answer in zip(raws, answers, strict=True):
                if not auth_only or answer.verdict is not None:
                    _assert_same(answer, blind.judge(raw))
            return answers

        patch.setattr(Replica, "receive", receive)

    def _of(self, replica: Replica) -> Blind:
        """Return the one behind a replica, told what the replica wrote or read by itself."""
        found = next((blind for other, blind in self._behind if other is replica), None)
        if found is None:
            found = Blind(replica.team)
            self._behind.append((replica, found))
        replica.refresh()
        for record in replica.ledger.records():
            if record.id not in found.ledger:
                assert found.judge(replica.raw(record.id)) == Accepted(new=True)
        return found

    def check(self) -> None:
        assert self._behind, "nobody heard anything"
        for replica, _ in self._behind:
            blind = self._of(replica)
            assert beliefs(blind.ledger) == beliefs(replica.ledger)
            assert_blind_agrees(replica.team, blind.raws.values(), replica.ledger)


def _assert_same(answer: Received, verdict: Verdict) -> None:
    if isinstance(verdict, Broken):
        assert answer.verdict is None
    else:
        assert answer.verdict == verdict
