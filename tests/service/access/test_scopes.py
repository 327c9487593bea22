"""Restricted environments and private projects: who reads them, who writes them, who knows their names.

Alice is the team's admin, Bob a developer, Carol another one or a guest, Dave is outside.
"""

from __future__ import annotations

import pytest

from envlsp.domain.environment import Triple
from envlsp.domain.ids import TEAM_SCOPE, EpochId, ScopeId
from envlsp.domain.ledger.records import EnvNote, Keys, Release, Role, Rotate, ScopeSet, carried_epochs
from envlsp.domain.release import ReleaseContent, ReleaseKind, Snapshot
from envlsp.domain.secret import SecretName, SecretText
from envlsp.errors import Misuse, NoAccess, NotFound, RecordRefused, WaitingForKey
from envlsp.service.access import roles, rotation, scope_members
from envlsp.service.access.scope_members import set_scope_role
from envlsp.service.access.scopes import Covers
from envlsp.service.cloning import clone_environment, is_wider
from envlsp.service.comparing import status
from envlsp.service.environments import create_environment, create_project, list_environments
from envlsp.service.pulling import pull
from envlsp.service.pushing import push, rollback
from envlsp.service.resolving import resolve
from tests.support.cast import FIRST_FILE, Actor, Cast, assert_in_step, give, meet
from tests.support.scoped import (
    PROD,
    all_that_opens,
    at,
    give_value,
    guest,
    let_in,
    opened_by,
    release_ids,
    restrict,
    revoke,
    take_out,
    values,
)

pytestmark = pytest.mark.slow  # three people and their stores, many times over


def current(actor: Actor, scope: ScopeId) -> EpochId | None:
    return actor.replica.state.current_epoch(scope)


def is_exposed(actor: Actor, epoch: EpochId | None) -> bool:
    assert epoch is not None
    return epoch in actor.replica.state.exposed


# --- reading and writing ---


def test_who_is_not_in_a_scope_opens_nothing_of_it_with_any_key(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    let_in(alice, prod, carol)
    give_value(alice, "DB_PASSWORD", "pr0d-value")
    meet(alice, bob, carol)
    give_value(carol, "CAROLS_TOKEN", "t0ken")
    meet(alice, bob, carol)
    assert values(carol) == values(alice) == {"DB_PASSWORD": b"pr0d-value", "CAROLS_TOKEN": b"t0ken"}
    of_prod = [
        record
        for record in bob.replica.ledger.records()
        if getattr(record.header.pub, "scope", None) == prod and record.body_size
    ]
    assert len(of_prod) == 5  # made, noted, Carol let in, two releases
    assert [record for record in of_prod if opened_by(bob, record) is not None] == []
    assert all(opened_by(carol, record) for record in of_prod)
    seen = all_that_opens(bob)
    for word in (b"prod", b"DB_PASSWORD", b"pr0d-value", b"CAROLS_TOKEN", b"t0ken"):
        assert word not in seen
    assert b"dev" in seen  # he reads what is the team's


def test_who_is_not_in_a_scope_pushes_nothing_into_it(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    meet(alice, bob)
    with bob.replica.writing(), pytest.raises(RecordRefused):  # what every peer says, without asking us first
        bob.replica.append(Release(prod))
    with pytest.raises(NotFound, match="may be restricted"):
        values(bob)
    with pytest.raises(Misuse, match="may be a restricted environment"):
        give_value(bob, "A", "2")
    assert values(alice) == {"A": b"1"}


def test_a_viewer_of_a_scope_reads_it_and_writes_nothing(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    give_value(alice, "A", "2")
    let_in(alice, prod, bob, Role.VIEWER)
    meet(alice, bob)
    assert values(bob) == {"A": b"2"}
    attempts = (
        lambda: give_value(bob, "A", "3"),
        lambda: rollback(bob.team, at(bob, "prod"), "v1"),
        lambda: rotation.rotate(bob.replica, bob.team.releases, (prod,)),
        lambda: let_in(bob, prod, bob, Role.DEVELOPER),
    )
    for attempt in attempts:
        with pytest.raises(NoAccess, match="shop/shop/prod"):
            attempt()
    assert bob.push(FIRST_FILE + b"MORE=1\n", force=True).made  # the team's own, as ever


def test_a_developer_without_the_scope_works_on_in_the_team(cast: Cast) -> None:
    """Releases that somebody will never be able to read are no reason to wait (A8)."""
    alice, bob = cast.team("bob")
    restrict(alice)
    give_value(alice, "A", "1")
    meet(alice, bob)
    assert bob.team.releases.waits(at(bob, "dev").triple) is False
    assert bob.push(FIRST_FILE + b"BOBS=1\n", force=True).made
    assert bob.pull().release.label == "v2"
    assert rotation.rotate(bob.replica, bob.team.releases) == 1
    assert b"BOBS" in all_that_opens(bob)


def test_history_is_read_by_who_is_let_in_later(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    rotation.rotate(alice.replica, alice.team.releases, (prod,))
    give_value(alice, "A", "2")
    let_in(alice, prod, bob)
    meet(alice, bob)
    found = bob.team.releases.of(PROD)
    assert [
        found.snapshots[found.versions.find(v)].entries[SecretName("A")].reveal() for v in ("v1", "v2")
    ] == [
        b"1",
        b"2",
    ]
    assert rollback(bob.team, at(bob, "prod"), "v1").made
    assert values(bob) == {"A": b"1"}


def test_conflicts_in_a_scope_are_its_own(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    let_in(alice, prod, bob)
    give_value(alice, "A", "0")
    meet(alice, bob, carol)
    give_value(alice, "A", "1")
    give_value(bob, "A", "2")
    meet(alice, bob, carol)
    sides = alice.team.releases.of(PROD).view().conflicts[SecretName("A")]
    assert len(sides) == 2
    assert not carol.team.releases.of(at(carol, "dev").triple).view().conflicts
    mine = next(s for s in sides if s.value == SecretText(b"2"))
    label = alice.team.releases.of(PROD).versions.label(mine.release)
    resolve(alice.team, at(alice, "prod"), {"A": label})
    meet(alice, bob)
    assert values(bob) == {"A": b"2"}


def test_a_file_of_a_restricted_environment_is_pushed_and_pulled(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    let_in(alice, prod, bob)
    context = at(alice, "prod")
    context.file.write_bytes(b"# careful\nA=1\n")
    push(alice.team, context, "first")
    meet(alice, bob)
    pull(bob.team, at(bob, "prod"))
    assert at(bob, "prod").file.read_bytes() == b"# careful\nA=1\n"
    told = status(bob.team, at(bob, "prod"))
    assert (told.scope, told.role, told.shadowed) == ("shop/shop/prod", "developer", 0)


# --- letting in, taking out ---


def test_letting_in_delivers_the_keys_at_once(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    before = current(alice, prod)
    let_in(alice, prod, bob)
    assert isinstance(alice.replica.ledger.records()[-1].header.pub, Keys)
    assert current(alice, prod) == before  # nothing was taken from anybody
    assert not set_scope_role(alice.replica, alice.team.releases, prod, bob.user, Role.DEVELOPER)


def test_who_is_taken_out_opens_nothing_new_and_keeps_what_is_the_teams(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    for who in (bob, carol):
        let_in(alice, prod, who)
    give_value(alice, "A", "0ld")
    meet(alice, bob, carol)
    team_key, old = current(alice, TEAM_SCOPE), current(alice, prod)
    take_out(alice, prod, bob)
    made = [r for r in alice.replica.ledger.records() if isinstance(r.header.pub, ScopeSet)][-1]
    assert len(carried_epochs(made.header.pub)) == 1  # the removal brings the next key itself
    give_value(alice, "A", "n3w")
    meet(alice, bob, carol)
    assert_in_step(alice, bob, carol)
    assert values(carol) == {"A": b"n3w"}
    assert is_exposed(alice, old)
    assert current(alice, TEAM_SCOPE) == team_key
    seen = all_that_opens(bob)
    assert b"n3w" not in seen
    newer = [r for r in bob.replica.ledger.records() if r.header.height >= made.header.height and r.body_size]
    assert len(newer) == 3  # the removal, what is newest sealed again, the new value
    assert [record for record in newer if opened_by(bob, record) is not None] == []
    with pytest.raises(NoAccess, match="not among those who read shop/shop/prod"):
        values(bob)
    with pytest.raises(NoAccess):
        pull(bob.team, at(bob, "prod"))
    with pytest.raises(NoAccess):
        give_value(bob, "A", "3")
    assert bob.push(FIRST_FILE + b"BOBS=1\n", force=True).made


def test_an_admin_of_a_scope_lets_in_and_takes_out_and_makes_no_admins(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    let_in(alice, prod, bob, Role.ADMIN)
    meet(alice, bob, carol)
    let_in(bob, prod, carol, Role.VIEWER)
    with pytest.raises(NoAccess, match="needs admin"):
        let_in(bob, prod, carol, Role.ADMIN)
    with pytest.raises(NoAccess):
        restrict(bob, "staging")
    give_value(bob, "A", "1")
    meet(alice, bob, carol)
    assert values(carol) == values(alice) == {"A": b"1"}
    take_out(bob, prod, carol)
    meet(alice, bob, carol)
    with pytest.raises(NoAccess):
        values(carol)


def test_removing_a_member_takes_every_scope_in_one_record(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod, secret = restrict(alice), restrict(alice, "secret")
    let_in(alice, prod, bob)
    let_in(alice, prod, carol)
    for env in ("prod", "secret"):
        give_value(alice, "A", "1", env)
    meet(alice, bob, carol)
    untouched = current(alice, secret)
    revoke(alice, bob)
    removal = alice.replica.record(alice.replica.state.kills[0])
    assert {epoch.scope for epoch in carried_epochs(removal.header.pub)} == {TEAM_SCOPE, prod}
    assert current(alice, secret) == untouched
    give_value(alice, "A", "n3w")
    meet(alice, bob, carol)
    assert values(carol) == {"A": b"n3w"}
    assert b"n3w" not in all_that_opens(bob)
    heads = alice.team.releases.of(PROD).history.heads()
    assert {alice.replica.epoch_of(alice.replica.record(head)) for head in heads} == {current(alice, prod)}


def test_a_demoted_admin_loses_every_scope_but_those_that_list_them(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    dora = cast.join(alice, cast.actor("dora"), Role.ADMIN)
    scopes = {env: restrict(alice, env) for env in ("prod", "staging", "secret")}
    for env in scopes:
        give_value(alice, "A", "1", env)
    let_in(alice, scopes["staging"], dora, Role.VIEWER)
    meet(alice, dora)
    assert values(dora, "secret") == {"A": b"1"}  # the team's admins read every scope
    before = {env: current(alice, scope) for env, scope in scopes.items()}
    roles.set_role(alice.replica, alice.team.releases, dora.user, Role.DEVELOPER)
    after = {env: current(alice, scope) for env, scope in scopes.items()}
    assert [env for env in scopes if before[env] != after[env]] == ["prod", "secret"]
    for env in scopes:
        give_value(alice, "A", f"n3w-{env}", env)
    meet(alice, dora)
    seen = all_that_opens(dora)
    assert [env for env in scopes if f"n3w-{env}".encode() in seen] == ["staging"]
    assert values(dora, "staging") == {"A": b"n3w-staging"}


def test_a_new_admin_reads_every_scope_at_once(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    restrict(alice)
    give_value(alice, "A", "1")
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.ADMIN)
    meet(alice, bob)
    assert values(bob) == {"A": b"1"}


def test_a_rotation_that_broke_off_is_finished_by_a_reader_of_the_scope(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    for who in (bob, carol):
        let_in(alice, prod, who)
    give_value(alice, "A", "1")
    meet(alice, bob, carol)
    with monkeypatch.context() as patch:
        patch.setattr(scope_members, "rekey_heads", lambda *_: 0)
        take_out(alice, prod, bob)
    meet(alice, bob, carol)
    assert not rotation.mend(bob.replica, bob.team.releases)  # he can do nothing about it, and does not try
    assert rotation.mend(carol.replica, carol.team.releases)
    meet(alice, carol)
    assert values(alice) == {"A": b"1"}
    heads = alice.team.releases.of(PROD).history.heads()
    assert {alice.replica.epoch_of(alice.replica.record(head)) for head in heads} == {current(alice, prod)}


def test_many_scopes_take_as_many_records_as_they_need(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = cast.team("bob")
    envs = [f"e{n}" for n in range(4)]
    scopes = [restrict(alice, env) for env in envs]
    for scope in scopes:
        let_in(alice, scope, bob)
    meet(alice, bob)
    monkeypatch.setattr(rotation, "EPOCHS_MAX_BYTES", 1000)
    revoke(alice, bob)
    records = alice.replica.ledger.records()
    assert sum(isinstance(record.header.pub, Rotate) for record in records) >= 1
    assert not any(is_exposed(alice, current(alice, scope)) for scope in (TEAM_SCOPE, *scopes))
    give(alice, bob)
    for scope in scopes:
        epoch = current(bob, scope)
        assert epoch is not None
        assert bob.replica.ring.key_of(epoch) is None


# --- what a name means ---


def test_two_admins_restrict_the_same_environment_at_once(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    dora = cast.join(alice, cast.actor("dora"), Role.ADMIN)
    carol = cast.join(alice, cast.actor("carol"))
    meet(alice, dora, carol)
    mine, hers = restrict(alice), restrict(dora)
    assert mine != hers
    give_value(alice, "A", "alice")
    give_value(dora, "A", "dora")
    let_in(dora, hers, carol)
    meet(alice, dora, carol)
    meant = alice.team.releases.scope_of(PROD)
    assert meant == dora.team.releases.scope_of(PROD) == min((mine, hers), key=lambda s: order(alice, s))
    winner = {"A": b"alice"} if meant == mine else {"A": b"dora"}
    assert values(alice) == values(dora) == winner
    (lost,) = alice.team.releases.shadowed(PROD)
    assert lost.environment.scope == ({mine, hers} - {meant}).pop()
    assert status(alice.team, at(alice, "prod")).shadowed == 1
    overruled = [s.id for s in alice.team.releases.scopes.all() if alice.team.releases.scopes.is_overruled(s)]
    assert overruled == [lost.environment.scope]
    # Carol, let into Dora's, knows only that one until she is let into the other.
    let_in(alice, meant, carol)
    meet(alice, dora, carol)
    assert values(carol) == winner


def order(actor: Actor, scope: ScopeId) -> tuple[int, bytes]:
    found = actor.team.releases.scopes.get(scope)
    assert found is not None
    return found.order


def test_a_push_of_who_cannot_know_is_shadowed_and_told(cast: Cast) -> None:
    """Case 51: the same triple pushed in the team's scope."""
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    meet(alice, bob)
    create_environment(bob.team, PROD)  # as far as he can know
    give_value(bob, "A", "bobs")
    meet(alice, bob)
    assert values(bob) == {"A": b"bobs"}
    assert values(alice) == {"A": b"1"}
    told = status(alice.team, at(alice, "prod"))
    assert (told.scope, told.shadowed) == ("shop/shop/prod", 1)
    (shadow,) = alice.team.releases.shadowed(PROD)
    assert shadow.environment.scope == TEAM_SCOPE
    let_in(alice, prod, bob)
    meet(alice, bob)
    assert values(bob) == {"A": b"1"}
    assert status(bob.team, at(bob, "prod")).shadowed == 1


def test_a_release_in_a_scope_of_an_environment_it_does_not_cover_is_shadowed(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    let_in(alice, prod, bob)
    meet(alice, bob)
    dev = at(bob, "dev").triple
    before = release_ids(alice, "dev")
    evil = ReleaseContent(
        ts=0, kind=ReleaseKind.PUSH, message="", triple=dev, base=(), of=None, snapshot=Snapshot({})
    )
    bob.replica.append(Release(prod), evil)
    meet(alice, bob)
    assert release_ids(alice, "dev") == before
    assert len(alice.team.releases.shadowed(dev)) == 1


def test_an_environment_never_changes_its_readers(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    with pytest.raises(Misuse, match="never changes its readers") as refused:
        restrict(alice, "dev")
    assert "env clone" in (refused.value.fix or "")
    with pytest.raises(Misuse, match="never changes its readers"):
        create_project(alice.team, "shop")
    restrict(alice)
    with pytest.raises(Misuse, match="there is a restricted environment"):
        restrict(alice)


def test_a_name_that_was_the_teams_is_put_away_when_it_is_restricted(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    create_environment(alice.team, PROD)
    meet(alice, bob)
    assert bob.team.releases.environments()[PROD] is False
    restrict(alice)
    meet(alice, bob)
    assert alice.team.releases.environments()[PROD] is False
    assert bob.team.releases.environments()[PROD] is True  # archived: a push there is no accident
    with pytest.raises(Misuse, match="may be a restricted"):
        give_value(bob, "A", "1")


def test_a_clone_is_the_way_from_an_open_environment_to_a_restricted_one(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    dev = at(alice, "dev").triple
    assert not is_wider(alice.team, dev, PROD)
    made = clone_environment(alice.team, dev, PROD, restricted=True)
    assert (made.names, made.narrower, made.release.label) == (3, True, "v1")
    assert values(alice) == values(alice, "dev")
    pull(alice.team, at(alice, "prod"))
    assert at(alice, "prod").file.read_bytes() == FIRST_FILE
    meet(alice, bob)
    with pytest.raises(NotFound):
        values(bob)
    staging = Triple("shop", "shop", "staging")
    assert is_wider(alice.team, PROD, staging)
    with pytest.raises(Misuse, match="has releases already"):
        clone_environment(alice.team, PROD, dev)


# --- private projects ---


def test_a_private_project_has_all_its_environments(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    create_project(alice.team, "bank")
    scope = alice.team.releases.scopes.exactly(Covers("bank"))
    assert scope is not None
    let_in(alice, scope.id, bob)
    meet(alice, bob, carol)
    vault = Triple("bank", "api", "prod")
    create_environment(bob.team, vault)
    meet(alice, bob, carol)
    assert alice.team.releases.scope_of(vault) == scope.id
    assert vault in alice.team.releases.environments()
    assert vault not in carol.team.releases.environments()
    assert b"bank" not in all_that_opens(carol)
    with pytest.raises(Misuse, match="private already"):
        create_project(alice.team, "bank")
    with pytest.raises(Misuse, match="is private, and its readers read every environment"):
        create_environment(alice.team, vault, restricted=True)
    with pytest.raises(NoAccess):
        create_project(bob.team, "other")


def test_a_project_becomes_private_before_its_first_release(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    bob = cast.join(alice, cast.actor("bob"))
    create_project(alice.team, "shop")
    assert alice.push().made
    meet(alice, bob)
    (shown,) = list_environments(alice.team, alice.context.project)
    assert (shown.scope, shown.role, shown.names) == ("shop", "admin", 3)
    notes = [r.header.pub for r in bob.replica.ledger.records() if isinstance(r.header.pub, EnvNote)]
    assert [note.scope == TEAM_SCOPE for note in notes] == [True, True, False]
    with pytest.raises(NotFound, match="may be restricted"):
        bob.pull()
    assert b"API_URL" not in all_that_opens(bob)


# --- guests ---


def test_a_guest_works_in_their_scope_and_opens_nothing_of_the_team(cast: Cast) -> None:
    """Case 52, without the network."""
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    carol = guest(cast, alice, "carol", (prod, Role.DEVELOPER))
    assert alice.replica.state.members[carol.user].role is Role.NONE
    assert values(carol) == {"A": b"1"}
    give_value(carol, "B", "2")
    meet(alice, bob, carol)
    assert_in_step(alice, bob, carol)
    assert values(alice) == {"A": b"1", "B": b"2"}
    for record in carol.replica.ledger.records():
        if record.body_size and getattr(record.header.pub, "scope", TEAM_SCOPE) == TEAM_SCOPE:
            assert opened_by(carol, record) is None
    with pytest.raises(NoAccess, match="for the whole team"):
        carol.pull()
    with pytest.raises(NoAccess, match="you are guest"):
        carol.push(b"A=1\n")
    assert {person.name for person in carol.team.people.list()} >= {"Alice", "Carol"}  # told by the scope


def test_a_guest_starts_a_new_key_and_leaves_without_a_word_for_the_team(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    carol = guest(cast, alice, "carol", (prod, Role.DEVELOPER))
    assert rotation.rotate(carol.replica, carol.team.releases, (prod,)) == 1
    with pytest.raises(NoAccess):
        rotation.rotate(carol.replica, carol.team.releases)
    rotated = next(r for r in reversed(carol.replica.ledger.records()) if isinstance(r.header.pub, Rotate))
    assert not rotated.body_size
    revoke(carol, carol)
    assert not carol.replica.ledger.records()[-1].body_size
    meet(alice, carol)
    assert rotation.mend(alice.replica, alice.team.releases)  # the key she knows is used no more
    give_value(alice, "A", "n3w")
    meet(alice, carol)
    assert b"n3w" not in all_that_opens(carol)


def test_a_removed_guest_costs_the_team_no_key(cast: Cast) -> None:
    alice, _ = cast.team("bob")
    prod = restrict(alice)
    carol = guest(cast, alice, "carol", (prod, Role.DEVELOPER))
    before = current(alice, TEAM_SCOPE), current(alice, prod)
    revoke(alice, carol)
    assert current(alice, TEAM_SCOPE) == before[0]
    assert current(alice, prod) != before[1]


def test_a_guest_becomes_a_member_and_a_member_a_guest(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    carol = guest(cast, alice, "carol", (prod, Role.VIEWER))
    roles.set_role(alice.replica, alice.team.releases, carol.user, Role.DEVELOPER)
    meet(alice, bob, carol)
    assert values(carol, "dev") == values(alice, "dev")
    before = current(alice, TEAM_SCOPE)
    roles.set_role(alice.replica, alice.team.releases, bob.user, Role.NONE)
    assert current(alice, TEAM_SCOPE) != before
    alice.push(FIRST_FILE + b"N3W=1\n")
    meet(alice, bob, carol)
    assert b"N3W" not in all_that_opens(bob)
    assert values(carol, "dev")["N3W"] == b"1"


# --- waiting for a key ---


def test_who_is_let_in_waits_for_the_key_and_for_nothing_else(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    prod = restrict(alice)
    give_value(alice, "A", "1")
    let_in(alice, prod, bob)
    raws = alice.raws()
    kinds = [type(record.header.pub) for record in alice.replica.ledger.records()]
    cut = max(place for place, kind in enumerate(kinds) if kind is Keys)
    bob.replica.receive(raws[:cut])  # all but the record that brings the key
    dev = at(bob, "dev").triple
    # A name that he knows nothing of may be one of the scope that he is in and cannot open.
    assert bob.team.releases.waits(PROD)
    with pytest.raises(WaitingForKey):
        give_value(bob, "A", "2")
    with pytest.raises(WaitingForKey):
        values(bob)
    # The others are as they were: whoever made the scope may never deliver its key.
    assert not bob.team.releases.waits(dev)
    assert bob.push(FIRST_FILE + b"BOBS=1\n", force=True).made
    bob.replica.receive(raws[cut:])
    assert values(bob) == {"A": b"1"}


def test_a_scope_whose_key_never_comes_stops_nobody(cast: Cast) -> None:
    """An admin makes a scope, lets everybody in, and keeps the key: the others work on."""
    alice, bob = cast.team("bob")
    dora = cast.join(alice, cast.actor("dora"), Role.ADMIN)
    meet(alice, bob, dora)
    real = rotation.sealable
    with pytest.MonkeyPatch.context() as patch:
        own = dora.replica.keys.dpk
        patch.setattr(
            rotation, "sealable", lambda r, s: tuple(d for d in real(r, s) if s == TEAM_SCOPE or d.dpk == own)
        )
        trap = restrict(dora, "trap")
        let_in(dora, trap, bob)
    meet(alice, bob, dora)
    revoke(alice, dora)
    meet(alice, bob)
    for actor in (alice, bob):
        assert [scope.id for scope in actor.team.releases.scopes.closed()] == [trap]
        actor.pull(force=True)
        assert give_value(actor, "X", actor.name, "dev").made
        meet(alice, bob)
    create_environment(alice.team, PROD)
    assert give_value(alice, "A", "1").made
    assert rotation.rotate(alice.replica, alice.team.releases, rotation.scopes(alice.replica.state)) == 2


def test_a_rotation_and_a_removal_at_once_leave_a_key_that_nobody_outside_has(cast: Cast) -> None:
    alice, bob, carol = cast.team("bob", "carol")
    prod = restrict(alice)
    for who in (bob, carol):
        let_in(alice, prod, who)
    give_value(alice, "A", "1")
    meet(alice, bob, carol)
    rotation.rotate(carol.replica, carol.team.releases, (prod,))  # sealed to Bob as well
    take_out(alice, prod, bob)
    meet(alice, bob, carol)
    for actor in (alice, carol):
        rotation.mend(actor.replica, actor.team.releases)
        meet(alice, bob, carol)
    epoch = current(alice, prod)
    assert not is_exposed(alice, epoch)
    assert epoch is not None
    assert bob.replica.ring.key_of(epoch) is None
    give_value(carol, "A", "n3w")
    meet(alice, bob, carol)
    assert values(alice) == {"A": b"n3w"}
    assert b"n3w" not in all_that_opens(bob)


def test_letting_in_and_taking_out_at_once_is_out(cast: Cast) -> None:
    alice, bob = cast.team("bob")
    dora = cast.join(alice, cast.actor("dora"), Role.ADMIN)
    prod = restrict(alice)
    let_in(alice, prod, bob, Role.VIEWER)
    meet(alice, bob, dora)
    let_in(dora, prod, bob, Role.DEVELOPER)
    take_out(alice, prod, bob)
    meet(alice, bob, dora)
    for actor in (alice, dora):
        rotation.mend(actor.replica, actor.team.releases)
        meet(alice, bob, dora)
    give_value(dora, "A", "n3w")
    meet(alice, bob, dora)
    assert b"n3w" not in all_that_opens(bob)
    with pytest.raises(NoAccess):
        values(bob)


def test_an_older_restricted_environment_stays_so_in_a_private_project(cast: Cast) -> None:
    alice = cast.actor("alice").found()
    prod = restrict(alice)
    give_value(alice, "A", "1")
    create_project(alice.team, "shop")
    project = alice.team.releases.scopes.exactly(Covers("shop"))
    assert project is not None
    assert alice.team.releases.scope_of(PROD) == prod
    assert alice.team.releases.scope_of(at(alice, "dev").triple) == project.id
    assert not alice.team.releases.scopes.is_overruled(project)
