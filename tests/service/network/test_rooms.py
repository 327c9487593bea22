"""Where devices of a team look for each other: a pure function of the ledger, the keys and the day."""

from __future__ import annotations

from dataclasses import replace

from envlsp.crypto.epochs import new_key
from envlsp.crypto.introductions import link_key, new_seed
from envlsp.crypto.rendezvous import DAY_S, RoomKey, invite_room_id, room_id, room_key
from envlsp.crypto.signing import scope_id
from envlsp.domain.ids import TEAM_SCOPE, DevicePk, EpochId, ScopeId
from envlsp.domain.ledger.records import Invite, InviteCancel, Role, ScopeSet
from envlsp.service.access import roles
from envlsp.service.access.rotation import open_epochs
from envlsp.service.network.rooms import (
    LINKS_MAX,
    OLDER_EPOCHS_MAX,
    ROOMS_MAX,
    Kind,
    Place,
    Standpoint,
    places,
    recovery_rooms,
    rooms,
    standpoint,
)
from tests.support.cast import Actor, Cast, meet

NOON = 20_000 * DAY_S + DAY_S // 2
MIDNIGHT = 20_001 * DAY_S


def view(actor: Actor, *, is_courier: bool = False) -> Standpoint:
    return standpoint(actor.replica, own_room=None, is_courier=is_courier)


def found(actor: Actor, *, is_courier: bool = False) -> dict[tuple[Kind, bytes], bool]:
    return {(p.kind, p.key): p.announces for p in places(view(actor, is_courier=is_courier))}


def of_kind(actor: Actor, kind: Kind) -> list[Place]:
    return [place for place in places(view(actor, is_courier=True)) if place.kind is kind]


def key_of(actor: Actor, scope: ScopeId = TEAM_SCOPE) -> RoomKey:
    current = actor.replica.state.current_epoch(scope)
    assert current is not None
    key = actor.replica.ring.key_of(current)
    assert key is not None
    return room_key(key)


def rotate(actor: Actor) -> None:
    with actor.replica.writing():
        open_epochs(actor.replica, (TEAM_SCOPE,))


def private_scope(admin: Actor, *readers: Actor) -> ScopeId:
    """Make a scope with its first epoch and these readers, as raw records."""
    replica = admin.replica
    with replica.writing():
        scope = scope_id(replica.team, replica.keys.dpk, replica.ledger.next_seq(replica.keys.dpk))
        lines = tuple(sorted((reader.user, Role.DEVELOPER) for reader in readers))
        replica.append(ScopeSet(scope, lines, ()))
        open_epochs(replica, (scope,))
    return scope


def invite(admin: Actor, uses: int = 1) -> RoomKey:
    inv_pk = link_key(new_seed()).public
    with admin.replica.writing():
        admin.replica.append(Invite(inv_pk, Role.DEVELOPER, uses))
    return RoomKey(inv_pk)


# --- the team's rooms --------------------------------------------------------------------------


def test_a_member_announces_in_the_newest_room_and_listens_in_older_ones(cast: Cast) -> None:
    (alice,) = cast.team()
    before = key_of(alice)
    rotate(alice)
    mine = found(alice)
    assert mine[Kind.TEAM, key_of(alice)] is True
    assert mine[Kind.TEAM, before] is False
    assert sum(mine.values()) == 1


def test_who_missed_a_rotation_announces_where_the_others_listen(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    away = found(bob)
    rotate(alice)
    (announced,) = [key for key, announces in away.items() if announces]
    assert announced in found(alice)


def test_there_is_an_end_to_old_rooms(cast: Cast) -> None:
    (alice,) = cast.team()
    state = alice.replica.state
    (epoch,) = state.epochs.values()
    many = {
        EpochId(n.to_bytes(32, "big")): replace(epoch, id=EpochId(n.to_bytes(32, "big")), n=n)
        for n in range(1, 200)
    }
    keys = {i: new_key() for i in many}
    crowded = Standpoint(replace(state, epochs=many), alice.replica.keys.dpk, keys.get)
    assert len(places(crowded)) == 1 + OLDER_EPOCHS_MAX


# --- scopes and guests -------------------------------------------------------------------------


def test_a_guest_announces_in_its_scope_and_the_team_listens_there(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    scope = private_scope(alice, bob)
    meet(alice, bob, carol)
    assert (Kind.SCOPE, key_of(alice, scope)) not in found(alice), "no guest: the team's room is enough"

    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.NONE)
    rotate(alice)
    meet(alice, bob, carol)
    assert found(bob)[Kind.SCOPE, key_of(bob, scope)] is True
    assert found(alice)[Kind.SCOPE, key_of(alice, scope)] is False
    assert not of_kind(carol, Kind.SCOPE), "who does not read the scope cannot know its rooms"


def test_who_holds_the_teams_key_announces_in_the_teams_room_alone(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    private_scope(alice, bob, carol)
    meet(alice, bob, carol)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.NONE)
    rotate(alice)
    meet(alice, bob, carol)
    assert [kind for (kind, _), announces in found(carol).items() if announces] == [Kind.TEAM]
    assert of_kind(carol, Kind.SCOPE), "she listens for the guest"


# --- the recovery room -------------------------------------------------------------------------


def test_members_listen_in_the_recovery_room(cast: Cast) -> None:
    (alice,) = cast.team()
    (place,) = of_kind(alice, Kind.RECOVERY)
    assert not place.announces
    assert [place.key] == list(recovery_rooms(alice.replica))


def test_who_was_removed_announces_in_the_recovery_room(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    roles.revoke(alice.replica, alice.team.releases, {bob.user})
    assert not of_kind(bob, Kind.RECOVERY)[0].announces
    meet(alice, bob)
    assert of_kind(bob, Kind.RECOVERY)[0].announces
    assert not of_kind(alice, Kind.RECOVERY)[0].announces


def test_the_root_key_is_found_in_the_recovery_room_and_nowhere_else(cast: Cast) -> None:
    (alice,) = cast.team()
    (key,) = recovery_rooms(alice.replica)
    empty = Standpoint(None, DevicePk(bytes(32)), lambda _: None, (key,))
    assert places(empty) == (Place(Kind.RECOVERY, key, announces=True),)
    root = alice.replica.state.root.root_sign
    full = Standpoint(alice.replica.state, root, alice.replica.ring.key_of, (key,), is_courier=True)
    assert places(full) == places(empty)


# --- links -------------------------------------------------------------------------------------


def test_couriers_are_in_the_rooms_of_links_and_dead_ones_come_last(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    used, live = invite(alice), invite(alice)
    (record,) = [i.id for i in alice.replica.state.invites.values() if RoomKey(i.inv_pk) == used]
    with alice.replica.writing():
        alice.replica.append(InviteCancel(record))
    meet(alice, bob)
    for courier in (alice, bob):
        assert [place.key for place in of_kind(courier, Kind.LINK)] == [live, used]
    assert not [kind for kind, _ in found(bob) if kind is Kind.LINK], "this process answers nobody"


def test_a_viewer_admits_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    invite(alice)
    meet(alice, bob)
    assert of_kind(alice, Kind.LINK)
    assert not of_kind(bob, Kind.LINK)


def test_of_many_links_the_newest_are_listened_for(cast: Cast) -> None:
    (alice,) = cast.team()
    links = [invite(alice) for _ in range(LINKS_MAX + 1)]
    assert [place.key for place in of_kind(alice, Kind.LINK)] == links[1:]


# --- days --------------------------------------------------------------------------------------


def test_a_place_has_another_room_each_day(cast: Cast) -> None:
    key, link = room_key(b"k" * 32), RoomKey(link_key(new_seed()).public)
    spots = (Place(Kind.TEAM, key, announces=True), Place(Kind.LINK, link))
    today = {room.id: room.announces for room in rooms(spots, NOON)}
    assert today == {room_id(key, 20_000): True, invite_room_id(DevicePk(link), 20_000): False}
    assert today.keys().isdisjoint(room.id for room in rooms(spots, NOON + DAY_S))


def test_around_midnight_both_days_are_listened_in_and_one_is_announced_in(cast: Cast) -> None:
    key = room_key(b"k" * 32)
    late = rooms((Place(Kind.TEAM, key, announces=True),), MIDNIGHT - 60)
    early = rooms((Place(Kind.TEAM, key, announces=True),), MIDNIGHT + 60)
    assert {room.id for room in late} == {room.id for room in early}
    assert [(room.id, room.announces) for room in late] == [
        (room_id(key, 20_000), True),
        (room_id(key, 20_001), False),
    ]
    assert [room.announces for room in early if room.id == room_id(key, 20_001)] == [True]


def test_beyond_what_a_server_allows_the_least_useful_are_left_out(cast: Cast) -> None:
    spots = [Place(Kind.TEAM, RoomKey(bytes([n]) * 32)) for n in range(200)]
    spots.append(Place(Kind.SCOPE, RoomKey(b"\xff" * 32), announces=True))
    inside = rooms(spots, MIDNIGHT - 60)
    assert len(inside) == ROOMS_MAX
    assert inside[0].place.kind is Kind.SCOPE, "where it announces itself, it has to be"
    assert sum(room.id in {room_id(s.key, 20_000) for s in spots} for room in inside) == 201
