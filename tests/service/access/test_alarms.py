"""Copied keys, floods, leaked links and forgotten devices: said to people, decided by nobody."""

from __future__ import annotations

import shutil

import pytest

from envlsp.crypto.device import DeviceKeys, generate, prove
from envlsp.crypto.epochs import Recipient
from envlsp.crypto.signing import PopPurpose, inv_digest, sign
from envlsp.domain.ids import DevicePk, RecordId
from envlsp.domain.ledger import alarms as ledger_alarms
from envlsp.domain.ledger.records import Admit, Invite, InviteCancel, Role
from envlsp.service.access import devices
from envlsp.service.access.alarms import alarm_lines, alarms, fresh_alarms
from envlsp.service.access.rotation import mend, rotate, seals_for
from envlsp.service.comparing import status
from envlsp.service.network import errands
from envlsp.service.results import SyncResult
from envlsp.service.verbs.courier import Courier
from envlsp.wire.bodies import InviteBody, PersonBody
from tests.support.cast import FIRST_FILE, Actor, Cast, give, meet
from tests.support.own_devices import add_device, device_of


def copy_of(cast: Cast, actor: Actor, name: str) -> Actor:
    """Return a copy of somebody's device: the same keys in two places."""
    copy = cast.actor(name)
    actor.service.close()
    actor.restart()
    shutil.copytree(actor.home, copy.home)
    shutil.copyfile(actor.key_file, copy.key_file)
    copy.key_file.chmod(0o600)
    shutil.copytree(actor.root, copy.root, dirs_exist_ok=True)
    return copy


def fork(cast: Cast) -> tuple[Actor, Actor, Actor]:
    """Return Alice and Bob, in step, and a copy of Bob's laptop: both have pushed since it was made."""
    alice, bob = cast.team("bob")
    bob.pull()
    thief = copy_of(cast, bob, "thief")
    bob.push(FIRST_FILE + b"BOB=1\n")
    thief.push(FIRST_FILE + b"THIEF=1\n", force=True)
    give(bob, alice)
    give(thief, alice)
    return alice, bob, thief


def kinds(actor: Actor) -> list[str]:
    return [one.kind for one in alarms(actor.team)]


def test_nothing_is_said_of_a_team_that_is_well(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    assert alarms(alice.team) == ()
    assert fresh_alarms(bob.team) == ()


def test_a_copied_key_is_told_with_whose_and_what_to_do(cast: Cast) -> None:
    alice, bob, _ = fork(cast)
    (alarm,) = alarms(alice.team)
    assert (alarm.kind, alarm.count, len(alarm.records)) == ("fork", 2, 2)
    assert alarm.what.startswith("Bob's device bobs-laptop wrote two different records as its next one")
    assert alarm.advice.endswith(f"envlsp device revoke {bob.replica.keys.dpk.hex()[:8]}")
    assert status(alice.team, alice.context).alarms == (alarm,)
    assert len(alice.replica.state.members) == 2, "nobody is removed by an alarm"


def test_whose_keys_were_copied_is_told_too(cast: Cast) -> None:
    alice, bob, _ = fork(cast)
    give(alice, bob)
    (alarm,) = alarms(bob.team)
    assert alarm.what.startswith("this device wrote two different records")
    assert "envlsp device add" in alarm.advice


def test_an_alarm_is_news_once(cast: Cast) -> None:
    alice, _, thief = fork(cast)
    assert [one.kind for one in fresh_alarms(alice.team)] == ["fork"]
    assert fresh_alarms(alice.team) == ()
    alice.restart()
    assert fresh_alarms(alice.team) == ()
    assert kinds(alice) == ["fork"]
    thief.push(FIRST_FILE + b"THIEF=2\n", force=True)  # in a place that Bob has not written in
    give(thief, alice)
    assert fresh_alarms(alice.team) == ()


def test_a_removed_device_is_an_answered_alarm(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    desk = add_device(cast, bob, "desk")
    meet(alice, bob, desk)
    bob.pull()
    thief = copy_of(cast, bob, "thief")
    bob.push(FIRST_FILE + b"BOB=1\n")
    thief.push(FIRST_FILE + b"THIEF=1\n", force=True)
    for source in (bob, thief):
        give(source, alice)
    assert kinds(alice) == ["fork"]
    devices.remove(alice.replica, alice.team.releases, device_of(alice, bob))
    assert alarms(alice.team) == ()


def test_a_flood_is_told_with_how_many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    thief = copy_of(cast, bob, "thief")
    monkeypatch.setattr(ledger_alarms, "CONCURRENT_AUTH_MAX", 1)
    for actor in (bob, thief):
        rotate(actor.replica, actor.team.releases)
        give(actor, alice)
    found = {alarm.kind: alarm for alarm in alarms(alice.team)}
    assert "wrote 2 records side by side" in found["flood"].what


def invite(alice: Actor, link: DeviceKeys) -> RecordId:
    replica = alice.replica
    with replica.writing():
        body = InviteBody(replica.now(), "", "", ())
        return replica.append(Invite(link.dpk, Role.DEVELOPER, 1), body).id


def admit(courier: Actor, link: DeviceKeys, invited: RecordId) -> DevicePk:
    """Let somebody in by a link, as whoever met them."""
    replica, newcomer = courier.replica, generate()
    with replica.writing():
        pub = Admit(
            invited,
            newcomer.dpk,
            newcomer.xpk,
            prove(newcomer, replica.team, PopPurpose.JOIN),
            sign(link.sign, "inv", inv_digest(replica.team, invited, newcomer.dpk, newcomer.xpk)),
            seals_for(replica, Recipient(newcomer.dpk, newcomer.xpk)),
        )
        replica.append(pub, PersonBody(replica.now(), "Somebody", "", ""))
    return newcomer.dpk


def test_a_link_that_was_used_twice_is_told_until_it_is_cancelled(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    link = generate()
    invited = invite(alice, link)
    meet(alice, bob, carol)
    newcomers = [admit(courier, link, invited) for courier in (bob, carol)]
    meet(alice, bob, carol)
    assert not any(alice.replica.state.is_active(dpk) for dpk in newcomers)
    (alarm,) = [one for one in alarms(alice.team) if one.kind == "invite-overused"]
    assert alarm.what.startswith("an invitation by Alice was used by more people than it was for")
    with alice.replica.writing():
        alice.replica.append(InviteCancel(invited))
    assert "invite-overused" not in kinds(alice)


def test_a_device_that_a_key_left_out_is_told_until_somebody_mends_it(cast: Cast) -> None:
    alice = cast.team()[0]
    bob = cast.join(alice, cast.actor("bob"), Role.ADMIN)
    meet(alice, bob)
    carol = cast.join(bob, cast.actor("carol"))
    rotate(alice.replica, alice.team.releases)
    meet(alice, bob, carol)
    (alarm,) = alarms(bob.team)
    assert alarm.what == "the newest key, started by Alice, was not given to Carol's device carols-laptop"
    assert mend(bob.replica, bob.team.releases)
    assert alarms(bob.team) == ()


def test_a_verb_that_synced_tells_it_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, _, _ = fork(cast)
    monkeypatch.setattr(errands, "deliver", lambda *_, **__: SyncResult(1, 1, 2, 1))
    heard: list[str] = []
    for _ in range(2):
        courier = Courier(alice.service, alice.opened, heard.append)
        courier.fetch()
        courier.deliver()
    assert heard == alarm_lines(alarms(alice.team))
