"""A late record may change who is a member; it does not silently change who reads new secrets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, RecordId, ScopeId
from envlsp.domain.ledger.records import Role
from envlsp.domain.ledger.suspicion import EVERYWHERE, Suspect, Suspicion
from envlsp.errors import StoreCorrupt
from envlsp.service.access import roles
from envlsp.service.access.rotation import mend, sealable
from envlsp.service.access.tombstones import from_bytes, to_bytes
from envlsp.service.env_facts import EnvironmentReader, Marks
from envlsp.service.facade import Service
from tests.support.cast import FIRST_FILE, Actor, Cast, give, meet

ROOT = Path(__file__).parents[3]


def current(actor: Actor) -> EpochId:
    epoch = actor.replica.state.current_epoch(TEAM_SCOPE)
    assert epoch is not None
    return epoch


def revoke(admin: Actor, *gone: Actor) -> None:
    roles.revoke(admin.replica, admin.team.releases, [actor.user for actor in gone])


def suspects(actor: Actor) -> set[bytes]:
    return {one.device for one in actor.replica.suspects}


def dpk(actor: Actor) -> bytes:
    return actor.replica.keys.dpk


def sealed_to(actor: Actor, to: Actor) -> bool:
    return dpk(to) in actor.replica.state.epochs[current(actor)].recipients


@pytest.fixture
def duel(cast: Cast) -> tuple[Actor, Actor, Actor]:
    """Bob, a junior admin, has removed Alice, the founder, who removes him without knowing it.

    Carol has seen the first only.
    """
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    revoke(bob, alice)
    give(bob, carol)
    revoke(alice, bob)
    return alice, bob, carol


def test_case_14_who_saw_the_removal_keeps_the_founder_out_of_new_keys(
    duel: tuple[Actor, Actor, Actor],
) -> None:
    alice, bob, carol = duel
    assert alice.user not in carol.replica.state.members
    give(alice, carol)
    assert alice.user in carol.replica.state.members
    assert bob.user not in carol.replica.state.members
    assert suspects(carol) == {dpk(alice)}
    assert dpk(alice) not in {device.dpk for device in sealable(carol.replica, TEAM_SCOPE)}

    assert sealed_to(carol, alice), "Alice made the newest key herself"
    carol.pull()
    carol.push(FIRST_FILE + b"NEW=1\n")
    assert not sealed_to(carol, alice)
    give(carol, alice)
    assert alice.replica.ring.key_of(current(alice)) is None
    mend(carol.replica, carol.team.releases)
    assert not sealed_to(carol, alice)

    carol.replica.tombstones.confirm([alice.replica.keys.dpk])
    mend(carol.replica, carol.team.releases)
    assert sealed_to(carol, alice)
    give(carol, alice)
    alice.pull()
    assert b"NEW=1" in alice.file.read_bytes()


def test_case_14_who_saw_the_answer_first_goes_on_as_before(duel: tuple[Actor, Actor, Actor]) -> None:
    alice, bob, _ = duel
    dave = alice  # she saw her own answer first
    give(bob, dave)
    assert dave.user in dave.replica.state.members
    assert not suspects(dave)


def test_both_sides_at_once_ask_a_person(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    revoke(bob, alice)
    revoke(alice, bob)
    meeting = {*alice.raws(), *bob.raws()}
    carol.replica.receive([raw for raw in bob.raws() if raw in meeting] + alice.raws())
    (one,) = carol.replica.suspects
    assert (one.device, one.scope, one.why) == (dpk(alice), EVERYWHERE, Suspicion.DUEL)


def test_it_is_remembered_by_the_device_and_known_to_its_other_processes(
    duel: tuple[Actor, Actor, Actor],
) -> None:
    alice, _, carol = duel
    another = carol.another().team
    assert not another.replica.suspects
    give(alice, carol)
    another.replica.refresh()
    assert another.replica.suspects == carol.replica.suspects
    carol.restart()
    assert suspects(carol) == {dpk(alice)}


def test_a_transaction_that_fails_keeps_neither_the_record_nor_the_suspicion(
    duel: tuple[Actor, Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, _, carol = duel
    before = len(carol.raws())

    def full(_name: bytes, _data: bytes) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(carol.replica.store.meta, "put", full)
        with pytest.raises(OSError, match="no space"):
            give(alice, carol)
    assert alice.user not in carol.replica.state.members
    carol.restart()
    assert len(carol.raws()) == before
    assert not carol.replica.suspects
    give(alice, carol)
    assert suspects(carol) == {dpk(alice)}


@pytest.mark.slow
def test_killed_at_any_point_the_record_and_the_suspicion_are_there_or_neither_is(
    duel: tuple[Actor, Actor, Actor], tmp_path: Path
) -> None:
    alice, _, carol = duel
    records = tmp_path / "records"
    records.write_text("\n".join(raw.hex() for raw in alice.raws()))
    carol.service.close()
    seen = set()
    last = int(receive_killed(carol, carol.home, records, 0).split()[1])
    assert last > 10
    for point in range(1, last + 1):
        home = tmp_path / f"home-{point}"
        shutil.copytree(carol.folder / "before", home)
        assert receive_killed(carol, home, records, point) == ""
        service = Service(carol.talk, key_file=carol.key_file, environ={"ENVLSP_HOME": str(home)})
        replica = service.open(carol.root).team.replica
        is_back = alice.user in replica.state.members
        assert {one.device for one in replica.suspects} == ({dpk(alice)} if is_back else set())
        seen.add(is_back)
        service.close()
    assert seen == {False, True}


def receive_killed(carol: Actor, home: Path, records: Path, point: int) -> str:
    """Let a process of Carol's store records and be killed at a point (0: never)."""
    if not point:
        shutil.copytree(home, carol.folder / "before")
    script = ROOT / "tests" / "support" / "crashing_receiver.py"
    environ = {**os.environ, "ENVLSP_HOME": str(home), "ENVLSP_KEY_FILE": str(carol.key_file)}
    done = subprocess.run(
        [sys.executable, str(script), str(carol.root), str(records), str(point)],
        cwd=ROOT,
        env={**environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == (-9 if point else 0), done.stderr.decode()
    return done.stdout.decode()


def test_a_newcomer_takes_the_history_as_whoever_let_them_in(
    duel: tuple[Actor, Actor, Actor], cast: Cast
) -> None:
    alice, bob, carol = duel
    meet(alice, bob, carol)
    dave = cast.join(alice, cast.actor("dave"))
    assert not dave.replica.suspects


def test_what_is_on_the_disk_is_read_back_or_refused(duel: tuple[Actor, Actor, Actor]) -> None:
    alice, _, carol = duel
    give(alice, carol)
    kept = to_bytes(carol.replica.suspects)
    assert from_bytes(kept) == carol.replica.suspects
    for bad in (b"", kept[:-1], b"\x92\x02\x90", b"\x92\x01\x91\x90"):
        with pytest.raises(StoreCorrupt):
            from_bytes(bad)


def test_a_store_that_is_not_readable_is_no_trust(duel: tuple[Actor, Actor, Actor]) -> None:
    _, _, carol = duel
    carol.replica.store.meta.put(b"suspects", b"\x90")
    with pytest.raises(StoreCorrupt):
        sealable(carol.replica, TEAM_SCOPE)


def test_an_editor_is_told_who_gets_no_new_key(duel: tuple[Actor, Actor, Actor]) -> None:
    alice, _, carol = duel
    reader = EnvironmentReader(carol.team, Marks(carol.service.vault.open().lsk))
    assert reader.alarms() == ((), ())
    give(alice, carol)
    (line,) = reader.alarms()[0]
    assert line.startswith("Alice <alice@example.com> is not trusted with new secrets here: Bob")
    assert line.endswith(f"envlsp access confirm {alice.user.hex()[:8]}")


def flood(devices: int, records: int, scopes: int = 1) -> frozenset[Suspect]:
    """So many suspects, each shown by so many records."""
    ids = tuple(sorted(RecordId(n.to_bytes(32, "big")) for n in range(records)))
    return frozenset(
        Suspect(DevicePk(d.to_bytes(32, "big")), ScopeId(s.to_bytes(16, "big")), Suspicion.RETURNED, ids)
        for d in range(devices)
        for s in range(scopes)
    )


@pytest.mark.parametrize(
    ("devices", "records", "scopes"),
    (
        (20, 4000, 1),
        pytest.param(64, 64, 40, marks=pytest.mark.slow),
        pytest.param(64, 1, 400, marks=pytest.mark.slow),
    ),
)
def test_a_flood_of_removals_leaves_a_memory_that_can_be_read(
    cast: Cast, devices: int, records: int, scopes: int
) -> None:
    """A junior admin removes everybody, again and again, until one more late record undoes it all."""
    (alice,) = cast.team()
    tombstones = alice.replica.tombstones
    found = flood(devices, records, scopes)
    tombstones._keep(found)
    assert {one.device for one in tombstones.all()} == {one.device for one in found}
    assert all(one.records for one in tombstones.all())


def test_a_memory_that_is_too_long_is_told_as_damage(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.replica.store.meta.put(b"suspects", bytes(3 * 2**20))
    with pytest.raises(StoreCorrupt):
        alice.replica.tombstones.all()
