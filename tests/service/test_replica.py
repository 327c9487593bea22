"""One ledger on one disk: what is stored counts, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from envlsp.crypto.signing import check_untrusted
from envlsp.domain.ids import RecordId
from envlsp.domain.ledger.admission import Accepted, Missing
from envlsp.domain.ledger.records import Role
from envlsp.errors import Misuse, StoreError, UpgradeNeeded
from envlsp.service import replica as replica_module
from envlsp.service.replica import Received, Replica
from envlsp.store import machine
from envlsp.store.records import NewRecord, Records
from tests.support.cast import FIRST_FILE, Actor, Cast, all_accepted, assert_in_step, give, meet


def labels(actor: Actor) -> list[str]:
    found = actor.team.releases.of(actor.context.triple)
    return [found.versions.label(record) for record in found.history.in_order()]


def test_two_processes_of_a_device_see_each_others_records(cast: Cast) -> None:
    (alice,) = cast.team()
    other = alice.another()
    before = len(other.team.replica.ledger)
    alice.push(FIRST_FILE + b"A=1\n")
    assert len(other.team.replica.ledger) == before
    assert len(other.team.replica.refresh()) == 1
    assert other.team.replica.state == alice.replica.state
    assert other.team.replica.refresh() == []


def test_two_processes_write_in_turn_without_reusing_a_seq(cast: Cast) -> None:
    (alice,) = cast.team()
    other = alice.another()
    for number in range(3):
        alice.push(FIRST_FILE + b"A=%d\n" % number)
        vault_keys = other.team.replica.keys.dpk
        with other.team.replica.writing():
            seq = other.team.replica.ledger.next_seq(vault_keys)
        assert seq == alice.team.store.records.own_seq() + 1
    records = alice.replica.ledger.by_author(alice.replica.keys.dpk)
    assert [record.header.seq for record in records] == list(range(1, len(records) + 1))


def test_listeners_hear_of_what_another_process_wrote(cast: Cast) -> None:
    (alice,) = cast.team()
    other = alice.another().team.replica
    heard: list[Sequence[RecordId]] = []
    other.on_change.append(heard.append)
    made = alice.push(FIRST_FILE + b"A=1\n")
    other.refresh()
    assert [[one.hex() for one in ids] for ids in heard] == [[made.release.id]]


def test_a_record_whose_parents_are_missing_waits_for_them(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(FIRST_FILE + b"A=1\n")
    alice.push(FIRST_FILE + b"A=2\n")
    *_, older, newer = alice.raws()
    (received,) = bob.replica.receive([newer])
    assert isinstance(received.verdict, Missing)
    assert received.verdict.parents == (check_untrusted(older, alice.replica.team).id,)
    assert all_accepted(bob.replica.receive([older, newer]))
    assert_in_step(alice, bob)
    bob.restart()
    assert_in_step(alice, bob)


def test_what_is_sent_twice_is_stored_once(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    count = bob.team.store.records.count()
    assert all_accepted(give(alice, bob))
    assert bob.team.store.records.count() == count


@pytest.mark.parametrize("damage", (b"", b"\x93", b"noise"))
def test_bytes_that_are_no_record_change_nothing(cast: Cast, damage: bytes) -> None:
    alice, bob = cast.team("bob")
    raw = alice.raws()[-1]
    altered = bytes([raw[0], *raw[1:-1], raw[-1] ^ 1])
    before = bob.replica.ledger.heads()
    assert bob.replica.receive([damage, altered]) == [Received(None, None)] * 2
    assert bob.replica.ledger.heads() == before


def test_a_record_of_another_team_changes_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    eve = cast.actor("eve").found()
    eve.push()
    before = bob.replica.ledger.heads()
    assert all(not isinstance(one.verdict, Accepted) for one in bob.replica.receive(eve.raws()))
    assert bob.replica.ledger.heads() == before
    alice.push(FIRST_FILE + b"A=1\n")
    assert all_accepted(give(alice, bob))


def test_a_viewers_push_is_refused_by_everybody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    carol = cast.join(alice, cast.actor("carol"))
    bob.file.write_bytes(b"STOLEN=1\n")
    with pytest.raises(Misuse):
        bob.push()
    # A client that does not ask its own rules: the record is made, and nobody takes it.
    monkeypatch.setattr("envlsp.service.pushing.demand_role", lambda *_: None)
    with pytest.raises(Exception, match="not admissible"):
        bob.push(force=True)
    meet(alice, bob, carol)
    assert labels(alice) == labels(carol) == ["v1"]


def test_only_records_about_members_come_in_while_only_those_are_asked_for(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.push(FIRST_FILE + b"A=1\n")
    (received,) = bob.replica.receive(alice.raws()[-1:], auth_only=True)
    assert received.verdict is None
    assert labels(bob) == ["v1"]


def test_a_failing_disk_leaves_memory_as_the_disk_is(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    alice.push(FIRST_FILE + b"A=1\n")
    before = bob.replica.ledger.heads()

    def fail(self: Records, records: object) -> int:
        raise StoreError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Records, "append", fail)
        with pytest.raises(StoreError, match="no space"):
            give(alice, bob)
        assert bob.replica.ledger.heads() == before
        bob.file.write_bytes(b"B=1\n")
        with pytest.raises(StoreError, match="no space"):
            bob.push(force=True)
    assert bob.replica.ledger.heads() == before
    assert bob.push(force=True).release.label == "v2"
    meet(alice, bob)
    assert_in_step(alice, bob)


def test_what_came_before_a_record_of_a_newer_protocol_is_kept(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = cast.team("bob")
    alice.push(FIRST_FILE + b"A=1\n")
    alice.push(FIRST_FILE + b"A=2\n")
    *_, older, newer = alice.raws()

    def check(raw: bytes, team: bytes) -> object:
        if raw == newer:
            raise UpgradeNeeded("type 40")
        return check_untrusted(raw, alice.replica.team)

    monkeypatch.setattr(replica_module, "check_untrusted", check)
    with pytest.raises(UpgradeNeeded):
        bob.replica.receive([older, newer])
    assert check_untrusted(older, alice.replica.team).id in bob.replica.ledger
    assert len(bob.replica.ledger) == bob.team.store.records.count()


def test_a_store_put_back_from_a_backup_only_reads_until_a_sync(cast: Cast, tmp_path: Path) -> None:
    alice, bob = cast.team("bob")
    bob.service.close()
    folder = Path(bob.service.home.root) / "teams"
    shutil.copytree(folder, tmp_path / "backup")
    bob.push(b"B=1\n", force=True)
    meet(alice, bob)
    bob.service.close()
    for name in next(folder.iterdir()).iterdir():
        if ".high" not in name.name:
            name.unlink()
    for name in next((tmp_path / "backup").iterdir()).iterdir():
        if ".high" not in name.name:
            shutil.copyfile(name, next(folder.iterdir()) / name.name)
            (next(folder.iterdir()) / name.name).chmod(0o600)
    bob.restart()
    assert labels(bob) == ["v1"]
    with pytest.raises(StoreError, match="older than it was") as refused:
        bob.push(b"B=2\n", force=True)
    assert refused.value.fix == "envlsp sync; where no device has the rest: envlsp sync --accept-loss"
    give(alice, bob)
    assert bob.push(b"B=2\n", force=True).release.label == "v3"
    seqs = [r.header.seq for r in bob.replica.ledger.by_author(bob.replica.keys.dpk)]
    assert seqs == [1, 2]


def test_a_copied_device_key_does_not_write(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, _ = cast.team("bob")
    monkeypatch.setattr(machine, "machine_hint", lambda: "another machine")
    alice.restart()
    assert alice.pull().release.label == "v1"  # reading is harmless
    with pytest.raises(Misuse, match="another machine") as refused:
        alice.push(FIRST_FILE + b"A=1\n")
    assert refused.value.fix
    monkeypatch.setattr(machine, "machine_hint", lambda: "")  # nobody can say
    alice.restart()
    assert alice.push().made


def test_a_replica_asks_for_records_it_has_not(cast: Cast) -> None:
    (alice,) = cast.team()
    nowhere = RecordId(bytes(32))
    for ask in (alice.replica.record, alice.replica.raw):
        with pytest.raises(KeyError):
            ask(nowhere)


def test_the_store_and_memory_agree_about_every_record(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.push(b"B=1\n", force=True)
    meet(alice, bob)
    for actor in (alice, bob):
        fresh = Replica(actor.replica.team, actor.replica.keys, actor.team.store, actor.service.clock)
        assert fresh.state == actor.replica.state
        assert fresh.ledger.heads() == actor.replica.ledger.heads()


def test_a_row_says_what_its_record_says(cast: Cast) -> None:
    (alice,) = cast.team()
    record = alice.replica.ledger.records()[-1]
    row = replica_module._row(record, alice.replica.raw(record.id))
    header = record.header
    assert row == NewRecord(record.id, header.author, header.seq, header.height, header.parents, row.raw)
