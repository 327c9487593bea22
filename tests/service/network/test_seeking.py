"""Whom a device seeks when it comes: a function of the ledger, the keys and what was attested."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from envlsp.crypto.rendezvous import RoomKey, room_key
from envlsp.crypto.signing import scope_id
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, ScopeId
from envlsp.domain.ledger.records import Role, ScopeSet
from envlsp.service.access import roles
from envlsp.service.access.rotation import open_epochs
from envlsp.service.network import seeking
from envlsp.service.network.rooms import places, standpoint
from envlsp.service.network.seeking import SOUGHT_MAX, Sought, attested_epochs, sought
from envlsp.service.network.telling import TOLD_MAX, _told, note_they_know, untold
from envlsp.store.peers import NEVER
from tests.support.cast import Actor, Cast, meet


def epoch(actor: Actor, scope: ScopeId = TEAM_SCOPE) -> EpochId:
    current = actor.replica.state.current_epoch(scope)
    assert current is not None
    return current


def room(actor: Actor, identity: EpochId) -> RoomKey:
    key = actor.replica.ring.key_of(identity)
    assert key is not None
    return room_key(key)


def rotate(actor: Actor, scope: ScopeId = TEAM_SCOPE) -> None:
    with actor.replica.writing():
        open_epochs(actor.replica, (scope,))


def at(actor: Actor, attested: Mapping[DevicePk, EpochId] | None = None) -> tuple[Sought, ...]:
    view = standpoint(actor.replica, own_room=None, is_courier=False)
    return sought(view, attested or {})


def private(admin: Actor, reader: Actor) -> ScopeId:
    replica = admin.replica
    with replica.writing():
        scope = scope_id(replica.team, replica.keys.dpk, replica.ledger.next_seq(replica.keys.dpk))
        replica.append(ScopeSet(scope, ((reader.user, Role.DEVELOPER),), ()))
        open_epochs(replica, (scope,))
    return scope


def test_a_teammate_with_the_old_key_is_sought_in_its_room(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    dpk, old = bob.replica.keys.dpk, epoch(alice)
    rotate(alice)
    assert at(alice, {dpk: old}) == (Sought(dpk, room(alice, old)),)


def test_a_teammate_who_has_the_new_key_is_not_sought(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    rotate(alice)
    assert at(alice, {bob.replica.keys.dpk: epoch(alice)}) == ()


def test_a_teammate_who_is_ahead_listens_where_we_announce(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    rotate(bob)
    assert at(alice, {bob.replica.keys.dpk: epoch(bob)}) == ()


def test_two_rotations_later_the_room_is_the_one_of_what_was_attested(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    dpk, old = bob.replica.keys.dpk, epoch(alice)
    rotate(alice)
    rotate(alice)
    assert at(alice, {dpk: old}) == (Sought(dpk, room(alice, old)),)


def test_one_that_never_said_anything_is_sought_in_the_room_before_ours(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    old = epoch(alice)
    rotate(alice)
    assert at(alice) == (Sought(bob.replica.keys.dpk, room(alice, old)),)


def test_the_removed_one_is_not_sought_and_seeks_nobody(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    roles.revoke(alice.replica, alice.team.releases, {carol.user})
    meet(alice, bob, carol)
    assert {one.dpk for one in at(alice)} == {bob.replica.keys.dpk}
    assert at(carol) == ()


def test_a_guest_is_sought_in_the_rooms_of_its_scope(cast: Cast) -> None:
    """Members announce themselves in the team's room only, where no guest is."""
    alice, bob = cast.team("bob")
    scope = private(alice, bob)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.NONE)
    rotate(alice)
    meet(alice, bob)
    carol = cast.join(alice, cast.actor("carol"), Role.NONE, (scope, Role.DEVELOPER))
    door = room(alice, epoch(alice, scope))
    for guest in (bob, carol):
        dpk = guest.replica.keys.dpk
        assert Sought(dpk, door) in at(alice, {dpk: epoch(alice)}), "that epoch is none of a guest's"


def test_a_guest_seeks_members_who_missed_a_rotation_of_its_scope(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    scope = private(alice, bob)
    carol = cast.join(alice, cast.actor("carol"), Role.NONE, (scope, Role.DEVELOPER))
    meet(alice, bob, carol)
    old = epoch(carol, scope)
    rotate(carol, scope)
    assert Sought(bob.replica.keys.dpk, room(carol, old)) in at(carol)
    announced = {
        p.key for p in places(standpoint(carol.replica, own_room=None, is_courier=False)) if p.announces
    }
    assert announced.isdisjoint(one.key for one in at(carol))


def test_so_many_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, *_ = cast.team("bob", "carol")
    rotate(alice)
    assert len(at(alice)) == 2 < SOUGHT_MAX
    monkeypatch.setattr(seeking, "SOUGHT_MAX", 1)
    assert len(at(alice)) == 1


def test_what_does_not_read_attests_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    alice.replica.store.peers.put_attestation(bob.replica.keys.dpk, 1, b"\x00")
    assert attested_epochs(alice.replica) == {}
    assert alice.replica.store.peers.get(bob.replica.keys.dpk) != NEVER


def test_a_removed_device_is_sought_until_it_was_told(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    old = epoch(alice)
    alice.replica.store.peers.saw(bob.replica.keys.dpk, 1)
    roles.revoke(alice.replica, alice.team.releases, {bob.user, carol.user})
    assert untold(alice.replica) == {bob.replica.keys.dpk}, "she never talked to Carol"
    view = standpoint(alice.replica, own_room=None, is_courier=False)
    assert sought(view, {}, untold(alice.replica)) == (Sought(bob.replica.keys.dpk, room(alice, old)),)
    note_they_know(alice.replica, bob.replica.keys.dpk)
    assert untold(alice.replica) == frozenset()
    assert sought(view, {}) == ()


def test_so_many_that_were_told_are_remembered(cast: Cast) -> None:
    (alice,) = cast.team()
    for number in range(2 * TOLD_MAX):
        note_they_know(alice.replica, DevicePk(number.to_bytes(32, "big")))
        note_they_know(alice.replica, DevicePk(bytes(32)))
    assert len(_told(alice.replica)) == TOLD_MAX
    assert DevicePk(bytes(32)) in _told(alice.replica)
