"""What sessions show of who holds what: attested, passed on, named, delivered or not (F.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.domain.ids import RecordId
from envlsp.errors import StoreError
from envlsp.service.access.alarms import alarms
from envlsp.service.as_of import known_as_of
from envlsp.service.freshness import freshness
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.network.witness import Witness
from envlsp.service.replicas.allowed import allow
from envlsp.sync.effects import AttestReceived, InSync, RecordsWithheld
from envlsp.wire.messages import Progress
from envlsp.wire.replicas import Pairing, to_pairing_text
from tests.support.cast import FIRST_FILE, Actor, Cast, give
from tests.support.memory_links import sync
from tests.support.own_devices import put_back
from tests.support.peers import actor as fake
from tests.support.peers import meet as meet_in_memory
from tests.support.samples import device

DAY_S = 24 * 3600


def attested(source: Actor, *, at: float) -> AttestReceived:
    source.replica.clock = lambda: at
    raw = SyncPort(source.replica).attests()[0]
    return AttestReceived(check_attest_untrusted(raw, source.replica.team), raw)


def tell(target: Actor, source: Actor, *, at: float) -> None:
    target_witness = Witness(target.replica)
    target_witness.heard(source.replica.keys.dpk, attested(source, at=at))


def test_a_sync_confirms_both_sides_at_once(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    sync(alice, bob)
    for actor in (alice, bob):
        found = freshness(actor.replica)
        assert (found.confirmed_by, found.devices) == (1, 1)
        assert found.as_of is not None
        assert abs(found.as_of - actor.replica.now()) < 60
        assert known_as_of(actor.team.store.views) is not None


def test_what_one_attests_is_passed_on_to_who_never_meets_it(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    sync(alice, bob)
    sync(alice, carol)
    assert freshness(carol.replica).confirmed_by == 2, "Bob's word came by Alice"
    assert freshness(bob.replica).confirmed_by == 1, "he has not met anybody since"


def test_while_all_is_quiet_an_attestation_is_made_and_sent_every_minute() -> None:
    alice, bob = fake("alice"), fake("bob")
    for one in (alice, bob):
        one.replica.with_attests = True
    wire = meet_in_memory(alice, bob)
    wire.settle()
    before = len(wire.b.happened(AttestReceived))
    for _ in range(30):
        alice.replica.ts += 10
        wire.tick(10.0)
        wire.run()
    assert len(wire.b.happened(AttestReceived)) - before >= 4, "five minutes"


def test_a_word_from_tomorrow_is_not_heard(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    now = alice.replica.clock()
    tell(alice, bob, at=now + DAY_S + 60)
    assert freshness(alice.replica).as_of is None
    tell(alice, bob, at=now + DAY_S - 60)
    found = freshness(alice.replica)
    assert found.confirmed_by == 1
    assert found.as_of is not None
    assert found.as_of <= alice.replica.now(), "and never newer than now"


def test_what_was_confirmed_stays_confirmed_when_more_is_known_of(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    tell(alice, bob, at=1_000)
    bob.push(FIRST_FILE + b"B=1\n")
    tell(alice, bob, at=2_000)
    found = freshness(alice.replica)
    assert (found.as_of, found.confirmed_by) == (1_000, 0)
    give(bob, alice)
    assert freshness(alice.replica).as_of == 2_000


@pytest.mark.slow
def test_records_that_a_session_names_and_does_not_deliver_are_withheld(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    sync(alice, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    named, dpk = bob.replica.ledger.heads(), bob.replica.keys.dpk
    honest_records, honest_missing = SyncPort.records, SyncPort.missing_for

    def nothing(port: SyncPort, asked: Sequence[RecordId]) -> Iterator[bytes]:
        return iter(()) if port._replica is bob.replica else honest_records(port, asked)

    def none_missing(port: SyncPort, vector: Sequence[Progress]) -> Iterator[bytes]:
        return iter(()) if port._replica is bob.replica else honest_missing(port, vector)

    monkeypatch.setattr(SyncPort, "records", nothing)
    monkeypatch.setattr(SyncPort, "missing_for", none_missing)
    with pytest.raises(TimeoutError):
        sync(alice, bob, limit_s=1.5)
    assert alice.replica.store.peers.get(dpk).withheld == named
    assert [one.kind for one in alarms(alice.team)] == ["withheld"]
    monkeypatch.undo()
    sync(alice, bob)
    assert alarms(alice.team) == ()


def test_what_it_named_in_this_session_stays_when_it_comes_in_step_and_goes_with_the_next(
    cast: Cast,
) -> None:
    alice, bob = cast.team("bob")
    dpk, ghost = bob.replica.keys.dpk, RecordId(bytes([7]) * 32)
    witness = Witness(alice.replica)
    witness.begin(dpk)
    witness.heard(dpk, RecordsWithheld((ghost,)))
    witness.heard(dpk, InSync(alice.replica.ledger.heads()))
    assert [one.kind for one in alarms(alice.team)] == ["withheld"]
    witness.begin(dpk)
    witness.heard(dpk, InSync(alice.replica.ledger.heads()))
    assert alarms(alice.team) == (), "it stands where we stand, and names nothing else"


def test_a_blind_replica_is_believed_nothing(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    keys = device("cellar")
    dpk = allow(alice.replica, to_pairing_text(Pairing(keys.dpk, keys.xpk, bytes(32))), "cellar").pairing.dpk
    witness = Witness(alice.replica)
    witness.heard(dpk, RecordsWithheld((RecordId(bytes([7]) * 32),)))
    witness.heard(dpk, InSync(alice.replica.ledger.heads()))
    list(SyncPort(alice.replica, dpk).missing_for([Progress(alice.replica.keys.dpk[:8], 1_000, bytes(8))]))
    assert alarms(alice.team) == ()
    assert alice.push(FIRST_FILE + b"A=1\n").made


def test_a_device_put_back_hears_of_itself_in_the_first_word_of_a_peer(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    sync(alice, bob)
    own = alice.replica.store.peers.get(bob.replica.keys.dpk).attestation
    assert own in SyncPort(alice.replica).attests(), "Alice passes it on with her first HEADS"
    attest = check_attest_untrusted(own, older.replica.team)
    Witness(older.replica).heard(alice.replica.keys.dpk, AttestReceived(attest, own))
    with pytest.raises(StoreError, match="an older store was put back"):
        older.push(FIRST_FILE + b"FORK=1\n", force=True)
    sync(alice, older)
    assert older.push(FIRST_FILE + b"B=2\n", force=True).made
