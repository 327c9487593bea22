"""Case 42: an old state after a newer one was attested, and a store put back from a backup (F.4).

The hostile device here is one of Bob's that was put back: it has his keys, it is a member's,
and it shows less than he signed for. Whether that is a broken disk or malice nobody can
tell from outside, and nobody has to: what was attested and does not come is said.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import pytest

from envlsp.crypto.attest import check_attest_untrusted
from envlsp.errors import StoreError
from envlsp.service.access.alarms import alarms, fresh_alarms
from envlsp.service.comparing import status
from envlsp.service.network.errands import sync as sync_as_command
from envlsp.service.network.sync_port import SyncPort
from envlsp.service.network.witness import Witness
from envlsp.service.promises import keep_attest
from envlsp.sync.effects import AttestReceived
from tests.support.cast import FIRST_FILE, Actor, Cast, give
from tests.support.memory_links import sync
from tests.support.network_cast import Server, agent
from tests.support.own_devices import put_back

HAS_SHADOWS = False
"""Stores are closed here and put back, and nobody looks into closed ones."""


def kinds(actor: Actor) -> set[str]:
    return {one.kind for one in alarms(actor.team)}


@pytest.fixture
def played(cast: Cast) -> tuple[Actor, Actor, Actor]:
    """Return Alice, Bob who has pushed v2, and Bob's device as it was before."""
    alice, bob = cast.team("bob")
    bob.pull()
    older = put_back(cast, bob)
    bob.push(FIRST_FILE + b"B=1\n")
    return alice, bob, older


def gossip(source: Actor, target: Actor) -> None:
    """Bring what a device attests to another, and none of its records: its link broke at once."""
    raw = SyncPort(source.replica).attests()[0]
    keep_attest(target.replica, check_attest_untrusted(raw, target.replica.team), raw)


# --- the first half: an old state after a newer attestation ---


def test_case_42_an_old_state_after_a_newer_attestation_is_withheld(
    played: tuple[Actor, Actor, Actor],
) -> None:
    alice, bob, older = played
    gossip(bob, alice)
    assert kinds(alice) == set(), "it may just not be here yet"
    sync(alice, older)
    assert "withheld" in kinds(alice)
    (told,) = [one for one in fresh_alarms(alice.team) if one.kind == "withheld"]
    assert "exists but is withheld: Bob's device bobs-laptop" in told.what
    alice.restart()
    assert "withheld" in kinds(alice), "it is remembered"
    sync(alice, bob)
    assert kinds(alice) == set()
    assert alice.pull().release.label == "v2"


def test_case_42_a_device_that_attests_nothing_any_more_withholds_all_the_same(
    played: tuple[Actor, Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, older = played
    gossip(bob, alice)
    honest = SyncPort.attests

    def silent(port: SyncPort) -> Sequence[bytes]:
        return () if port._replica is older.replica else honest(port)

    monkeypatch.setattr(SyncPort, "attests", silent)
    sync(alice, older)
    assert kinds(alice) == {"withheld"}
    assert [one.name for one in status(alice.team, alice.context).newer] == ["Bob (bobs-laptop)"]


def test_case_42_who_was_in_step_and_shows_less_has_lost_data(played: tuple[Actor, Actor, Actor]) -> None:
    alice, bob, older = played
    sync(alice, bob)
    clock = bob.replica.clock
    older.replica.clock = lambda: clock() + 60
    gossip(older, alice)
    assert kinds(alice) == {"lost-data"}
    older.replica.clock = lambda: clock() + 120
    sync(alice, older)
    older.replica.clock = lambda: clock() + 180
    gossip(older, alice)
    assert kinds(alice) == set(), "it has got it back, and says so"


# --- the second half: a store put back ---


def test_case_42_a_database_put_back_only_reads_until_it_is_synced(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    database = bob.replica.store.database.path
    bob.replica.store.database.run("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = shutil.copy(database, bob.folder / "kept.db")
    bob.push(FIRST_FILE + b"B=1\n")
    give(bob, alice)
    bob.service.close()
    shutil.copy(kept, database)
    bob.restart()
    assert status(bob.team, bob.context).rolled_back
    with pytest.raises(StoreError, match="older than it was"):
        bob.push(FIRST_FILE + b"B=2\n", force=True)
    sync(alice, bob)
    assert not status(bob.team, bob.context).rolled_back
    assert bob.push(FIRST_FILE + b"B=2\n", force=True).made


def test_case_42_a_whole_folder_put_back_only_reads_from_the_first_peer_on(
    played: tuple[Actor, Actor, Actor],
) -> None:
    alice, bob, older = played
    sync(alice, bob)
    assert not status(older.team, older.context).rolled_back, "nothing in the folder shows it"
    gossip_back(alice, bob, older)
    assert status(older.team, older.context).rolled_back
    with pytest.raises(StoreError, match="an older store was put back"):
        older.push(FIRST_FILE + b"FORK=1\n", force=True)
    sync(alice, older)
    assert not status(older.team, older.context).rolled_back
    older.push(FIRST_FILE + b"B=2\n", force=True)
    sync(alice, older)
    assert alice.replica.ledger.alarms() == (), "no two records have one number"


def gossip_back(alice: Actor, bob: Actor, older: Actor) -> None:
    """Let Alice pass on to Bob's older self what he attested to her, before the link breaks."""
    note = alice.replica.store.peers.get(bob.replica.keys.dpk)
    attest = check_attest_untrusted(note.attestation, older.replica.team)
    Witness(older.replica).heard(alice.replica.keys.dpk, AttestReceived(attest, note.attestation))


# --- with real processes ---


@pytest.mark.slow
def test_case_42_between_processes_both_sides_notice(
    cast: Cast, server: Server, played: tuple[Actor, Actor, Actor]
) -> None:
    alice, bob, older = played
    for actor in played:
        actor.environ["ENVLSP_SIGNALING"] = server.url
    gossip(bob, alice)
    with agent(older):
        result = sync_as_command(alice.service, alice.opened)
    assert result.in_sync == 1
    assert "withheld" in kinds(alice)
    # Alice has passed on what Bob attested: his device knows that it is older than it was.
    older.restart()
    assert status(older.team, older.context).rolled_back
    with pytest.raises(StoreError, match="an older store was put back"):
        older.push(FIRST_FILE + b"FORK=1\n", force=True)
    with agent(bob):
        sync_as_command(alice.service, alice.opened)
    assert kinds(alice) == set()
    with agent(alice):
        assert sync_as_command(older.service, older.opened).in_sync == 1
    older.replica.refresh()
    assert not status(older.team, older.context).rolled_back
    older.push(FIRST_FILE + b"B=2\n", force=True)
    assert older.replica.ledger.alarms() == ()
