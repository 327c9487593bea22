"""Who may do what: three people, their grants, removals and keys."""

from __future__ import annotations

import pytest

from envlsp.crypto import envelope
from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE, EpochId
from envlsp.domain.ledger.records import Keys, Revoke, Role
from envlsp.domain.secret import SecretText
from envlsp.errors import CannotOpen, Misuse, NoAccess, NotFound, WaitingForKey
from envlsp.service import environments
from envlsp.service.access import roles, rotation
from envlsp.service.comparing import log, status
from envlsp.service.deriving import read_environment
from envlsp.service.pushing import rollback, set_value
from envlsp.wire.records import decode_record_untrusted
from tests.support.cast import FIRST_FILE, Actor, Cast, assert_in_step, give, meet


def values(actor: Actor) -> dict[str, bytes]:
    reading = read_environment(actor.team, actor.context.triple, "node")
    return {name: value.reveal() for name, value in reading.values.items()}


def current(actor: Actor) -> EpochId | None:
    return actor.replica.state.current_epoch(TEAM_SCOPE)


def head_epochs(actor: Actor) -> set[EpochId]:
    heads = actor.team.releases.of(actor.context.triple).history.heads()
    return {actor.replica.epoch_of(actor.replica.record(head)) for head in heads}


def revoke(admin: Actor, *gone: Actor) -> None:
    roles.revoke(admin.replica, admin.team.releases, [actor.user for actor in gone])


def rotate(actor: Actor) -> int:
    return rotation.rotate(actor.replica, actor.team.releases)


# --- granting and roles ---


def test_a_newcomer_reads_what_is_older_than_they_are(cast: Cast) -> None:
    (alice,) = cast.team()
    alice.push(FIRST_FILE + b"A=2\n")
    rotate(alice)
    bob = cast.join(alice, cast.actor("bob"), Role.VIEWER)
    assert bob.pull().release.label == "v2"
    found = bob.team.releases.of(bob.context.triple)
    assert found.snapshots[found.versions.find("v1")].entries.keys() == {"API_URL", "TOKEN", "DB"}
    assert [release.label for release in log(bob.team, bob.context)] == ["v2", "v1"]


def test_a_viewer_reads_and_writes_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    bob.pull()
    attempts = (
        lambda: bob.push(b"A=1\n"),
        lambda: set_value(bob.team, bob.context, "A", SecretText(b"1")),
        lambda: rollback(bob.team, bob.context, "v1"),
        lambda: rotate(bob),
        lambda: revoke(bob, alice),
        lambda: roles.set_role(bob.replica, bob.team.releases, bob.user, Role.ADMIN),
        lambda: environments.create_environment(bob.team, Triple("shop", "shop", "prod")),
    )
    for attempt in attempts:
        with pytest.raises(NoAccess):
            attempt()
    assert bob.replica.ledger.heads() == alice.replica.ledger.heads()


def test_a_developer_lets_nobody_in(cast: Cast) -> None:
    _, bob = cast.team("bob")
    with pytest.raises(NoAccess):
        cast.join(bob, cast.actor("carol"))


def test_a_role_is_changed_once(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    assert roles.set_role(alice.replica, alice.team.releases, bob.user, Role.DEVELOPER)
    assert not roles.set_role(alice.replica, alice.team.releases, bob.user, Role.DEVELOPER)
    give(alice, bob)
    assert bob.push(b"B=1\n", force=True).made


def test_the_only_admin_can_neither_leave_nor_step_down(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    with pytest.raises(Misuse, match="nobody would be left"):
        revoke(alice, alice)
    with pytest.raises(Misuse, match="nobody would be left"):
        roles.set_role(alice.replica, alice.team.releases, alice.user, Role.DEVELOPER)
    assert alice.push(FIRST_FILE + b"A=1\n").made


def test_somebody_who_is_not_a_member_has_no_role(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    gone = bob.user
    revoke(alice, bob)
    with pytest.raises(NotFound):
        roles.set_role(alice.replica, alice.team.releases, gone, Role.ADMIN)
    with pytest.raises(NotFound):
        roles.revoke(alice.replica, alice.team.releases, [gone])


def test_a_full_team_takes_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    request = roles.Request(bob.replica.keys.dpk, bob.replica.keys.xpk, bytes(64), bob.person)
    with pytest.raises(Misuse, match="2 members"):
        roles.grant(alice.replica, request, Role.VIEWER, members_max=2)


def test_a_key_that_nobody_proved_is_refused(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    heads = alice.replica.ledger.heads()
    request = roles.Request(bob.replica.keys.dpk, bob.replica.keys.xpk, bytes(64), bob.person)
    with pytest.raises(Exception):  # noqa: B017, PT011 (which error is the next layer's business)
        roles.grant(alice.replica, request, Role.VIEWER, members_max=10)
    assert alice.replica.ledger.heads() == heads


# --- removing ---


def test_who_was_removed_opens_nothing_new_with_every_key_they_hold(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    old_keys = bob.replica.ring.all_keys().values()
    revoke(alice, bob)
    alice.push(FIRST_FILE + b"NEW=secret\n")
    give(alice, bob)  # he sees all traffic
    keys = [*old_keys, *bob.replica.ring.all_keys().values()]
    assert keys
    sealed = [
        r for r in bob.replica.ledger.records() if r.body_size and r.header.author == alice.replica.keys.dpk
    ]
    revoked_at = next(r.header.height for r in sealed if isinstance(r.header.pub, Revoke))
    newer = [r for r in sealed if r.header.height >= revoked_at]
    assert len(newer) == 3  # the removal, the rekey, the push
    for record in newer:
        body = decode_record_untrusted(bob.replica.raw(record.id)).body
        for key in keys:
            with pytest.raises(CannotOpen):
                envelope.open_plain(body, key, envelope.place_of(record.header))
    give(alice, carol)
    assert values(carol)["NEW"] == b"secret"
    with pytest.raises(NoAccess, match="removed"):
        bob.push(b"B=1\n", force=True)


def test_who_was_removed_is_told_so_and_not_to_wait(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.pull()
    revoke(alice, bob)
    give(alice, bob)
    with pytest.raises(NoAccess, match="removed"):
        bob.pull()
    assert status(bob.team, bob.context).role == "guest"


def test_a_removal_encrypts_every_head_again_and_changes_no_value(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    before, layout = values(alice), alice.file.read_bytes()
    revoke(alice, bob)
    assert head_epochs(alice) == {current(alice)}
    assert values(alice) == before
    alice.file.unlink()
    alice.pull()
    assert alice.file.read_bytes() == layout
    assert not alice.push().made
    assert [release.label for release in log(alice.team, alice.context)] == ["v1"]


def test_the_head_is_the_release_people_know_not_the_one_that_encrypts_it_again(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.push(b"B=1\n", "of bob", force=True)
    give(bob, alice)
    rotate(alice)
    found = status(alice.team, alice.context).release
    assert found is not None
    assert (found.author, found.label, found.message, found.kind) == ("Bob", "v2", "of bob", "push")
    assert found == log(alice.team, alice.context)[0]


def test_a_removal_and_its_rekey_happen_together_or_not_at_all(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = cast.team("bob")
    told: list[object] = []
    alice.replica.on_change.append(told.append)

    def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(roles, "rekey_heads", crash)
        with pytest.raises(KeyboardInterrupt):
            revoke(alice, bob)
    assert not told
    assert len(alice.replica.state.members) == 2
    assert alice.replica.store.records.count() == len(alice.replica.ledger)
    revoke(alice, bob)
    assert len(alice.replica.state.members) == 1
    assert head_epochs(alice) == {current(alice)}


def test_a_removal_without_its_rekey_is_completed_by_who_comes_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    with monkeypatch.context() as patch:
        patch.setattr(roles, "rekey_heads", lambda *_: 0)
        revoke(alice, bob)
    give(alice, carol)
    assert current(carol) not in head_epochs(carol)
    before = values(carol)
    assert rotation.mend(carol.replica, carol.team.releases)
    assert head_epochs(carol) == {current(carol)}
    assert values(carol) == before
    assert not rotation.mend(carol.replica, carol.team.releases)
    meet(alice, carol)
    assert_in_step(alice, carol)


def test_a_push_mends_what_a_crash_left(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    other = Triple("shop", "shop", "prod")
    environments.create_environment(alice.team, other)
    prod = alice.service.open(alice.root, env="prod")
    (alice.root / ".env.prod").write_bytes(b"P=1\n")
    from envlsp.service.pushing import push

    push(prod.team, prod.context)
    monkeypatch.setattr(roles, "rekey_heads", lambda *_: 0)
    revoke(alice, bob)
    monkeypatch.undo()
    give(alice, carol)
    carol.pull()
    carol.push(FIRST_FILE + b"A=1\n")
    heads = carol.team.releases.of(other).history.heads()
    assert {carol.replica.epoch_of(carol.replica.record(head)) for head in heads} == {current(carol)}


def test_a_member_who_leaves_leaves_the_keys_to_be_changed_by_the_others(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    revoke(bob, bob)
    give(bob, alice)
    assert len(alice.replica.state.members) == 1
    assert current(alice) is None  # he has every key there is
    assert alice.push(FIRST_FILE + b"A=1\n").made
    assert head_epochs(alice) == {current(alice)}
    give(alice, bob)
    assert bob.replica.ring.key_of(head_epochs(alice).pop()) is None


def test_two_admins_remove_each_other_and_the_senior_stays(cast: Cast) -> None:
    alice, bob = cast.team("bob", role=Role.ADMIN)
    carol = cast.join(alice, cast.actor("carol"))
    meet(alice, bob, carol)
    revoke(alice, bob)
    revoke(bob, alice)
    meet(alice, bob, carol)
    assert_in_step(alice, bob, carol)
    assert set(carol.replica.state.members) == {alice.user, carol.user}
    rotation.mend(alice.replica, alice.team.releases)
    assert alice.push(FIRST_FILE + b"A=1\n").made
    give(alice, carol)
    assert values(carol)["A"] == b"1"


def test_a_release_made_while_its_author_was_removed_does_not_count(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    bob.push(b"B=1\n", force=True)
    revoke(alice, bob)
    give(bob, alice)
    newest = status(alice.team, alice.context).release
    assert newest is not None
    assert newest.label == "v1"
    voids = {release.message: release.void for release in log(alice.team, alice.context)}
    assert sorted(voids.values()) == [False, True]


def test_a_closed_release_of_somebody_removed_stops_nobody(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    # Bob, offline, opens an epoch for himself alone and writes under it; meanwhile he is removed.
    real = rotation.next_epoch
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            rotation, "next_epoch", lambda r, scope, **_: real(r, scope, without={alice.replica.keys.dpk})
        )
        rotate(bob)
    bob.push(b"B=1\n", force=True)
    revoke(alice, bob)
    give(bob, alice)
    assert alice.push(FIRST_FILE + b"A=1\n").made
    assert values(alice)["A"] == b"1"


# --- keys ---


def test_two_rotations_at_once_converge(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    assert rotate(alice) == rotate(bob) == 1
    meet(alice, bob, carol)
    assert_in_step(alice, bob, carol)
    assert values(alice) == values(bob) == values(carol)
    for actor in (alice, bob, carol):
        assert actor.replica.ring.key_of(current(actor) or EpochId(b"")) is not None
    made = carol.push(FIRST_FILE + b"C=1\n", force=True)
    assert made.release.label == "v2"
    meet(alice, bob, carol)
    assert values(alice)["C"] == b"1"
    assert head_epochs(alice) == {current(alice)}


def test_rotation_and_removal_at_once_leave_out_who_was_removed(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    rotate(carol)  # still sealed to Bob
    revoke(alice, bob)
    meet(alice, carol)
    assert_in_step(alice, carol)
    for actor in (alice, carol):
        rotation.mend(actor.replica, actor.team.releases)
    meet(alice, carol)
    give(alice, bob)
    epoch = current(alice)
    assert epoch is not None
    assert head_epochs(alice) == {epoch}
    assert bob.replica.ring.key_of(epoch) is None
    assert alice.replica.ring.key_of(epoch) is not None
    assert carol.replica.ring.key_of(epoch) is not None


def test_a_newcomer_whom_a_rotation_did_not_know_waits_for_a_key_and_gets_it(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    carol = cast.join(alice, cast.actor("carol"))
    rotate(bob)  # knows nothing of Carol
    bob.push(FIRST_FILE + b"B=1\n", force=True)
    meet(alice, bob, carol)
    carol.file.write_bytes(b"C=1\n")
    waits = (
        carol.pull,
        lambda: carol.push(force=True),
        lambda: read_environment(carol.team, carol.context.triple, "node"),
        lambda: set_value(carol.team, carol.context, "A", SecretText(b"1")),
        lambda: rollback(carol.team, carol.context, "v1"),
    )
    for wait in waits:
        with pytest.raises(WaitingForKey) as waiting:
            wait()
        assert waiting.value.exit_code == 7
    assert rotation.mend(alice.replica, alice.team.releases)
    assert isinstance(alice.replica.ledger.records()[-1].header.pub, Keys)
    assert not rotation.mend(alice.replica, alice.team.releases)
    meet(alice, bob, carol)
    assert not rotation.mend(bob.replica, bob.team.releases)
    assert values(carol)["B"] == b"1"


def test_nobody_writes_under_a_key_they_have_not(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    carol = cast.join(alice, cast.actor("carol"), Role.ADMIN)
    rotate(bob)
    meet(alice, bob, carol)
    roles.set_role(carol.replica, carol.team.releases, bob.user, Role.VIEWER)  # needs no key
    assert not carol.replica.ledger.records()[-1].body_size
    with pytest.raises(WaitingForKey):
        environments.create_environment(carol.team, Triple("shop", "shop", "prod"))
    assert not rotation.mend(carol.replica, carol.team.releases)


def test_a_viewer_mends_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob", role=Role.VIEWER)
    carol = cast.join(alice, cast.actor("carol"))
    with monkeypatch.context() as patch:
        patch.setattr(roles, "rekey_heads", lambda *_: 0)
        revoke(alice, carol)
    give(alice, bob)
    assert not rotation.mend(bob.replica, bob.team.releases)
