"""A whole folder put back from a backup: noticed at the first peer, and no seq is given out twice (F.4)."""

from __future__ import annotations

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger.records import Keys
from envlsp.errors import StoreError
from envlsp.service import own_past
from envlsp.service.access import roles
from envlsp.service.comparing import status
from envlsp.service.network.sync_port import SyncPort
from envlsp.wire.messages import Progress
from tests.support.cast import FIRST_FILE, Actor, Cast, give
from tests.support.memory_links import sync
from tests.support.own_devices import put_back

OLDER = "an older store was put back"


def restored(cast: Cast) -> tuple[Actor, Actor, Actor]:
    """Return Alice, Bob, and Bob's device as a backup made it: without what Alice has of him."""
    alice, bob = cast.team("bob")
    bob.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    give(bob, alice)
    return alice, bob, older


def progress(actor: Actor, seq: int) -> Progress:
    return Progress(actor.replica.keys.dpk[:8], seq, bytes(8))


def claim(older: Actor, peer: Actor, seq: int) -> None:
    """Let a peer ask with a vector that shows this seq of ours."""
    list(SyncPort(older.replica, peer.replica.keys.dpk).missing_for([progress(older, seq)]))


def test_nothing_here_shows_it(cast: Cast) -> None:
    _, _, older = restored(cast)
    assert not older.replica.store.records.is_rolled_back()
    assert not own_past.is_behind(older.replica)


def test_a_vector_that_shows_more_of_ours_stops_us_from_writing_until_it_has_come(cast: Cast) -> None:
    alice, bob, older = restored(cast)
    seq = bob.replica.store.records.own_seq()
    claim(older, alice, seq)
    with pytest.raises(StoreError, match=OLDER):
        older.push(FIRST_FILE + b"FORK=1\n", force=True)
    assert status(older.team, older.context).rolled_back
    older.restart()
    with pytest.raises(StoreError, match=OLDER):
        older.push(FIRST_FILE + b"FORK=1\n", force=True)
    give(alice, older)
    assert not status(older.team, older.context).rolled_back
    older.push(FIRST_FILE + b"B=2\n", force=True)
    assert older.replica.store.records.own_seq() == seq + 1


def test_another_process_sees_it_in_the_transaction_that_would_write(cast: Cast) -> None:
    alice, bob, older = restored(cast)
    other = older.another()
    claim(older, alice, bob.replica.store.records.own_seq())
    with pytest.raises(StoreError, match=OLDER):
        other.team.replica.append(Keys((), ()))


def test_our_own_signature_counts_whoever_brings_it(cast: Cast) -> None:
    alice, bob, older = restored(cast)
    attest = check_attest_untrusted(SyncPort(bob.replica).attests()[0], bob.replica.team)
    own_past.note_own_attest(older.replica, attest)
    with pytest.raises(StoreError, match=OLDER):
        older.push(FIRST_FILE + b"FORK=1\n", force=True)
    give(alice, older)
    own_past.note_own_attest(older.replica, attest)
    assert not own_past.is_behind(older.replica)


def test_a_whole_session_brings_it_back_and_nothing_forks(cast: Cast) -> None:
    alice, bob, older = restored(cast)
    attest = check_attest_untrusted(SyncPort(bob.replica).attests()[0], bob.replica.team)
    own_past.note_own_attest(older.replica, attest)
    sync(alice, older)
    older.push(FIRST_FILE + b"B=2\n", force=True)
    sync(alice, older)
    assert alice.replica.ledger.alarms() == ()


def test_a_claim_that_is_not_kept_counts_until_the_peer_has_shown_all_it_has(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    claim(bob, alice, 1_000)
    assert own_past.is_behind(bob.replica)
    own_past.note_in_step(bob.replica, alice.replica.keys.dpk)
    assert not own_past.is_behind(bob.replica)


def test_who_was_removed_claims_nothing(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    bob.pull()
    claim(bob, carol, 1_000)
    assert own_past.is_behind(bob.replica)
    roles.revoke(alice.replica, alice.team.releases, [carol.user])
    give(alice, bob)
    assert not own_past.is_behind(bob.replica)
    claim(bob, carol, 2_000)
    assert not own_past.is_behind(bob.replica), "nobody answers for it"


def test_a_person_goes_on_and_who_cried_wolf_is_not_heard_again_before_it_is_in_step(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    claim(bob, alice, 1_000)
    own_past.accept_loss(bob.replica)
    assert not own_past.is_behind(bob.replica)
    claim(bob, alice, 2_000)
    assert not own_past.is_behind(bob.replica)
    assert bob.push(FIRST_FILE + b"B=1\n").made
    own_past.note_in_step(bob.replica, alice.replica.keys.dpk)
    claim(bob, alice, 2_000)
    assert own_past.is_behind(bob.replica)


def test_what_we_attested_before_is_let_go_of_and_what_we_attest_after_is_not(cast: Cast) -> None:
    _, bob, older = restored(cast)
    raw = SyncPort(bob.replica).attests()[0]
    attest = check_attest_untrusted(raw, bob.replica.team)
    own_past.note_own_attest(older.replica, attest)
    own_past.accept_loss(older.replica)
    own_past.note_own_attest(older.replica, attest)
    assert not own_past.is_behind(older.replica)


def test_a_vector_of_what_we_have_is_no_claim(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    bob.push(FIRST_FILE + b"B=1\n")
    claim(bob, alice, bob.replica.store.records.own_seq())
    assert not own_past.is_behind(bob.replica)


def test_who_was_removed_leaves_room_for_those_who_tell_the_truth(cast: Cast) -> None:
    """Eve had claims made under as many names as are remembered, and was removed for it."""
    alice, _, older = restored(cast)
    for number in range(100):
        own_past.note_vector(older.replica, DevicePk(number.to_bytes(32)), 1_000)
    assert not own_past.is_behind(older.replica), "nobody answers for any of them"
    claim(older, alice, older.replica.store.records.own_seq() + 1)
    assert own_past.is_behind(older.replica)


def test_more_claims_than_there_are_people_do_not_grow(cast: Cast) -> None:
    (alice,) = cast.team()
    for number in range(100):
        own_past.note_vector(alice.replica, DevicePk(number.to_bytes(32)), 10)
    assert not own_past.is_behind(alice.replica), "none of them is a teammate"
    assert len(alice.replica.store.meta.get(b"own-past") or b"") < 4096
    assert RecordId(bytes(32)) not in alice.replica.ledger
