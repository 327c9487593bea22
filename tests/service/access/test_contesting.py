"""A removed member answers: senior, and is back; junior, and is told why that would change nothing."""

from __future__ import annotations

import pytest

from envlsp.crypto.device import device_keys, new_seeds, prove
from envlsp.crypto.signing import PopPurpose
from envlsp.domain.ids import TEAM_SCOPE
from envlsp.domain.ledger.records import DeviceAdd, DeviceRevoke, Role
from envlsp.errors import NoAccess, NotFound
from envlsp.service.access import roles
from envlsp.service.access.contesting import answer, check, plan
from envlsp.service.access.removal import is_removed, note_told
from envlsp.store.keyfile import DeviceSeeds
from envlsp.wire.bodies import PersonBody
from envlsp.wire.messages import CloseCode
from tests.support.cast import FIRST_FILE, Actor, Cast, assert_in_step, give, meet
from tests.support.memory_links import sync


def revoke(admin: Actor, *gone: Actor) -> None:
    roles.revoke(admin.replica, admin.team.releases, [actor.user for actor in gone])


def contest(actor: Actor, who: str = "") -> None:
    planned = plan(actor.team, who)
    check(actor.team, planned)
    answer(actor.team, planned)


@pytest.fixture
def removed(cast: Cast) -> tuple[Actor, Actor, Actor]:
    """Bob, a junior admin, has removed Alice, the founder; all three know it."""
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    revoke(bob, alice)
    bob.pull()
    bob.push(FIRST_FILE + b"SINCE=1\n")
    meet(alice, bob, carol)
    assert is_removed(alice.replica)
    return alice, bob, carol


def test_a_senior_comes_back_and_the_junior_is_out(removed: tuple[Actor, Actor, Actor]) -> None:
    alice, bob, carol = removed
    contest(alice)
    assert not is_removed(alice.replica)
    meet(alice, bob, carol)
    assert_in_step(alice, bob, carol)
    assert set(carol.replica.state.members) == {alice.user, carol.user}
    assert is_removed(bob.replica)


def test_it_is_written_as_if_the_removal_had_not_been_seen(removed: tuple[Actor, Actor, Actor]) -> None:
    alice, _, _ = removed
    planned = plan(alice.team)
    record = answer(alice.team, planned)
    (removal,) = planned.removals
    ledger = alice.replica.ledger
    assert not ledger.is_ancestor(removal, record)
    assert not ledger.is_ancestor(record, removal)
    assert ledger.voided_by(removal) == (record,)
    assert [name for _, name in planned.names] == ["Bob <bob@example.com>"]


def test_who_saw_the_removal_gives_no_key_before_a_person_says_so(
    removed: tuple[Actor, Actor, Actor],
) -> None:
    alice, _, carol = removed
    contest(alice)
    give(alice, carol)
    assert {one.device for one in carol.replica.suspects} == {alice.replica.keys.dpk}
    assert not alice.replica.suspects


def test_its_new_key_is_not_for_whom_it_removes(removed: tuple[Actor, Actor, Actor]) -> None:
    alice, bob, carol = removed
    contest(alice)
    epoch = alice.replica.state.current_epoch(TEAM_SCOPE)
    assert epoch is not None
    recipients = alice.replica.state.epochs[epoch].recipients
    assert {alice.replica.keys.dpk, carol.replica.keys.dpk} <= recipients
    assert bob.replica.keys.dpk not in recipients
    alice.push(FIRST_FILE + b"BACK=1\n", force=True)
    meet(alice, carol)
    assert carol.pull().written


def test_a_junior_is_told_why_and_nothing_is_written(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob)
    revoke(alice, bob)
    meet(alice, bob)
    before = len(bob.raws())
    for act in (check, answer):
        with pytest.raises(NoAccess, match="would change nothing") as refused:
            act(bob.team, plan(bob.team))
        assert "admin for longer" in str(refused.value)
    assert len(bob.raws()) == before
    bob.restart()
    assert len(bob.raws()) == before
    assert is_removed(bob.replica)


def test_a_trial_leaves_no_trace(removed: tuple[Actor, Actor, Actor]) -> None:
    alice, _, _ = removed
    before = alice.raws()
    check(alice.team, plan(alice.team))
    assert alice.raws() == before
    assert is_removed(alice.replica)


def test_a_developer_cannot_answer_an_admin(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    revoke(alice, bob)
    meet(alice, bob)
    with pytest.raises(NoAccess, match="only an admin"):
        contest(bob)


def test_of_several_removals_all_are_answered_or_it_changes_nothing(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    for one in (bob, carol):
        roles.set_role(alice.replica, alice.team.releases, one.user, Role.ADMIN)
    meet(alice, bob, carol)
    revoke(bob, alice)
    revoke(carol, alice)
    meet(alice, bob, carol)
    with pytest.raises(NoAccess, match="somebody else has removed this device too"):
        contest(alice, "bob")
    contest(alice)
    meet(alice, bob, carol)
    assert_in_step(alice, bob, carol)
    assert set(alice.replica.state.members) == {alice.user}


def test_an_older_device_answers_a_newer_one_of_the_same_person(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    seeds = DeviceSeeds(*new_seeds())
    newer = device_keys(seeds.sign, seeds.box)
    replica = bob.replica
    pop = prove(newer, replica.team, PopPurpose.DEVICE_ADD, bob.user)
    with replica.writing():
        replica.append(
            DeviceAdd(newer.dpk, newer.xpk, pop, ()), PersonBody(replica.now(), "Bob", "stolen", "")
        )
    meet(alice, bob)
    thief = cast.actor("thief")
    thief.service.vault.open_or_create().add_team(replica.team, seeds)
    (thief.root / "ev.yaml").write_bytes((bob.root / "ev.yaml").read_bytes())
    give(bob, thief)
    with thief.replica.writing():
        thief.replica.append(DeviceRevoke((bob.replica.keys.dpk,), ()))
    meet(alice, bob, thief)
    assert is_removed(bob.replica)
    planned = plan(bob.team)
    assert (planned.users, planned.devices) == ((), (newer.dpk,))
    contest(bob)
    meet(alice, bob, thief)
    assert not is_removed(bob.replica)
    assert is_removed(thief.replica)


def test_what_was_never_removed_has_nothing_to_answer(removed: tuple[Actor, Actor, Actor]) -> None:
    alice, _, carol = removed
    with pytest.raises(NotFound, match="nobody has removed this device"):
        plan(carol.team)
    with pytest.raises(NotFound, match="no removal of this device by 'carol'"):
        plan(alice.team, "carol")
    note_told(carol.replica)
    with pytest.raises(NotFound, match="has not come here"):
        plan(carol.team)


# --- over a session ---


@pytest.mark.slow
def test_case_56_a_teammate_learns_of_the_answer_by_introductions(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol)
    revoke(bob, alice)
    give(bob, carol)
    assert CloseCode.REVOKED in sync(alice, carol)
    assert alice.replica.state.user_of(alice.replica.keys.dpk) not in alice.replica.state.members
    contest(alice)
    assert sync(alice, carol) == (CloseCode.ORDERLY, CloseCode.ORDERLY)
    assert_in_step(alice, carol)
    assert alice.user in carol.replica.state.members
    assert {one.device for one in carol.replica.suspects} == {alice.replica.keys.dpk}
    assert CloseCode.REVOKED in sync(carol, bob)
    assert is_removed(bob.replica)


@pytest.mark.slow
def test_case_56_the_remover_himself_is_convinced(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob)
    revoke(bob, alice)
    assert CloseCode.REVOKED in sync(bob, alice)
    contest(alice)
    assert CloseCode.REVOKED in sync(alice, bob)
    assert is_removed(bob.replica)
    assert not is_removed(alice.replica)


def test_an_answer_gives_no_key_to_who_was_removed_after_us(cast: Cast) -> None:
    """Bob removes Alice, then Dave, who sold the keys. Her answer undoes both; she has seen Dave removed."""
    alice, bob, carol, dave = cast.team("bob", "carol", "dave")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob, carol, dave)
    gone = dave.replica.keys.dpk
    roles.revoke(bob.replica, bob.team.releases, [alice.user])
    roles.revoke(bob.replica, bob.team.releases, [dave.user])
    give(bob, alice)
    assert not alice.replica.state.is_active(gone)

    contest(alice)
    state = alice.replica.state
    current = state.current_epoch(TEAM_SCOPE)
    assert current is not None
    assert state.is_active(gone), "his removal counts no more, until somebody removes him again"
    assert gone not in state.epochs[current].recipients
    assert carol.replica.keys.dpk in state.epochs[current].recipients
    assert {one.device for one in alice.replica.suspects} == {gone}
