"""One person, several devices: adding the next one, losing one, and what a stolen one can still do."""

from __future__ import annotations

import pytest

from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import DeviceRevoke, Role
from envlsp.domain.secret import SecretText
from envlsp.errors import AmbiguousName, Misuse, NoAccess, NotFound
from envlsp.service.access import devices
from envlsp.service.access.exposure import device_exposure, exposure
from envlsp.service.access.rotation import mend
from envlsp.service.access.scopes import Covers
from envlsp.service.pushing import set_value
from tests.support.cast import FIRST_FILE, Actor, Cast, assert_in_step, give, meet
from tests.support.own_devices import add_device, device_of


def remove(actor: Actor, other: Actor) -> tuple[bytes, ...]:
    return devices.remove(actor.replica, actor.team.releases, device_of(actor, other))


def set_on(actor: Actor, name: str, value: str) -> None:
    set_value(actor.team, actor.context, name, SecretText(value.encode()))


# --- adding ---


def test_a_second_device_is_the_same_person_and_reads_everything(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    assert phone.user == alice.user
    assert len(bob.replica.state.members) == 2
    assert phone.pull().release.label == "v1"
    phone.push(FIRST_FILE + b"FROM_PHONE=1\n")
    meet(alice, bob, phone)
    assert bob.pull().release.author == "Alice"
    assert_in_step(alice, bob, phone)


def test_a_viewers_second_device_reads_and_writes_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    tablet = add_device(cast, bob, "tablet")
    meet(alice, bob, tablet)
    tablet.pull()
    with pytest.raises(NoAccess):
        set_on(tablet, "A", "1")


def test_nobody_has_nine_devices(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (alice,) = cast.team()
    monkeypatch.setattr(devices, "DEVICES_PER_USER_MAX", 2)
    add_device(cast, alice, "phone")
    with pytest.raises(Misuse, match="nobody may have more"):
        add_device(cast, alice, "tablet")


# --- removing ---


def test_a_lost_device_opens_nothing_that_comes_after(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    assert remove(alice, phone) == ()
    set_on(alice, "AFTER", "new")
    meet(alice, bob)
    assert bob.pull().release.label == "v2"
    give(alice, phone)
    newest = alice.team.releases.of(alice.context.triple).history.heads()[0]
    record = phone.replica.record(newest)
    assert phone.replica.release(record) is None
    assert not phone.replica.state.is_active(phone.replica.keys.dpk)
    assert bob.replica.state.current_epoch(TEAM_SCOPE) is not None


def test_the_removal_and_the_new_key_are_one_record(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    remove(alice, phone)
    record = next(r for r in alice.replica.ledger.records() if isinstance(r.header.pub, DeviceRevoke))
    assert isinstance(record.header.pub, DeviceRevoke)
    assert [epoch.scope for epoch in record.header.pub.epochs] == [TEAM_SCOPE]
    sealed_to = {to for to, _ in record.header.pub.epochs[0].seals}
    assert phone.replica.keys.dpk not in sealed_to
    assert bob.replica.keys.dpk in sealed_to


def test_a_viewer_removes_a_device_and_a_developer_starts_the_key(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    tablet = add_device(cast, bob, "tablet")
    meet(alice, bob, tablet)
    assert remove(bob, tablet) == (TEAM_SCOPE,)
    meet(alice, bob)
    assert alice.replica.state.current_epoch(TEAM_SCOPE) is None
    assert mend(alice.replica, alice.team.releases)
    meet(alice, bob)
    set_on(alice, "AFTER", "new")
    meet(alice, bob)
    assert bob.pull().release.label == "v2"
    give(alice, tablet)
    newest = alice.team.releases.of(alice.context.triple).history.heads()[0]
    assert tablet.replica.release(tablet.replica.record(newest)) is None


def test_an_admin_removes_anybodys_device_and_others_only_their_own(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    tablet = add_device(cast, bob, "tablet")
    meet(alice, bob, carol, tablet)
    with pytest.raises(NoAccess, match="somebody else's"):
        remove(carol, tablet)
    remove(alice, tablet)
    meet(alice, bob, carol)
    assert not bob.replica.state.is_active(tablet.replica.keys.dpk)


def test_the_device_at_hand_goes_and_leaves_the_key_to_others(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    assert remove(phone, phone) == (TEAM_SCOPE,)
    give(phone, alice)
    assert alice.replica.state.current_epoch(TEAM_SCOPE) is None
    set_on(alice, "AFTER", "new")  # whoever writes next starts it
    meet(alice, bob)
    assert bob.pull().release.label == "v2"
    give(alice, phone)
    newest = alice.team.releases.of(alice.context.triple).history.heads()[0]
    assert phone.replica.release(phone.replica.record(newest)) is None


def test_nobody_is_left_without_a_device(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    meet(alice, bob)
    with pytest.raises(Misuse, match="only device of the only admin") as told:
        remove(alice, alice)
    assert told.value.fix == "envlsp device add, or: envlsp access grant WHO --role admin"
    for actor in (alice, bob):
        with pytest.raises(Misuse, match="a member that nobody can be") as told:
            remove(actor, bob)
        assert f"envlsp access revoke {bob.user.hex()[:8]}" in str(told.value.fix)


def test_a_stolen_older_device_keeps_what_it_did_meanwhile(cast: Cast) -> None:
    """The older device outranks the newer: that is why an admin should look after it."""
    alice, bob = cast.team("bob")
    desk = add_device(cast, bob, "desk")
    meet(alice, bob, desk)
    assert devices.is_older(desk.replica, device_of(desk, bob))
    assert not devices.is_older(bob.replica, device_of(bob, desk))
    evil = add_device(cast, bob, "evil")  # the thief, who has bob's older laptop
    remove(desk, bob)
    give(evil, bob)
    meet(alice, desk, evil)
    assert alice.replica.state.is_active(evil.replica.keys.dpk)
    remove(alice, evil)
    assert not alice.replica.state.is_active(evil.replica.keys.dpk)


def test_a_stolen_newer_device_loses_what_it_did_meanwhile(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    desk = add_device(cast, bob, "desk")
    meet(alice, bob, desk)
    evil = add_device(cast, desk, "evil")
    remove(bob, desk)
    give(evil, desk)
    meet(alice, bob, evil)
    assert not alice.replica.state.is_active(evil.replica.keys.dpk)


# --- what it could read ---


def test_the_list_is_of_what_that_device_could_read_until_it_changes(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    remove(alice, phone)
    set_on(alice, "AFTER", "a value of its own")
    found = device_exposure(alice.team, phone.replica.keys.dpk)
    assert {value.name for value in found.values} == {"API_URL", "TOKEN", "DB"}
    assert not found.is_member
    assert found.who == "phone of Alice <alice@example.com>"
    assert "AFTER" in {value.name for value in exposure(alice.team, alice.user).values}
    set_on(alice, "TOKEN", "changed at its source")
    left = device_exposure(alice.team, phone.replica.keys.dpk)
    assert {value.name for value in left.values} == {"API_URL", "DB"}


# --- which one ---


def test_devices_are_listed_oldest_first_with_who_added_them(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    tablet = add_device(cast, phone, "tablet")
    meet(alice, bob, phone, tablet)
    remove(alice, phone)
    mine = devices.list_devices(alice.team)
    assert [device.label for device in mine] == ["alices-laptop", "phone", "tablet"]
    assert [device.is_self for device in mine] == [True, False, False]
    assert [device.active for device in mine] == [True, False, True]
    assert mine[1].removed_by == mine[1].added_by == "Alice (alices-laptop)"
    assert mine[2].added_by == "Alice (phone)"
    assert all(device.added_ts for device in mine)
    everybody = devices.list_devices(bob.team, everybody=True)
    assert {device.owner for device in everybody} == {"Alice", "Bob"}


def test_a_device_is_meant_by_its_label_or_its_id(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    phone = add_device(cast, alice, "phone")
    meet(alice, bob, phone)
    assert devices.find(alice.team, "Phone", everybody=False).dpk == phone.replica.keys.dpk
    short = phone.replica.keys.dpk.hex()[:8]
    assert devices.find(alice.team, short, everybody=False).dpk == phone.replica.keys.dpk
    with pytest.raises(NotFound):
        devices.find(bob.team, "phone", everybody=False)
    assert devices.find(bob.team, "phone", everybody=True).dpk == phone.replica.keys.dpk
    second = add_device(cast, bob, "phone2")
    meet(alice, bob, second)
    with pytest.raises(NotFound):
        devices.find(alice.team, "pho", everybody=True)


def test_of_two_with_one_label_ours_is_meant_and_of_two_of_ours_none(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    mine = add_device(cast, alice, "phone")
    meet(alice, bob, carol, mine)
    add_device(cast, bob, "phone", name="bobs-phone")
    meet(alice, bob, carol)
    assert devices.find(alice.team, "phone", everybody=True).user == alice.user
    with pytest.raises(AmbiguousName, match=mine.replica.keys.dpk.hex()[:8]):
        devices.find(carol.team, "phone", everybody=True)
    add_device(cast, alice, "phone", name="second")
    with pytest.raises(AmbiguousName):
        devices.find(alice.team, "phone", everybody=False)


# --- scopes ---


def test_a_device_gets_and_loses_the_keys_of_every_scope_its_person_reads(cast: Cast) -> None:
    from envlsp.service.access.scope_members import create_scope, set_scope_role

    alice, bob, carol = cast.team("bob", "carol")
    scope = create_scope(alice.replica, Covers("shop", "shop", "prod"))
    set_scope_role(alice.replica, alice.team.releases, scope, bob.user, Role.DEVELOPER)
    meet(alice, bob, carol)
    tablet = add_device(cast, bob, "tablet")
    meet(alice, bob, carol, tablet)
    epoch = tablet.replica.state.current_epoch(scope)
    assert epoch is not None
    assert tablet.replica.ring.key_of(epoch) is not None
    assert remove(bob, tablet) == ()
    meet(alice, bob, carol)
    give(alice, tablet)
    newer = alice.replica.state.current_epoch(scope)
    assert newer is not None
    assert newer != epoch
    assert tablet.replica.ring.key_of(newer) is None
    assert carol.replica.ring.key_of(newer) is None
    assert bob.replica.ring.key_of(newer) is not None
